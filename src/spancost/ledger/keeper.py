"""Every charge of a process on its way into a ledger: queued by the spans' hooks, written by the worker."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from threading import RLock
from time import monotonic_ns
from typing import TYPE_CHECKING, Final, Protocol

from spancost.errors import LedgerError
from spancost.faults import say
from spancost.ledger.ageing import Ageing
from spancost.ledger.changes import Changes
from spancost.ledger.store import Statement, Store, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from opentelemetry.trace import SpanContext

    from spancost.outcome import Outcome

__all__ = ["Background", "Keeper"]

_logger = logging.getLogger(__name__)

_MOST_WAITING: Final = 20_000
"""Outcomes that wait for the worker: beyond it new ones are lost. Statements that wait for a disk: the oldest are."""

_AT_ONCE: Final = 1_000
"""Statements of one transaction."""

_FIRST_RETRY: Final = 0.5
"""Seconds after which a write that failed is tried again, twice as many each time."""

_LAST_RETRY: Final = 60.0

_AT_EXIT: Final = 3.0
"""Seconds that the end of a program waits for the disk."""

_BETWEEN_PRUNINGS: Final = 3600.0


class Background(Protocol):
    """Whoever runs tasks elsewhere than in a span's hook."""

    def submit(self, task: Callable[[], object]) -> bool:
        """Run a task soon; False if it was dropped."""
        ...

    def later(self, seconds: float, task: Callable[[], object]) -> None:
        """Run a task once, this many seconds from now at the earliest."""
        ...

    def drain(self, timeout: float) -> bool:
        """Wait until every task queued so far is done; False if that took longer than `timeout` seconds."""
        ...


