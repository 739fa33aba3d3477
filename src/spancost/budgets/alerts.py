"""What is told when spend passes a threshold: once per budget, value and window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from spancost.budgets.policy import Budget, Threshold
from spancost.budgets.windows import Window

__all__ = ["Crossing", "State", "worst"]


class State:
    """How a budget stands, as spans carry it."""

    OK: Final = "ok"
    WARN: Final = "warn"
    THROTTLE: Final = "throttle"
    BREACH: Final = "breach"


_RANK: Final = {State.OK: 0, State.WARN: 1, State.THROTTLE: 2, State.BREACH: 3}


def worst(one: str | None, other: str | None) -> str | None:
    """Return the worse of two states; None is better than any."""
    if one is None or other is None:
        return one or other
    return one if _RANK[one] >= _RANK[other] else other


@dataclass(frozen=True, slots=True)
class Crossing:
    """One threshold of one budget, passed by one value in one window."""

    budget: Budget
    value: str
    threshold: Threshold | None
    """None where the budget recovered: a new window began after a breach."""
    usage: int
    """Pico-USD in the window, the charge that crossed included."""
    window: Window
    now_ns: int

    @property
    def state(self) -> str:
        """What the span whose charge crossed it carries."""
        if self.threshold is None:
            return State.OK
        return State.BREACH if self.threshold.fraction >= 1 else State.WARN

    @property
    def dedup_key(self) -> str:
        """The same for each report of the same crossing, in any process."""
        percent = "recovered" if self.threshold is None else self.threshold.text
        return f"{self.budget.id}/{self.value}/{self.window.start:%Y-%m-%dT%H:%M:%SZ}/{percent}"

    @property
    def forecast(self) -> int:
        """Pico-USD at the end of the window if spending goes on as it has."""
        return self.window.forecast(self.usage, self.now_ns)
