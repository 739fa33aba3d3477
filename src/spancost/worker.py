"""The one background thread: whatever may block or take locks of others happens here, never in a span's hook."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from threading import Event, RLock, Thread
from time import monotonic
from typing import Final

from spancost.faults import swallow

__all__ = ["Worker"]

_MOST_TASKS: Final = 10_000
"""Tasks that may wait; beyond it the newest are dropped and counted."""

_IDLE_SECONDS: Final = 5.0

Task = Callable[[], None]


class Worker:
    """Runs tasks in order on one daemon thread, started with the first of them in each process."""

    def __init__(self, most_tasks: int = _MOST_TASKS) -> None:
        self._tasks: deque[Task] = deque()
        self._timers: list[tuple[float, Task]] = []
        self._most_tasks = most_tasks
        self.forget()
        self.dropped = 0
        """Tasks not taken because too many waited."""

    def forget(self) -> None:
        """Start anew, as a forked child must: threads don't survive a fork, and a lock may be held by one."""
        self._tasks.clear()
        self._timers.clear()
        self._wake = Event()
        self._running = RLock()
        self._starting = RLock()
        self._thread: Thread | None = None
        self._process = os.getpid()

    def submit(self, task: Task) -> bool:
        """Queue a task; False if it was dropped. Never blocks."""
        if len(self._tasks) >= self._most_tasks:
            self.dropped += 1
            return False
        self._tasks.append(task)
        self._start()
        self._wake.set()
        return True

    def later(self, seconds: float, task: Task) -> None:
        """Run a task once, this many seconds from now at the earliest, if the process lives so long."""
        self._timers.append((monotonic() + seconds, task))
        self._start()

    def drain(self, timeout: float) -> bool:
        """Wait until every task queued so far is done; False if that took longer than `timeout` seconds.

        The tasks run on the worker: a task that hangs on somebody's lock hangs there.
        """
        if not self._tasks and (self._thread is None or not self._busy):
            return True
        done = Event()
        if not self.submit(done.set):
            return False
        return done.wait(timeout)

    _busy = False

    def _start(self) -> None:
        if self._thread is not None:
            return
        with self._starting:
            if self._thread is None:
                self._thread = thread = Thread(target=self._run, name="spancost", daemon=True)
                thread.start()

    def _run(self) -> None:
        tasks = self._tasks
        while True:
            self._wake.wait(_IDLE_SECONDS if self._timers else None)
            self._wake.clear()
            self._busy = True
            while tasks:
                self._do(tasks.popleft())
            now = monotonic()
            for timer in [timer for timer in self._timers if timer[0] <= now]:
                self._timers.remove(timer)
                self._do(timer[1])
            self._busy = False

    def _do(self, task: Task) -> None:
        try:
            task()
        except Exception as fault:  # noqa: BLE001 - a task must not end the thread
            swallow("worker", fault)
