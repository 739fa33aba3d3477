"""When a charge reaches the counters: what a later record may still correct waits, for a counter takes nothing back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Final

from spancost.faults import leave_to_host
from spancost.outcome import Count
from spancost.rollup.dedup import awaited
from spancost.rollup.sums import NO_AMOUNTS

if TYPE_CHECKING:
    from spancost.rollup import Charge
    from spancost.rollup.claimants import Claimants

__all__ = ["Settling"]

_WAIT_NS: Final = 30 * 10**9
"""How long a charge's counters wait for an open span around it that may report it again."""

_MOST_WAITING: Final = 8_192
"""Charges whose counters wait at once: where no reader collects, nobody else asks for them."""


class Settling:
    """The charges whose counters wait, bounded. What guards a charge's fields is the caller's lock."""

    def __init__(self, claimants: Claimants, clock: Callable[[], int], revising: RLock) -> None:
        self._claimants = claimants
        self._clock = clock
        self._revising = revising
        self._waiting: deque[tuple[int, Charge]] = deque()

    def hold(self, charge: Charge) -> tuple[Count, ...]:
        """Let a charge's counters wait; return what those of the oldest get, where too many do."""
        self._waiting.append((charge.at_ns, charge))
        return self.settle(self._waiting.popleft()[1]) if len(self._waiting) > _MOST_WAITING else ()

    def due(self, *, everything: bool = False) -> list[Count]:
        """Return what counters have waited for long enough or in vain, or all of it at the end."""
        counts: list[Count] = []
        due = self._clock() - _WAIT_NS
        waiting = self._waiting
        self._claimants.forget_dropped()
        for _ in range(len(waiting)):
            try:
                since, charge = waiting.popleft()
            except IndexError as fault:
                leave_to_host(fault)
                break
            if everything or since <= due or not (awaited(charge) or self._claimants.may_claim(charge)):
                counts += self.settle(charge)
            else:
                waiting.append((since, charge))
        return counts

    def settle(self, charge: Charge) -> tuple[Count, ...]:
        """Return what the counters get of a charge, nothing where they have it."""
        with self._revising:
            settled, charge.settled = charge.settled, True
            # Read here: a later record that finds the charge settled adds what it corrects by itself.
            amounts = charge.amounts if charge.entered else NO_AMOUNTS
        return () if settled else (Count(charge, amounts),)
