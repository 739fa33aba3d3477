"""Budgets observed: each charge is booked to the budgets it falls under, and thresholds are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from spancost.budgets.alerts import Crossing
from spancost.budgets.policy import Budget
from spancost.budgets.stores import Booking, Key, MemoryStore, Spend, Store
from spancost.budgets.windows import Window, window_at
from spancost.calls.who import NONE

__all__ = ["Budgets", "Standing"]

Standing = tuple[Budget, Spend]
"""A budget and what one of its values has spent."""

_MOST_REMEMBERED: Final = 1_024
_MOST_STANDINGS: Final = 100

_Values = tuple[str | None, ...]


class _Duty(NamedTuple):
    """What a charge with certain values has to be booked to."""

    key: Key
    window: Window
    triggers: tuple[int, ...]
    budget: Budget


class _Period:
    """The time in which no window of any budget begins or ends, and so what falls under which stays the same."""

    __slots__ = ("duties", "end_ns", "start_ns", "windows")

    def __init__(self, windows: tuple[Window, ...]) -> None:
        self.windows = windows
        self.start_ns = max((window.start_ns for window in windows), default=0)
        self.end_ns = min((window.end_ns for window in windows), default=0)
        self.duties: dict[_Values, tuple[_Duty, ...]] = {}


class Budgets:
    """The budgets of a process over one store."""

    def __init__(self, budgets: tuple[Budget, ...], store: Store | None, clock: Callable[[], int]) -> None:
        self.all = budgets
        self.scopes = tuple(dict.fromkeys(budget.scope for budget in budgets))
        """Attribution keys whose values budgets ask for."""
        self._store: Store = MemoryStore() if store is None else store
        self._clock = clock
        self._triggers = tuple(tuple(each.amount for each in budget.thresholds) for budget in budgets)
        # Replaced whole when it is over, so no lock.
        self._period = _Period(())

    def observe(
        self, values: _Values, places: Mapping[str, int], amount: int, corrects_ns: int | None = None
    ) -> tuple[Crossing, ...]:
        """Book pico-USD to every budget it falls under; return what was crossed, lowest threshold first.

        `places` says where among `values` the value of each scope stands. What corrects a charge says when that was
        made, ns since the epoch: a window that is over by now is left as it is, and the next is not its place.
        """
        now_ns = self._clock()
        period = self._period
        if not period.start_ns <= now_ns < period.end_ns:
            windows = [window_at(budget.window, budget.zone, now_ns) for budget in self.all]
            period = self._period = _Period(tuple(windows))
        crossings: tuple[Crossing, ...] = ()
        book = self._store.book
        duties = period.duties.get(values)
        if duties is None:
            duties = self._duties(period, values, places)
        for key, window, triggers, budget in duties:
            if corrects_ns is not None and corrects_ns < window.start_ns:
                continue
            booking = book(key, window, amount, triggers, budget.limit)
            if booking is not None:
                crossings += _crossings(booking, budget, key[1], now_ns)
        return crossings

    def _duties(self, period: _Period, values: _Values, places: Mapping[str, int]) -> tuple[_Duty, ...]:
        """Find out which budgets these values fall under, and remember it for the period."""
        duties: list[_Duty] = []
        for budget, window, triggers in zip(self.all, period.windows, self._triggers, strict=True):
            value = values[places[budget.scope]] or NONE
            if budget.value in (None, value):
                duties.append(_Duty((budget.id, value), window, triggers, budget))
        if len(period.duties) >= _MOST_REMEMBERED:
            period.duties.clear()
        period.duties[values] = tuple(duties)
        return tuple(duties)

    def standings(self, most: int = _MOST_STANDINGS) -> list[Standing]:
        """Return how the values of each budget that are nearest to its limit stand, the nearest first."""
        now_ns = self._clock()
        return [(budget, spend) for budget in self.all for spend in self._store.largest(budget.id, now_ns, most)]

    @property
    def evictions(self) -> int:
        """Values whose spend was forgotten to keep memory bounded."""
        return self._store.evictions

    def overruns(self) -> Iterable[tuple[Budget, str, int]]:
        """Return how many windows each value of each budget has overspent."""
        by_id = {budget.id: budget for budget in self.all}
        return [(by_id[budget], value, count) for (budget, value), count in self._store.overruns().items()]

    def clear(self) -> None:
        """Forget all spend, as a forked child must: the parent goes on counting its own."""
        self._store.clear()


def _crossings(booking: Booking, budget: Budget, value: str, now_ns: int) -> tuple[Crossing, ...]:
    crossed = tuple(
        Crossing(budget, value, threshold, booking.usage, booking.window, now_ns)
        for bit, threshold in enumerate(budget.thresholds)
        if booking.crossed >> bit & 1
    )
    if not booking.recovered or not any(threshold.is_limit for threshold in budget.thresholds):
        return crossed
    return (Crossing(budget, value, None, booking.usage, booking.window, now_ns), *crossed)
