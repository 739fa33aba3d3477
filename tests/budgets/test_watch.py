"""Law 6: each threshold fires once per budget, value and window."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from support import NOW, Clock, run_at_once

from spancost.budgets import Budgets, Crossing, parse_line, parse_tables
from spancost.budgets.windows import window_at
from spancost.money import PICO

_DAY = 86_400 * 10**9
_PLACES = {"team": 0, "user": 1}


def _percents(crossings: tuple[Crossing, ...]) -> list[int | None]:
    return [None if each.threshold is None else int(each.threshold.percent) for each in crossings]


def test_each_threshold_is_told_as_it_is_passed() -> None:
    """At the amount exactly, lowest first, all at once where one charge passes several, and never again."""
    budgets = Budgets(parse_line("team=100/day", UTC), None, Clock())
    told = [_percents(budgets.observe(("ml", None), _PLACES, amount * PICO)) for amount in (74, 1, 1, 30, 500)]
    assert [[], [75], [], [90, 100], []] == told


def test_each_value_has_a_budget_of_its_own() -> None:
    """What one team spends is nobody else's; what has no team has a group."""
    budgets = Budgets(parse_line("team=100/day", UTC), None, Clock())
    for team, percents in (("ml", [75]), ("web", [75]), (None, [75]), ("", [90, 100])):
        assert percents == _percents(budgets.observe((team, None), _PLACES, 80 * PICO))
    assert {("team-day", "ml"): 80, ("team-day", "web"): 80, ("team-day", "(none)"): 160} == {
        spend.key: spend.usage // PICO for _, spend in budgets.standings()
    }


def test_a_budget_for_one_value_sees_no_other() -> None:
    """`value` narrows a budget to that value."""
    table = {"scope": "team", "value": "ml", "limit": 1, "window": "day"}
    budgets = Budgets(parse_tables([table], "t", UTC), None, Clock())
    assert () == budgets.observe(("web", None), _PLACES, 5 * PICO)
    assert [75, 90, 100] == _percents(budgets.observe(("ml", None), _PLACES, 5 * PICO))


def test_a_charge_falls_under_every_budget_it_matches() -> None:
    """Budgets over several scopes and windows each count all of it."""
    budgets = Budgets(parse_line("team=1/day; team=1/month; user=1/day", UTC), None, Clock())
    assert ("team", "user") == budgets.scopes
    crossings = budgets.observe(("ml", "ada"), _PLACES, PICO)
    assert Counter({"team-day": 3, "team-month": 3, "user-day": 3}) == Counter(each.budget.id for each in crossings)


def test_a_new_window_begins_at_nothing_and_says_so_after_a_breach() -> None:
    """The first charge of the next day tells that the budget recovered, then its own thresholds."""
    clock = Clock()
    budgets = Budgets(parse_line("team=100/day", UTC), None, clock)
    budgets.observe(("ml", None), _PLACES, 101 * PICO)
    budgets.observe(("web", None), _PLACES, 80 * PICO)
    clock.now_ns += _DAY
    assert [0, 0] == [spend.usage for _, spend in budgets.standings()]
    assert [None, 75] == _percents(budgets.observe(("ml", None), _PLACES, 75 * PICO))
    assert [75] == _percents(budgets.observe(("web", None), _PLACES, 75 * PICO))
    assert [("team-day", "ml", 1)] == [(budget.id, value, count) for budget, value, count in budgets.overruns()]


def test_a_refund_tells_nothing_and_no_threshold_twice() -> None:
    """Spend corrected downwards and up again passes a threshold it had passed already."""
    budgets = Budgets(parse_line("team=100/day", UTC), None, Clock())
    told = [_percents(budgets.observe(("ml", None), _PLACES, amount * PICO)) for amount in (80, -20, 20, 15)]
    assert [[75], [], [], [90]] == told


