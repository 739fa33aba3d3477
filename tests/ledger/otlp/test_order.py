"""Spans in the order of their starts, in memory and by way of disk."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from spancost.ledger.otlp.order import by_start
from spancost.ledger.otlp.spans import Span


def _span(start: int, end: int, number: int) -> Span:
    return Span(start, end, 1, number, None, "n", "s", {"a": ("x", 1, 0.5, True)}, {"r": 1}, None)


def _batches(spans: list[Span], size: int) -> Iterator[list[Span]]:
    return (spans[place : place + size] for place in range(0, len(spans), size))


_SPANS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=60).map(
    lambda times: [_span(start, start + length, number) for number, (start, length) in enumerate(times)]
)


@given(_SPANS, st.integers(1, 70), st.integers(1, 70))
def test_the_order_is_the_same_however_few_spans_memory_holds(spans: list[Span], held: int, batch: int) -> None:
    """By start; of those that start at once the longest first, and of equal ones the last: a root ends last."""
    expected = sorted(spans, key=lambda span: (span.start_ns, -span.end_ns, -span.span_id))
    assert expected == list(by_start(_batches(spans, batch), held))


def test_spans_are_not_held_back_from_the_garbage(recwarn: object) -> None:
    """A reading that is given up closes its files: unclosed ones would warn, and warnings are errors here."""
    some = by_start(_batches([_span(number, 9, number) for number in range(100)], 1), 10)
    next(some)
    some.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert not recwarn  # pyright: ignore[reportGeneralTypeIssues]
