"""Counters as integers: exact in sum, bounded in number, never falling."""

from __future__ import annotations

import sys
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import Player, agent, call, cost, run_at_once

from spancost import semconv
from spancost.outcome import Count
from spancost.rollup import Amounts
from spancost.telemetry.dearest import Dearest
from spancost.telemetry.series import OTHER, Row, Series

_USER = "user"


def _count(user: str, amount: int, model: str = "gpt-5.2", provider: str = "openai") -> Count:
    """Return a count of so much money for a user, over a real charge."""
    charge = Player(dimensions=(_USER,)).play(call(1, 1, model=model)).charge
    assert charge is not None
    charge.who = (None, None, user)
    charge.call = charge.call._replace(provider=provider, request_model=model)
    return Count(charge, Amounts(amount, 1, 0, 0, 2, 2))


def _series() -> Series:
    return Series((_USER,), (0, 1, 2))


def _by(name: str, series: Series) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for row in series:
        totals[row.attributes[name]] += row.cost
    return dict(totals)


def _by_user(series: Series) -> dict[str, int]:
    return _by(semconv.USER_ID, series)


# -- Rows ---------------------------------------------------------------------------------------------------------


def test_a_row_says_what_a_charge_was() -> None:
    """Provider, model, agent, workflow and status; what is not told is absent."""
    play = Player()
    play.play(call(10, 5), play.start(agent("planner")))
    play.settle()
    (row,) = play.series
    assert {
        semconv.GEN_AI_PROVIDER_NAME: "openai",
        semconv.GEN_AI_REQUEST_MODEL: "gpt-5.2",
        semconv.GEN_AI_AGENT_NAME: "planner",
        semconv.PRICING_STATUS: "override",
    } == row.attributes
    assert (cost(10, 5), 1, 10, 5) == (row.cost, row.calls, row.input, row.output)


def test_a_dimension_that_was_asked_for_has_a_group_for_what_is_not_told() -> None:
    """Money without a user is in a series, not missing from all of them."""
    play = Player(dimensions=(_USER,))
    play.play(call(10, 5))
    play.play(call(10, 5, **{"user.id": "ada"}))
    assert {"(none)", "ada"} == {row.attributes[semconv.USER_ID] for row in play.series}


def test_token_types_are_disjoint() -> None:
    """Uncached input, cache reads and writes, visible output and reasoning sum to what was used."""
    play = Player()
    told = call(100, 50) | {
        "gen_ai.usage.cache_read.input_tokens": 30,
        "gen_ai.usage.cache_write.input_tokens": 20,
        "gen_ai.usage.reasoning.output_tokens": 40,
    }
    play.play(told)
    (row,) = play.series
    assert (50, 30, 20, 10, 40) == (row.input, row.cache_read, row.cache_write, row.output, row.reasoning)


def test_an_unpriced_call_is_a_row_without_money() -> None:
    """It is counted, under its status."""
    play = Player()
    play.play(call(10, 5, model="gpt-nobody-knows"))
    (row,) = play.series
    assert ("unpriced", 0, 1, 10) == (row.attributes[semconv.PRICING_STATUS], row.cost, row.calls, row.input)


# -- Bounds -------------------------------------------------------------------------------------------------------


def _size(value: object, seen: set[int]) -> int:
    if id(value) in seen or isinstance(value, type) or callable(value):
        return 0
    seen.add(id(value))
    inside: list[object] = []
    if isinstance(value, dict):
        inside = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        inside = list(value)
    elif isinstance(value, (Row, Series, Dearest)):
        names = Row.__slots__ if isinstance(value, Row) else vars(value)
        inside = [getattr(value, name) for name in names]
    return sys.getsizeof(value) + sum(_size(each, seen) for each in inside)


def test_two_hundred_thousand_users_keep_memory_flat_and_the_sum_exact() -> None:
    """However many values a dimension has, the rows stay few, and no money is lost among them."""
    series = _series()
    ledger = 0
    random = Random(1)
    sizes: list[int] = []
    model = _count("", 0)
    for number in range(200_000):
        amount = random.randrange(10**9)
        model.charge.who = (None, None, f"user-{number}")
        series.add(Count(model.charge, Amounts(amount, 1)))
        ledger += amount
        if number % 50_000 == 49_999:
            sizes.append(_size(series, set()))
    assert ledger == sum(row.cost for row in series)
    assert 200_000 == sum(row.calls for row in series)
    assert 500 >= len(series)
    assert max(sizes) < 1.2 * min(sizes)
    assert 1_000_000 > max(sizes)