def test_a_clock_set_back_starts_no_new_window() -> None:
    """What was spent stays spent when the clock jumps back over midnight and on again."""
    clock = Clock()
    budgets = Budgets(parse_line("team=100/day", UTC), None, clock)
    budgets.observe(("ml", None), _PLACES, 80 * PICO)
    clock.now_ns -= _DAY
    assert () == budgets.observe(("ml", None), _PLACES, 5 * PICO)
    clock.now_ns += _DAY
    assert [90] == _percents(budgets.observe(("ml", None), _PLACES, 5 * PICO))


def test_a_clock_set_back_over_midnight_tells_no_key_twice() -> None:
    """What is booked to the running window is told under it, whatever the clock says."""
    clock = Clock()
    budgets = Budgets(parse_line("team=100/day", UTC), None, clock)
    told = [*budgets.observe(("ml", None), _PLACES, 80 * PICO)]
    clock.now_ns += _DAY
    told += budgets.observe(("ml", None), _PLACES, 70 * PICO)
    clock.now_ns -= _DAY
    told += budgets.observe(("ml", None), _PLACES, 10 * PICO)
    assert [80 * PICO, 80 * PICO] == [each.usage for each in told]
    assert 2 == len({each.dedup_key for each in told})


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ml", "web", None]), st.sampled_from(["ada", None]), st.integers(1, 60), st.booleans()
        ),
        max_size=40,
    ),
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_each_threshold_fires_once_per_budget_value_and_window(
    charges: list[tuple[str | None, str | None, int, bool]], zone: str
) -> None:
    """Over any charges and days: what fired is what was passed, each key once."""
    clock = Clock()
    place = ZoneInfo(zone)
    budgets = Budgets(parse_line("team=100/day; user=150/month", place), None, clock)
    fired: Counter[str] = Counter()
    spent: dict[tuple[str, str, int], int] = defaultdict(int)
    for team, user, dollars, next_day in charges:
        clock.now_ns += 86_400 * 10**9 if next_day else 0
        crossings = budgets.observe((team, user), _PLACES, dollars * PICO)
        fired.update(each.dedup_key for each in crossings if each.threshold is not None)
        for budget, value in zip(budgets.all, (team, user), strict=True):
            window = window_at(budget.window, place, clock.now_ns)
            spent[budget.id, value or "(none)", window.start_ns] += dollars * PICO
    passed = sum(
        amount >= threshold.amount
        for (name, _, _), amount in spent.items()
        for budget in budgets.all
        if budget.id == name
        for threshold in budget.thresholds
    )
    assert {1} >= set(fired.values())
    assert passed == len(fired)


def test_threads_tell_each_threshold_once() -> None:
    """Eight threads spend in ten budgets' values at once: each threshold of each is told once, and all is booked."""
    budgets = Budgets(parse_line("team=2000/day", UTC), None, lambda: NOW)
    told: list[Crossing] = []

    def spend() -> None:
        for number in range(1000):
            told.extend(budgets.observe((f"team-{number % 4}", None), _PLACES, PICO))

    run_at_once([spend] * 8)
    assert {1} == set(Counter(each.dedup_key for each in told).values())
    assert 4 * 3 == len(told)
    assert [2000 * PICO] * 4 == [spend.usage for _, spend in budgets.standings()]


def test_a_fork_forgets_what_the_parent_spent() -> None:
    """The parent goes on counting its own."""
    budgets = Budgets(parse_line("team=100/day", UTC), None, Clock())
    budgets.observe(("ml", None), _PLACES, 80 * PICO)
    budgets.clear()
    assert [] == list(budgets.standings())
    assert [75] == _percents(budgets.observe(("ml", None), _PLACES, 80 * PICO))


def test_no_budgets_cost_nothing() -> None:
    """Without budgets nothing is booked and nothing is told."""
    budgets = Budgets((), None, Clock())
    assert () == budgets.observe(("ml", None), _PLACES, PICO)
    assert [] == list(budgets.standings())
