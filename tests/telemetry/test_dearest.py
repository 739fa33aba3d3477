"""Which values get a series: bounded for life, and never without one where they are dear."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from spancost.telemetry.dearest import Dearest

_OTHER = "_other"


class _Stream:
    """A stream of money by value, and what of it was counted under which name."""

    def __init__(self, dearest: Dearest[str]) -> None:
        self.dearest = dearest
        self.told: Counter[str] = Counter()
        self.unnamed: Counter[str] = Counter()
        """What each value has spent since it last had a name."""

    def spend(self, value: str, amount: int) -> None:
        is_named, lost = self.dearest.name(value, amount, lambda: self.told)
        self.told[value if is_named else _OTHER] += amount
        if is_named:
            self.unnamed[value] = 0
        else:
            self.unnamed[value] += amount
        assert lost is None or is_named


def test_the_first_come_are_named() -> None:
    """While there is room; without a word of what was spent nobody is replaced."""
    dearest = Dearest[str](kept=2)
    assert [True, True, False, True] == [dearest.name(value, 10**9)[0] for value in ("a", "b", "c", "a")]


def test_one_that_outspent_the_least_takes_its_place() -> None:
    """And who lost it is said, once."""
    stream = _Stream(Dearest(kept=2))
    for value, amount in (("a", 10), ("b", 20), ("c", 10)):
        stream.spend(value, amount)
    assert (True, "a") == stream.dearest.name("c", 1, lambda: stream.told)
    assert (True, None) == stream.dearest.name("c", 1, lambda: stream.told)
    assert (False, None) == stream.dearest.name("a", 1, lambda: stream.told)


def test_what_is_little_of_everything_replaces_nobody() -> None:
    """A value that came first and spent next to nothing keeps its series until one that matters comes."""
    stream = _Stream(Dearest(kept=2))
    stream.spend("cheap", 1)
    stream.spend("dear", 10_000)
    for number in range(100):
        stream.spend(f"noise-{number}", 10)
    assert {"cheap", "dear", _OTHER} == stream.told.keys()
    for _ in range(3):
        stream.spend("second", 50)
    assert 100 == stream.told["second"]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1000)), max_size=400), st.booleans())
def test_nobody_unnamed_has_spent_much(spent: list[tuple[int, int]], is_skewed: bool) -> None:
    """Over any stream: less than the tenth that ten names leave at most to the next, and what the sketch errs by."""
    stream = _Stream(Dearest(kept=10, candidates=40, replaceable=10**9))
    total = 0
    for number, amount in spent:
        value = f"v{number * number % 61 if is_skewed else number}"
        stream.spend(value, amount)
        total += amount
        assert total / 10 + total / 20 >= stream.unnamed[value]
    assert total == stream.told.total()


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 10**15)), max_size=200))
def test_no_stream_names_more_than_are_kept_and_replaced(spent: list[tuple[int, int]]) -> None:
    """Three kept and two replaced are five names for life; and what is followed is bounded too."""
    stream = _Stream(Dearest(kept=3, candidates=4, replaceable=2))
    for value, amount in spent:
        stream.spend(f"v{value}", amount)
        assert 3 + 4 >= len(stream.dearest)
    assert 3 + 2 + 1 >= len(stream.told)