def test_rows_are_bounded_whatever_is_told() -> None:
    """Users, models and providers by the thousand at once: rows and token types stay below the SDK's 2,000."""
    series = _series()
    ledger = 0
    model = _count("", 0)
    for number in range(5000):
        model.charge.who = (f"agent-{number % 150}", f"workflow-{number % 170}", f"user-{number}")
        model.charge.call = model.charge.call._replace(provider=f"p-{number % 777}", request_model=f"m-{number}")
        model.charge.status = ("exact", "alias", "override", "reported", "partial", "unpriced")[number % 6]
        series.add(Count(model.charge, Amounts(number, 1, 0, 0, 5 + number, 2 + number, 2, 1, 1)))
        ledger += number
        if number % 1000 == 999:
            sets = [tuple(sorted(attributes.items())) for attributes, _ in series.tokens()]
            assert 2000 > len(sets) == len(set(sets))
            assert sum(7 + 2 * each for each in range(number + 1)) == sum(count for _, count in series.tokens())
    assert ledger == sum(row.cost for row in series)
    assert 2000 > len(series)
    assert {OTHER} <= {row.attributes[semconv.GEN_AI_PROVIDER_NAME] for row in series}
    assert OTHER not in {row.attributes[semconv.PRICING_STATUS] for row in series}


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 3), st.integers(0, 10**15)),
        max_size=120,
    )
)
def test_the_sum_of_the_rows_is_the_ledger(told: list[tuple[int, int, int]]) -> None:
    """Over any users, models and amounts, in a table far too small for them; and no row ever falls."""
    series = _series()
    for dearest in (*series._bounded.values(), series._combinations):
        dearest._most_kept, dearest._most_candidates, dearest._replaceable = 2, 3, 2
    series._room = [1, 1, 1]
    charge = _count("", 0).charge
    before: dict[int, int] = {}
    for user, model, amount in told:
        charge.who = (None, None, f"user-{user}")
        charge.call = charge.call._replace(request_model=f"model-{model}")
        series.add(Count(charge, Amounts(amount, 1)))
        now = {id(row): row.cost for row in series}
        assert all(now[row] >= fell for row, fell in before.items())
        before = now
    assert sum(amount for _, _, amount in told) == sum(row.cost for row in series)
    assert len(told) == sum(row.calls for row in series)
    assert 2 + 2 + 3 + 1 >= len(series)


# -- The dearest --------------------------------------------------------------------------------------------------


def test_the_first_hundred_have_a_series_of_their_own() -> None:
    """Whoever comes later and cheaper is `_other`."""
    series = _series()
    for number in range(150):
        series.add(_count(f"user-{number}", 1000))
    by_user = _by_user(series)
    assert 101 == len(by_user)
    assert 50 * 1000 == by_user[OTHER]


def test_one_that_became_dear_takes_the_place_of_the_cheapest() -> None:
    """From when it is sure to have spent more than the least; what was counted stays where it was."""
    series = _series()
    for number in range(100):
        series.add(_count(f"user-{number}", 1000 + number))
    for amount in (999, 1):
        series.add(_count("late", amount))
    assert "late" not in _by_user(series)
    series.add(_count("late", 5000))
    series.add(_count("late", 5000))
    series.add(_count("user-0", 7))
    by_user = _by_user(series)
    assert (10_000, 1000 + 7, 1000) == (by_user["late"], by_user[OTHER], by_user["user-0"])


def test_the_dearest_of_a_long_stream_are_found() -> None:
    """Ten users who spend a hundred times as much, hidden behind a thousand who came first, get a series each."""
    series = _series()
    random = Random(2)
    charge = _count("", 0).charge
    for _ in range(20_000):
        dear = random.random() < 0.05
        user = f"dear-{random.randrange(10)}" if dear else f"user-{random.randrange(1000)}"
        charge.who = (None, None, user)
        series.add(Count(charge, Amounts(100_000 if dear else 1000, 1)))
    assert {f"dear-{number}" for number in range(10)} <= _by_user(series).keys()


def _ordinary(random: Random, users: int, calls: int) -> list[tuple[str, int]]:
    """Return calls of users who spend unequally, as people do, most of them little."""
    weights = [random.lognormvariate(0, 1.5) for _ in range(users)]
    return [
        (f"user-{user}", int(random.lognormvariate(0, 1) * 10**10))
        for user in random.choices(range(users), weights, k=calls)
    ]


@pytest.mark.parametrize("whales", [10, 50])
def test_noise_takes_no_series_from_those_who_come_late_and_dear(whales: int) -> None:
    """Two thousand ordinary users leave room: whoever outspends them all afterwards is named, with the model."""
    series = _series()
    charge = _count("", 0).charge
    stream = _ordinary(Random(5), 2000, 20_000)
    stream += [(f"whale-{number}", 10**14) for _ in range(20) for number in range(whales)]
    for user, amount in stream:
        charge.who = (None, None, user)
        series.add(Count(charge, Amounts(amount, 1)))
    assert {f"whale-{number}" for number in range(whales)} <= _by_user(series).keys()
    # But for what each of them spent until it was sure.
    assert 0.05 * whales * 20 * 10**14 > _by_user(series)[OTHER]
    assert {"gpt-5.2", OTHER} >= _by(semconv.GEN_AI_REQUEST_MODEL, series).keys()
    assert 0.95 * whales * 20 * 10**14 < _by(semconv.GEN_AI_REQUEST_MODEL, series)["gpt-5.2"]


