"""Spend kept in this process: gone with it, and each process has its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from heapq import nlargest
from threading import RLock
from typing import Final

from spancost.budgets.stores.protocol import Booking, Key, Spend
from spancost.budgets.windows import Window
from spancost.faults import leave_to_host

__all__ = ["MemoryStore"]

_MOST_ACCOUNTS: Final = 100_000
"""Values kept of one budget; beyond it the one that has not spent for longest is forgotten."""

_SECOND_CHANCES: Final = 8
"""Values of which thresholds were told that are passed over when one has to be forgotten."""

_MOST_OVERRUNS: Final = 100
"""Values of one budget whose overruns are counted apart."""

OTHER: Final = "_other"
"""The value that the rest is counted under, as in the other metrics."""

_NEVER: Final = 10**30
"""More pico-USD than there are."""


class _Account:
    """What one value has spent in its current window. Guarded by the store's lock."""

    __slots__ = ("fired", "next", "overrun", "reached", "usage", "value", "window")

    def __init__(self, value: str, window: Window) -> None:
        self.value = value
        self.window = window
        self.usage = 0
        self.fired = 0
        self.next = 0
        """Usage below which nothing has to be looked at."""
        self.reached = False
        """Whether the limit was reached in the window, even if a correction took the usage below it again."""
        self.overrun = False


class MemoryStore:
    """The accounts of each budget, the one that spent last at the end.

    Guarded by its own RLock, within which nothing is allocated but integers.
    """

    def __init__(self, most_accounts: int = _MOST_ACCOUNTS) -> None:
        self._lock = RLock()
        self._accounts: dict[str, OrderedDict[str, _Account]] = {}
        # Outlives the accounts, so that it never falls.
        self._overruns: dict[Key, int] = {}
        self._most_accounts = most_accounts
        self.evictions = 0

    def book(self, key: Key, window: Window, amount: int, triggers: tuple[int, ...], limit: int) -> Booking | None:
        """Add pico-USD and tell which triggers it passed for the first time in the window, None if none."""
        account = self._account(key, window)
        recovered = False
        with self._lock:
            if account.window is not window and account.window.start_ns < window.start_ns:
                recovered = account.reached
                account.window = window
                account.usage = account.fired = account.next = 0
                account.reached = account.overrun = False
            account.usage += amount
            quiet = account.usage < account.next
        return None if quiet else self._look(key, account, triggers, limit, recovered)

    def _account(self, key: Key, window: Window) -> _Account:
        """Return the account of a key, now the last to be forgotten. Without the lock: accounts are made here."""
        budget, value = key
        accounts = self._accounts.get(budget)
        if accounts is None:
            accounts = self._accounts.setdefault(budget, OrderedDict())
        account = accounts.get(value)
        if account is None:
            account = accounts.setdefault(value, _Account(value, window))
            while len(accounts) > self._most_accounts:
                _let_the_silent_go_first(accounts)
                accounts.popitem(last=False)
                with self._lock:
                    self.evictions += 1
            return account
        try:
            accounts.move_to_end(value)
        except KeyError as fault:
            leave_to_host(fault)
            # Another thread made room by it just now.
            account = accounts.setdefault(value, account)
        return account

    def _look(
        self, key: Key, account: _Account, triggers: tuple[int, ...], limit: int, recovered: bool
    ) -> Booking | None:
        """Find out which triggers were passed, and until when nobody need look again."""
        counted_as = self._counted_as(key)
        crossed = place = 0
        count = len(triggers)
        with self._lock:
            usage = account.usage
            window = account.window
            # By index: a for loop would allocate an iterator, and that can start a garbage collection here.
            while place < count and usage >= triggers[place]:
                if not account.fired >> place & 1:
                    account.fired |= 1 << place
                    crossed |= 1 << place
                place += 1
            if usage >= limit:
                account.reached = True
            if usage > limit and not account.overrun:
                account.overrun = True
                self._overruns[counted_as] = self._overruns.get(counted_as, 0) + 1
            following = triggers[place] if place < count else _NEVER
            account.next = following if account.overrun or following <= limit else limit + 1
        return Booking(usage, crossed, recovered, window) if crossed or recovered else None

    def largest(self, budget: str, now_ns: int, most: int) -> Sequence[Spend]:
        """Return the values of a budget that spent most in the window of this moment; in a past one it is nothing."""

        def usage(account: _Account) -> int:
            return account.usage if account.window.end_ns > now_ns else 0

        by_value = self._accounts.get(budget)
        # A list first: nothing is made while the dict is gone through, so no collection can change it there.
        accounts = [] if by_value is None else list(by_value.values())
        return [
            Spend((budget, account.value), account.window, usage(account))
            for account in nlargest(most, accounts, key=usage)
        ]

    def overruns(self) -> Mapping[Key, int]:
        """Return how often each value passed the limit; beyond the first hundred of a budget under `_other`."""
        return self._overruns.copy()

    def clear(self) -> None:
        """Forget everything, with a new lock: another thread may have held the old one at the fork."""
        self._lock = RLock()
        self._accounts = {}
        self._overruns = {}
        self.evictions = 0

    def _counted_as(self, key: Key) -> Key:
        """Return the key that overruns of this one are counted under."""
        told = self._overruns.copy()
        if key in told or sum(1 for budget, _ in told if budget == key[0]) < _MOST_OVERRUNS:
            return key
        return key[0], OTHER


def _let_the_silent_go_first(accounts: OrderedDict[str, _Account]) -> None:
    """Put those at the front of whom thresholds were told to the end: forgotten, they would be told of again."""
    try:
        for _ in range(_SECOND_CHANCES):
            value = next(iter(accounts))
            if not accounts[value].fired:
                return
            accounts.move_to_end(value)
    except (KeyError, RuntimeError, StopIteration) as fault:
        leave_to_host(fault)
        return  # Another thread makes room, too.
