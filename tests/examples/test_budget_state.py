"""The demo's eyes for budgets: it shows how they stand, and sees every amount that is not what was billed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("genai_prices")

from budget_state import budget_differences, show_budgets
from otlp_receiver import ReceivedPoint, ReceivedRecord


def _point(name: str, budget: str, value: str, amount: float) -> ReceivedPoint:
    told = {"spancost.budget.id": budget, "spancost.budget.value": value}
    return ReceivedPoint(f"spancost.budget.{name}", "", "", "gauge", None, None, told, amount, None, 0, 1, "", {}, {})


def _crossing(budget: str, value: str, threshold: float, usage: float) -> ReceivedRecord:
    told: dict[str, Any] = {"spancost.budget.id": budget, "spancost.budget.value": value}
    told |= {"spancost.budget.threshold": threshold, "spancost.budget.usage": usage}
    return ReceivedRecord("spancost.budget.threshold", 13, "WARN", "", told, "", "", 1, "", {})


_SPENT = {"team": {"ml": [3 * 10**11, 5 * 10**11]}, "agent": {"boss": [3 * 10**11], "(none)": [5 * 10**11]}}
_POINTS = [
    _point(name, budget, value, amount)
    for budget, value, usage in (("team-month", "ml", 0.8), ("agent-day", "boss", 0.3), ("agent-day", "(none)", 0.5))
    for name, amount in (("limit", 1.0), ("usage", usage))
]
_RECORDS = [_crossing("team-month", "ml", 0.75, 0.8)]


def test_budgets_are_shown_as_they_stand() -> None:
    """Each value of each budget, and the thresholds that were passed."""
    assert [
        "Budgets:",
        "  agent-day (none)  $0.5000 of $1.0000   50%",
        "  agent-day boss    $0.3000 of $1.0000   30%",
        "  team-month ml     $0.8000 of $1.0000   80%",
        "Events:",
        "  WARN   team-month ml passed 75%: $0.8000",
    ] == list(show_budgets(_POINTS, _RECORDS))


def test_budgets_that_hold_what_was_billed_are_right() -> None:
    """To the pico-dollar, each value's calls and no other's."""
    assert [] == list(budget_differences(_POINTS, _RECORDS, _SPENT))


@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_budget_off_by_a_pico_dollar_is_seen(at: int) -> None:
    """Whichever it is."""
    points = [*_POINTS[:at], replace(_POINTS[at], value=_POINTS[at].value + 1e-12), *_POINTS[at + 1 :]]
    (difference,) = budget_differences(points, _RECORDS, _SPENT)
    assert "used up" in difference


def test_a_value_that_no_budget_tells_of_is_seen() -> None:
    """An agent that spent, and has no gauge."""
    assert ["no budget of agent says how it stands for (none)"] == list(
        budget_differences(_POINTS[:4], _RECORDS, _SPENT)
    )


@pytest.mark.parametrize("usage", [0.7, 0.800000000001, 5.6])
def test_an_event_with_another_amount_is_seen(usage: float) -> None:
    """Below the threshold it tells of, or above what was ever spent."""
    (difference,) = budget_differences(_POINTS, [_crossing("team-month", "ml", 0.75, usage)], _SPENT)
    assert "is not where $0.75 was passed" in difference


def test_an_event_that_came_late_is_seen() -> None:
    """A threshold is passed by one call: before it the budget was below."""
    spent = {**_SPENT, "team": {"ml": [10**10] * 80}}
    (difference,) = budget_differences(_POINTS, _RECORDS, spent)
    assert "is not where" in difference
