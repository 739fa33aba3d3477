"""Which budget values have gauges: few at a time, and few ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from spancost import semconv

if TYPE_CHECKING:
    from spancost.budgets import Budget, Standing
    from spancost.budgets.stores import Spend

__all__ = ["Gauge", "Gauges"]

_MOST_FREELY: Final = 100
"""Values of a budget that get a gauge wherever they stand."""

_MOST_AHEAD: Final = 10
"""Values of a budget, the nearest to its limit, that get a gauge too, until half of what it has are given away.

The other half is for those that have passed its first threshold.
"""

# The SDK keeps each attribute set it ever saw, 2,000 an instrument (1.45.2 and later), and throws the rest together.
_MOST_EVER: Final = 1_900


class Gauge(NamedTuple):
    """How one value of one budget stands."""

    limit: int
    """Pico-USD."""
    usage: int
    """Pico-USD."""
    attributes: dict[str, str]


class Gauges:
    """The values of each budget that are nearest to its limit, as one reading for all instruments that tell of them.

    Without a lock: two readers that collect at once may take a reading more, or a value more than the bound.
    """

    def __init__(
        self,
        standings: Callable[[], Iterable[Standing]],
        budgets: int = 1,
        most_freely: int = _MOST_FREELY,
        most_ever: int = _MOST_EVER,
    ) -> None:
        self._standings = standings
        self._most_ever = most_ever // max(budgets, 1)
        self._most_freely = min(most_freely, self._most_ever)
        # Values that ever had a gauge, by budget.
        self._known: dict[str, set[str]] = {}
        self._reading: list[Gauge] = []
        self._read_by: set[str] = set()

    def read(self, instrument: str) -> list[Gauge]:
        """Return the reading of this collection: a new one when an instrument asks that has had the last."""
        if instrument in self._read_by or not self._read_by:
            self._read_by = set()
            ranks: Counter[str] = Counter()
            self._reading = []
            for budget, spend in self._standings():
                value = spend.key[1]
                if self._is_told(budget, spend, ranks[budget.id]):
                    told = {
                        semconv.BUDGET_ID: budget.id,
                        semconv.BUDGET_VALUE: value,
                        semconv.BUDGET_WINDOW_KIND: budget.window,
                    }
                    self._reading.append(Gauge(budget.limit, spend.usage, told))
                ranks[budget.id] += 1
        self._read_by.add(instrument)
        return self._reading

    def _is_told(self, budget: Budget, spend: Spend, rank: int) -> bool:
        known = self._known.setdefault(budget.id, set())
        value = spend.key[1]
        if value not in known:
            most = self._most_freely
            if spend.usage >= budget.thresholds[0].amount:
                most = self._most_ever
            elif rank < _MOST_AHEAD:
                most = max(most, self._most_ever // 2)
            if len(known) >= most:
                return False
            known.add(value)
        return True
