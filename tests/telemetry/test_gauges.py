"""Which budget values have gauges: the nearest, bounded for life, one reading for all instruments."""

from __future__ import annotations

from datetime import UTC

from support import NOW, Clock

from spancost import semconv
from spancost.budgets import Budgets, Standing, parse_line
from spancost.money import PICO
from spancost.telemetry.gauges import Gauges

_PLACES = {"user": 0, "team": 1}


def _budgets(line: str = "user=100/day") -> Budgets:
    return Budgets(parse_line(line, UTC), None, Clock(NOW))


def _spend(budgets: Budgets, user: str, dollars: int, team: str = "ml") -> None:
    budgets.observe((user, team), _PLACES, dollars * PICO)


def _values(gauges: Gauges) -> set[str]:
    return {gauge.attributes[semconv.BUDGET_VALUE] for gauge in gauges.read("one")}


def test_a_gauge_says_limit_usage_and_whose_it_is() -> None:
    """Budget, value and window."""
    budgets = _budgets()
    _spend(budgets, "ada", 7)
    (gauge,) = Gauges(budgets.standings).read("one")
    assert (100 * PICO, 7 * PICO) == (gauge.limit, gauge.usage)
    assert {
        "spancost.budget.id": "user-day",
        "spancost.budget.value": "ada",
        "spancost.budget.window_kind": "day",
    } == gauge.attributes


def test_the_instruments_of_one_collection_tell_the_same_moment() -> None:
    """Limit, usage and utilization agree though money is spent between them; the accounts are gone through once."""
    budgets = _budgets()
    asked: list[int] = []

    def standings() -> list[Standing]:
        asked.append(1)
        return budgets.standings()

    gauges = Gauges(standings)
    for round_ in range(3):
        _spend(budgets, "ada", 1)
        usages = []
        for instrument in ("limit", "usage", "utilization"):
            usages.append(gauges.read(instrument)[0].usage)
            _spend(budgets, "ada", 1)
        assert [(round_ * 4 + 1) * PICO] * 3 == usages
    assert 3 == len(asked)


def test_an_instrument_that_nobody_reads_does_not_stop_the_others() -> None:
    """A view may drop one of them: each collection is a new reading all the same."""
    budgets = _budgets()
    gauges = Gauges(budgets.standings)
    for dollars in (1, 2, 3):
        _spend(budgets, "ada", 1)
        assert dollars * PICO == gauges.read("usage")[0].usage


def test_those_near_their_limit_are_told_however_many_were_told_before() -> None:
    """The first hundred wherever they stand; from then on the ten nearest, and whoever passed the first threshold."""
    budgets = _budgets()
    gauges = Gauges(budgets.standings)
    for user in range(150):
        _spend(budgets, f"early-{user}", 1)
    assert 100 == len(_values(gauges))
    for day in range(10):
        for user in range(20):
            _spend(budgets, f"small-{day}-{user}", 10 + day)
            _spend(budgets, f"near-{day}-{user}", 80 + day)
        told = _values(gauges)
        assert {f"near-{day}-{user}" for user in range(20)} <= told
        assert not any(value.startswith("small") for value in told)


def test_the_nearest_are_told_below_any_threshold() -> None:
    """Where nobody is near a limit the ten nearest have gauges, until half of what there is has been given away."""
    budgets = _budgets()
    gauges = Gauges(budgets.standings, most_freely=10, most_ever=100)
    for day in range(8):
        for user in range(10):
            _spend(budgets, f"user-{day}-{user}", 1 + day)
        assert (f"user-{day}-0" in _values(gauges)) == (day < 5)
    _spend(budgets, "near", 80)
    assert "near" in _values(gauges)


def test_the_values_that_ever_had_a_gauge_are_bounded() -> None:
    """The SDK keeps each for good: no more are told than it takes, and none of them is thrown together."""
    budgets = _budgets()
    gauges = Gauges(budgets.standings, most_freely=5, most_ever=20)
    ever: set[str] = set()
    for user in range(1000):
        _spend(budgets, f"user-{user}", 100 + user)
        ever |= _values(gauges)
    assert {f"user-{user}" for user in range(20)} == ever


def test_each_budget_has_a_share_of_its_own() -> None:
    """A crowd of users past their limits leaves a team's gauge where it is."""
    budgets = _budgets("user=1/day; team=1000000/month")
    gauges = Gauges(budgets.standings, budgets=2, most_freely=10, most_ever=40)
    told: set[tuple[str, str]] = set()
    for user in range(200):
        _spend(budgets, f"user-{user}", 100, team="old")
        told |= {
            (each.attributes[semconv.BUDGET_ID], each.attributes[semconv.BUDGET_VALUE]) for each in gauges.read("one")
        }
    assert {("user-day", f"user-{user}") for user in range(20)} | {("team-month", "old")} == told
    _spend(budgets, "user-0", 1, team="new")
    assert {"old", "new"} <= _values(gauges)
