"""Spend kept in this process: gone with it, and each process has its own."""

from __future__ import annotations

from collections.abc import Iterable
from threading import RLock
from typing import Final

from spancost.budgets.stores.protocol import Booking, Key, Spend
from spancost.budgets.windows import Window

__all__ = ["MemoryStore"]

_MOST_KEYS: Final = 100_000
"""Budget values kept; beyond it those of past windows go, then those that spent longest ago."""

_NEVER: Final = 10**30
"""More pico-USD than there are."""


class _Overruns:
    """Windows in which a value of one budget passed the limit. Guarded by the store's lock."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class _Account:
    """What one key has spent in its current window. Guarded by the store's lock."""

    __slots__ = ("breached", "fired", "next", "overruns", "usage", "window")

    def __init__(self, window: Window, overruns: _Overruns) -> None:
        self.window = window
        self.usage = 0
        self.fired = 0
        self.next = 0
        """Usage below which nothing has to be looked at."""
        self.breached = False
        self.overruns = overruns
        """Of the budget, and not of this key alone: the count outlives the accounts, so it never falls."""


class MemoryStore:
    """A dict of accounts. Guarded by its own RLock, within which nothing is allocated but integers."""

    def __init__(self, most_keys: int = _MOST_KEYS) -> None:
        self._lock = RLock()
        self._accounts: dict[Key, _Account] = {}
        self._overruns: dict[str, _Overruns] = {}
        self._most_keys = most_keys
        self.evictions = 0
        """Accounts dropped for want of room: their spend is forgotten."""

    def book(self, key: Key, window: Window, amount: int, triggers: tuple[int, ...], limit: int) -> Booking | None:
        """Add pico-USD and tell which triggers it passed for the first time in the window, None if none."""
        account = self._accounts.get(key)
        if account is None:
            overruns = self._overruns.setdefault(key[0], _Overruns())
            account = self._accounts.setdefault(key, _Account(window, overruns))
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
        return None if quiet else self._look(account, triggers, limit, recovered)

    def _look(self, account: _Account, triggers: tuple[int, ...], limit: int, recovered: bool) -> Booking | None:
        """Find out which triggers were passed, and until when nobody need look again."""
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
                account.overruns.count += 1
            following = triggers[place] if place < count else _NEVER
            account.next = following if account.breached or following <= limit else limit + 1
        return Booking(usage, crossed, recovered) if crossed or recovered else None

    def spends(self, now_ns: int) -> Iterable[Spend]:
        """Return what is spent in the windows that hold this moment; a past window counts as nothing spent."""
        return [
            Spend(key, account.window, account.usage if account.window.holds(now_ns) else 0, account.overruns.count)
            for key, account in self._accounts.copy().items()
        ]

    def clear(self) -> None:
        """Forget everything, with a new lock: another thread may have held the old one at the fork."""
        self._lock = RLock()
        self._accounts = {}
        self._overruns = {}

    def _make_room(self, before_ns: int) -> None:
        accounts = self._accounts
        past = [key for key, account in accounts.copy().items() if account.window.end_ns <= before_ns]
        # Insertion order: those that began to spend longest ago.
        for key in past or list(accounts)[: self._most_keys // 10]:
            if accounts.pop(key, None) is not None:
                with self._lock:
                    self.evictions += 1
