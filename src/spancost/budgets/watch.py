"""Budgets observed: each charge is booked to the budgets it falls under, and thresholds are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from spancost.budgets.alerts import Crossing
from spancost.budgets.policy import Budget
from spancost.budgets.stores import Key, MemoryStore, Spend, Store
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

    def observe(self, value_of: Callable[[str], str | None], amount: int) -> tuple[Crossing, ...]:
        """Book pico-USD to every budget it falls under; return what was crossed, lowest threshold first."""
        if not self.all:
            return ()
        now_ns = self._clock()
        crossings: list[Crossing] = []
        for place, budget in enumerate(self.all):
            value = value_of(budget.scope) or NONE
            if budget.value is not None and budget.value != value:
                continue
            window = self._window(place, budget, now_ns)
            triggers = self._triggers[place]
            booking = self._store.book(Key(budget.id, value), window, amount, triggers, budget.limit)
            if booking.recovered:
                crossings.append(Crossing(budget, value, None, booking.usage, window, now_ns))
            if booking.crossed:
                crossings += (
                    Crossing(budget, value, threshold, booking.usage, window, now_ns)
                    for bit, threshold in enumerate(budget.thresholds)
                    if booking.crossed >> bit & 1
                )
        return tuple(crossings)

    def standings(self) -> Iterable[Standing]:
        """Return how each value of each budget stands now."""
        by_id = {budget.id: budget for budget in self.all}
        return [(by_id[spend.key.budget], spend) for spend in self._store.spends(self._clock())]

    def clear(self) -> None:
        """Forget all spend, as a forked child must: the parent goes on counting its own."""
        self._store.clear()

    def _window(self, place: int, budget: Budget, now_ns: int) -> Window:
        window = self._windows[place]
        if window is None or not window.holds(now_ns):
            window = self._windows[place] = window_at(budget.window, budget.zone, now_ns)
        return window
