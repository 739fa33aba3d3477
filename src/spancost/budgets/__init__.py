"""Limits on spend: whose, over which window, and what is told when it nears them."""

from __future__ import annotations

from spancost.budgets.alerts import Crossing, State, worst
from spancost.budgets.policy import SCOPE, Budget, Threshold, parse_line, parse_tables
from spancost.budgets.watch import Budgets, Standing

__all__ = [
    "SCOPE",
    "Budget",
    "Budgets",
    "Crossing",
    "Standing",
    "State",
    "Threshold",
    "parse_line",
    "parse_tables",
    "worst",
]