class Keeper:
    """Keeps what an engine finds. In a hook it only queues; everything else happens on the worker, which owns the rest.

    A charge is written as it stands when the worker comes to it, and written again when a later record has changed it.
    `process` draws a name that no other process has; `elapsed` are ns that pass whatever the clock is set to.
    """

    def __init__(
        self,
        store: Store,
        worker: Background,
        keys: tuple[str, ...],
        clock: Callable[[], int],
        keep_ns: int | None,
        process: Callable[[], str] = lambda: os.urandom(8).hex(),
        elapsed: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._store = store
        self._worker = worker
        self._keys = keys
        self._clock = clock
        self._keep_ns = keep_ns
        self._draw = process
        self._elapsed = elapsed
        self._begin()

    def _begin(self) -> None:
        self._queue: deque[Outcome] = deque()
        self._is_asked = False
        self._statements: deque[Statement] = deque()
        self._process = self._draw()
        self._changes = Changes(self._keys, self._process, self._clock)
        self._ageing = Ageing(self._clock, self._elapsed)
        self._is_failing = self._is_timed = False
        self._retry = _FIRST_RETRY
        # Hooks of any thread add to it.
        self._lock = RLock()
        self.lost = 0
        """Charges that were not kept."""
        # Whether all is kept, or waits, that was to be since the program was last told.
        self._is_whole = True
        self._crowded = False

    @property
    def process(self) -> str:
        """The name under which this process's rows stand."""
        return self._process

    @property
    def set_aside(self) -> int:
        """Damaged ledgers that this process has set aside."""
        return self._store.set_aside

    def start(self) -> None:
        """Take out what is too old, now and then."""
        if self._keep_ns is not None:
            self._worker.submit(self._prune)

    def take(self, outcome: Outcome, context: SpanContext | None) -> None:  # noqa: ARG002 - the outcome has the ids
        """Queue an outcome; never blocks."""
        if len(self._queue) >= _MOST_WAITING:
            self._crowded = True
            self._lose(_is_kept(outcome))
            return
        self._queue.append(outcome)
        if not self._is_asked:
            self._is_asked = self._worker.submit(self._asked)

    def flush(self, timeout: float) -> bool:
        """Write what is queued; False if it could not be, as in `catch_up`, or if any was lost since the last time."""
        is_written = self.catch_up(timeout)
        with self._lock:
            is_whole, self._is_whole = self._is_whole, True
        return is_written and is_whole

    def catch_up(self, timeout: float) -> bool:
        """Write what is queued; False if that took longer than `timeout` seconds, or could not be written."""
        if self._statements or self._queue:
            self._worker.submit(self._write)
        return self._worker.drain(timeout) and not self._statements

    def shutdown(self) -> None:
        """Write what is queued, once more where it failed before, and let the file go."""
        if self.catch_up(_AT_EXIT):
            self._worker.submit(self._store.close)
            self._worker.drain(_AT_EXIT)
            return
        lost = len(rows_of(list(self._statements))) + sum(map(_is_kept, list(self._queue)))
        self._queue.clear()
        self._statements.clear()
        self._lose(lost)
        say(_logger, logging.ERROR, "spancost: %s: %d charges could not be kept", self._store.path, lost)

    def forget(self) -> None:
        """Start anew in a forked child: what waits is its parent's to write, and so is the parent's connection."""
        self._store.forget()
        self._begin()
        self.start()

    def _asked(self) -> None:
        self._is_asked = False
        if not self._is_failing:
            self._write()

    def _try_again(self) -> None:
        self._is_timed = False
        self._write()

    def _lose(self, charges: int) -> None:
        with self._lock:
            self.lost += charges
            self._is_whole = False

    def _write(self) -> None:
        queue = self._queue
        for _ in range(len(queue)):
            self._statements += self._changes.of(queue.popleft())
        if self._crowded:
            self._crowded = False
            _warn_of_crowd(self._store.path)
        while self._statements:
            # Some at once: other processes wait for each transaction.
            statements = list(islice(self._statements, _AT_ONCE))
            try:
                unfit = self._store.write(statements)
            except (sqlite3.Error, OSError, LedgerError) as fault:
                self._fail(fault)
                return
            if unfit:
                self._lose(unfit)
            for _ in statements:
                self._statements.popleft()
        if self._is_failing:
            self._is_failing = False
            say(_logger, logging.WARNING, "spancost: %s: charges are kept again", self._store.path)
        self._retry = _FIRST_RETRY

    def _fail(self, fault: Exception) -> None:
        """Let what can't be written wait for better times, as much of it as may."""
        statements = self._statements
        if len(statements) > _MOST_WAITING:
            before = rows_of(statements)
            while len(statements) > _MOST_WAITING:
                statements.popleft()
            self._lose(len(before - rows_of(statements)))
        if not self._is_timed:
            self._is_timed = True
            self._worker.later(self._retry, self._try_again)
            self._retry = min(2 * self._retry, _LAST_RETRY)
        if not self._is_failing:
            self._is_failing = True
            message = (
                "spancost: charges can't be kept (%s); %d wait and are tried again, more are lost and counted "
                "(spancost.internal.store_failures). Metrics and budgets are not affected."
            )
            told = str(fault) if isinstance(fault, LedgerError) else f"{self._store.path}: {fault}"
            say(_logger, logging.ERROR, message, told, _MOST_WAITING)

    def _prune(self) -> None:
        if self._keep_ns is None:
            return
        try:
            others = self._ageing.others(self._store.told_last(self._process)) - self._keep_ns
            more = self._store.prune(self._process, self._ageing.own() - self._keep_ns, others)
        except (sqlite3.Error, OSError, LedgerError):
            # What keeps it from that keeps charges from being written, too, and then it is said.
            more = False
        if more:
            self._worker.submit(self._prune)
        else:
            self._worker.later(_BETWEEN_PRUNINGS, self._prune)


def _is_kept(outcome: Outcome) -> bool:
    """Tell whether an outcome is a charge that would have a row."""
    charge = outcome.charge or outcome.aggregate
    return charge is not None and not charge.is_void


@lru_cache(maxsize=16)
def _warn_of_crowd(path: Path) -> None:
    """Say, once a process, that more is called than is written."""
    message = (
        "spancost: %s: more is called than can be written: beyond %d that wait, charges are not kept, but counted "
        "(spancost.internal.store_failures). Metrics and budgets have them."
    )
    say(_logger, logging.ERROR, message, path, _MOST_WAITING)
