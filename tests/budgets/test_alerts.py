"""What a crossing says: its state, its forecast, and a key that is the same in every process."""

from __future__ import annotations

import itertools
from datetime import UTC
from decimal import Context, localcontext

import pytest
from support import NOW

from spancost.budgets import Crossing, State, parse_tables, worst
from spancost.budgets.windows import window_at

_ORDER = (None, State.OK, State.WARN, State.THROTTLE, State.BREACH)


def _crossings(*thresholds: float | str) -> list[Crossing]:
    table = {"id": "b", "scope": "team", "limit": 10, "window": "day", "thresholds": list(thresholds)}
    (budget,) = parse_tables([table], "t", UTC)
    window = window_at("day", UTC, NOW)
    return [Crossing(budget, "ml", threshold, 5, window, NOW) for threshold in (None, *budget.thresholds)]


@pytest.mark.parametrize(("one", "other"), list(itertools.product(_ORDER, repeat=2)))
def test_the_worse_state_wins(one: str | None, other: str | None) -> None:
    """Nothing, ok, warn, throttle, breach: in that order."""
    assert _ORDER[max(_ORDER.index(one), _ORDER.index(other))] == worst(one, other)


def test_states_of_crossings() -> None:
    """Below the limit it warns, from the limit on it is a breach, a new window is ok again."""
    assert [State.OK, State.WARN, State.WARN, State.BREACH, State.BREACH] == [
        each.state for each in _crossings(75, 99.9, 100, 150)
    ]


def test_the_key_tells_crossings_apart_and_reports_of_one_together() -> None:
    """Budget, value, window and percent, however the percent was written; in any decimal context."""
    with localcontext(Context(prec=2)):
        keys = [each.dedup_key for each in _crossings("75.0", 99.95, 100)]
    assert [f"b/ml/2025-10-09T00:00:00Z/{last}" for last in ("recovered", "75", "99.95", "100")] == keys
    assert keys[1] == _crossings("7.5e1")[1].dedup_key


def test_the_forecast_is_the_windows() -> None:
    """What the window forecasts at the moment of the crossing."""
    crossing = _crossings(75)[1]
    assert crossing.window.forecast(5, NOW) == crossing.forecast
