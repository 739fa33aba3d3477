"""Spend kept in this process: gone with it, and each process has its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import RLock
from typing import Final

from spancost.budgets.stores.protocol import Booking, Key, Spend
from spancost.budgets.windows import Window

__all__ = ["MemoryStore"]

_MOST_KEYS: Final = 100_000
"""Budget values kept; beyond it those of past windows go, then those that spent longest ago."""

_MOST_OVERRUNS: Final = 100
"""Values of one budget whose overruns are counted apart."""

OTHER: Final = "_other"
"""The value that the rest is counted under, as in the other metrics."""

_NEVER: Final = 10**30
"""More pico-USD than there are."""


class _Account:
    """What one key has spent in its current window. Guarded by the store's lock."""

    __slots__ = ("breached", "fired", "next", "usage", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.usage = 0
        self.fired = 0
        self.next = 0
        """Usage below which nothing has to be looked at."""
        self.breached = False


class MemoryStore:
    """A dict of accounts. Guarded by its own RLock, within which nothing is allocated but integers."""

    def __init__(self, most_keys: int = _MOST_KEYS) -> None:
        self._lock = RLock()
        self._accounts: dict[Key, _Account] = {}
        # Outlives the accounts, so that it never falls.
        self._overruns: dict[Key, int] = {}
        self._most_keys = most_keys
        self.evictions = 0
        """Accounts dropped for want of room: their spend is forgotten."""

    def book(self, key: Key, window: Window, amount: int, triggers: tuple[int, ...], limit: int) -> Booking | None:
        """Add pico-USD and tell which triggers it passed for the first time in the window, None if none."""
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts.setdefault(key, _Account(window))
            if len(self._accounts) > self._most_keys:
                self._make_room(window.start_ns)
        recovered = False
        with self._lock:
            if account.window is not window and account.window.start_ns < window.start_ns:
                recovered = account.usage >= limit
                account.window = window
                account.usage = account.fired = account.next = 0
                account.breached = False
            account.usage += amount
            quiet = account.usage < account.next
        return None if quiet else self._look(key, account, triggers, limit, recovered)

    def _look(
        self, key: Key, account: _Account, triggers: tuple[int, ...], limit: int, recovered: bool
    ) -> Booking | None:
        """Find out which triggers were passed, and until when nobody need look again."""
        overrun = self._counted_as(key)
        crossed = place = 0
        count = len(triggers)
        with self._lock:
            usage = account.usage
            # By index: a for loop would allocate an iterator, and that can start a garbage collection here.
            while place < count and usage >= triggers[place]:
                if not account.fired >> place & 1:
                    account.fired |= 1 << place
                    crossed |= 1 << place
                place += 1
            if usage > limit and not account.breached:
                account.breached = True
                self._overruns[overrun] = self._overruns.get(overrun, 0) + 1
            following = triggers[place] if place < count else _NEVER
            account.next = following if account.breached or following <= limit else limit + 1
        return Booking(usage, crossed, recovered) if crossed or recovered else None

    def spends(self, now_ns: int) -> Iterable[Spend]:
        """Return what is spent in the windows that hold this moment; a past window counts as nothing spent."""
        return [
            Spend(key, account.window, account.usage if account.window.holds(now_ns) else 0)
            for key, account in self._accounts.copy().items()
        ]

    def overruns(self) -> Mapping[Key, int]:
        """Return how often each value passed the limit; beyond the first hundred of a budget under `_other`."""
        return self._overruns.copy()

    def clear(self) -> None:
        """Forget everything, with a new lock: another thread may have held the old one at the fork."""
        self._lock = RLock()
        self._accounts = {}
        self._overruns = {}

    def _counted_as(self, key: Key) -> Key:
        """Return the key that overruns of this one are counted under."""
        told = self._overruns.copy()
        if key in told or sum(1 for budget, _ in told if budget == key[0]) < _MOST_OVERRUNS:
            return key
        return key[0], OTHER

    def _make_room(self, before_ns: int) -> None:
        accounts = self._accounts
        past = [key for key, account in accounts.copy().items() if account.window.end_ns <= before_ns]
        # Insertion order: those that began to spend longest ago.
        for key in past or list(accounts)[: self._most_keys // 10]:
            if accounts.pop(key, None) is not None:
                with self._lock:
                    self.evictions += 1
