"""Budgets observed: each charge is booked to the budgets it falls under, and thresholds are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from spancost.budgets.alerts import Crossing
from spancost.budgets.policy import Budget
from spancost.budgets.stores import Booking, MemoryStore, Spend, Store
from spancost.budgets.windows import Window, window_at
from spancost.calls.who import NONE

__all__ = ["Budgets", "Standing"]

Standing = tuple[Budget, Spend]
"""A budget and what one of its values has spent."""


class Budgets:
    """The budgets of a process over one store."""

    def __init__(self, budgets: tuple[Budget, ...], store: Store | None, clock: Callable[[], int]) -> None:
        self.all = budgets
        self.scopes = tuple(dict.fromkeys(budget.scope for budget in budgets))
        """Attribution keys whose values budgets ask for."""
        self._store: Store = MemoryStore() if store is None else store
        self._clock = clock
        self._triggers = tuple(tuple(each.amount for each in budget.thresholds) for budget in budgets)
        # One window a budget, replaced when it is over; an immutable value, so no lock.
        self._windows: list[Window | None] = [None] * len(budgets)

    def observe(
        self, values: Sequence[str | None], places: Mapping[str, int], amount: int, corrects_ns: int | None = None
    ) -> tuple[Crossing, ...]:
        """Book pico-USD to every budget it falls under; return what was crossed, lowest threshold first.

        `places` says where among `values` the value of each scope stands. What corrects a charge says when that was
        made, ns since the epoch: a window that is over by now is left as it is, and the next is not its place.
        """
        now_ns = self._clock()
        crossings: tuple[Crossing, ...] = ()
        for number, budget in enumerate(self.all):
            value = values[places[budget.scope]] or NONE
            if budget.value is not None and budget.value != value:
                continue
            window = self._windows[number]
            if window is None or not window.start_ns <= now_ns < window.end_ns:
                window = self._windows[number] = window_at(budget.window, budget.zone, now_ns)
            if corrects_ns is not None and corrects_ns < window.start_ns:
                continue
            booking = self._store.book((budget.id, value), window, amount, self._triggers[number], budget.limit)
            if booking is not None:
                crossings += _crossings(booking, budget, value, window, now_ns)
        return crossings

    def standings(self) -> Iterable[Standing]:
        """Return how each value of each budget stands now."""
        by_id = {budget.id: budget for budget in self.all}
        return [(by_id[spend.key[0]], spend) for spend in self._store.spends(self._clock())]

    def clear(self) -> None:
        """Forget all spend, as a forked child must: the parent goes on counting its own."""
        self._store.clear()


def _crossings(booking: Booking, budget: Budget, value: str, window: Window, now_ns: int) -> tuple[Crossing, ...]:
    crossed = tuple(
        Crossing(budget, value, threshold, booking.usage, window, now_ns)
        for bit, threshold in enumerate(budget.thresholds)
        if booking.crossed >> bit & 1
    )
    if not booking.recovered or not any(threshold.is_limit for threshold in budget.thresholds):
        return crossed
    return (Crossing(budget, value, None, booking.usage, window, now_ns), *crossed)