@pytest.mark.parametrize(
    ("dimensions", "values"),
    [((_USER,), (1, 1, 60)), ((), (50, 1, 1)), ((), (40, 2, 1)), ((_USER,), (20, 2, 40)), ((_USER,), (1, 1, 100))],
)
def test_fewer_than_a_hundred_values_have_all_their_money_under_their_names(
    dimensions: tuple[str, ...], values: tuple[int, int, int]
) -> None:
    """However many models and providers they are combined with: each of them has a series, and so have its tokens."""
    agents, workflows, users = values
    series = Series(dimensions, (0, 1, 2)[: 2 + len(dimensions)])
    charge = _count("", 0).charge
    told: Counter[str] = Counter()
    random = Random(6)
    for _ in range(15_000):
        who = [f"{name}-{random.randrange(most)}" for name, most in (("a", agents), ("w", workflows), ("u", users))]
        charge.who = tuple(who)
        charge.call = charge.call._replace(
            provider=f"p-{random.randrange(2)}", request_model=f"m-{random.randrange(9)}"
        )
        series.add(Count(charge, Amounts(1000, 1, 0, 0, 30, 20, 10, 0, 5)))
        told[who[2 if dimensions else 0]] += 1000
    name = semconv.USER_ID if dimensions else semconv.GEN_AI_AGENT_NAME
    assert told == _by(name, series)


def test_what_tokens_tell_never_falls() -> None:
    """A row whose tokens were told under `_other` stays there, whatever room there is for others."""
    series = _series()
    charge = _count("", 0).charge
    before: dict[tuple[tuple[str, str], ...], int] = {}
    for number in range(3000):
        charge.who = (f"agent-{number % 40}", None, f"user-{number % 90}")
        charge.call = charge.call._replace(request_model=f"m-{number % 7}")
        series.add(Count(charge, Amounts(number % 90, 1, 0, 0, 9, 9, 1, 1, 1)))
        if number % 250 == 249:
            now = {tuple(sorted(attributes.items())): count for attributes, count in series.tokens()}
            assert all(now[each] >= count for each, count in before.items())
            assert 18 * (number + 1) == sum(now.values())
            before = now


def test_users_and_models_that_fill_the_table_together_keep_their_names() -> None:
    """Fifty users of ten models are more combinations than there are rows: each still has its money under its name."""
    series = _series()
    charge = _count("", 0).charge
    by_user: Counter[str] = Counter()
    random = Random(3)
    for _ in range(20_000):
        user, amount = f"user-{random.randrange(50)}", random.randrange(10**9)
        charge.who = (None, None, user)
        charge.call = charge.call._replace(request_model=f"model-{random.randrange(10)}")
        series.add(Count(charge, Amounts(amount, 1)))
        by_user[user] += amount
    assert by_user == _by_user(series)
    # One who is dear gets a row with both.
    for _ in range(3):
        charge.who = (None, None, "user-0")
        charge.call = charge.call._replace(request_model="model-new")
        series.add(Count(charge, Amounts(sum(by_user.values()), 1)))
    assert 2 * sum(by_user.values()) <= _by(semconv.GEN_AI_REQUEST_MODEL, series)["model-new"]


def test_models_are_told_where_the_users_are_the_rest() -> None:
    """A thousand users of thirty models, none of them dear: what can be told apart is."""
    series = _series()
    charge = _count("", 0).charge
    by_model: Counter[str] = Counter()
    for number in range(3000):
        charge.who = (None, None, f"user-{number % 1000}")
        model = f"model-{number // 7 % 30}"
        charge.call = charge.call._replace(request_model=model)
        series.add(Count(charge, Amounts(1000, 1)))
        by_model[model] += 1000
    told = _by(semconv.GEN_AI_REQUEST_MODEL, series)
    assert by_model.keys() <= told.keys()
    assert 0.7 * sum(by_model.values()) < sum(told[model] for model in by_model)


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_lose_nothing(threads: int) -> None:
    """Sums are exact however many threads add, new rows and known ones."""
    series = _series()
    counts = [_count(f"user-{number}", number + 1) for number in range(300)]

    def add() -> None:
        for count in counts * 3:
            series.add(count)

    run_at_once([add] * threads)
    assert threads * 3 * sum(range(1, 301)) == sum(row.cost for row in series)
    assert threads * 3 * 300 == sum(row.calls for row in series)


def test_what_is_shown_never_falls_and_waits_until_the_truth_catches_up() -> None:
    """A correction downward leaves the counter where it was, until more has come than was taken back."""
    series = _series()
    charge = _count("ada", 100).charge
    shown = []
    for amount in (100, -30, 20, 20):
        series.add(Count(charge, Amounts(amount)))
        (row,) = series
        shown.append(row.show()[0])
    assert [100, 100, 100, 110] == shown
