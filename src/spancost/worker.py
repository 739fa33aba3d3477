"""The one background thread: whatever may block or take locks of others happens here, never in a span's hook."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from operator import itemgetter
from threading import Event, RLock, Thread
from time import monotonic
from typing import Final

from spancost.faults import swallow

__all__ = ["Worker"]

_MOST_TASKS: Final = 10_000
"""Tasks that may wait; beyond it the newest are dropped and counted."""

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
        self._busy = False

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
        self._wake.set()

    def drain(self, timeout: float) -> bool:
        """Wait until every task queued so far is done; False if that took longer than `timeout` seconds.

        The tasks run on the worker: a task that hangs on somebody's lock hangs there.
        """
        if not self._tasks and (self._thread is None or not self._busy):
            return True
        done = Event()
        # Not by `submit`: the end of the program is when the queue is longest.
        self._tasks.append(done.set)
        self._start()
        self._wake.set()
        if self._thread is None:
            self._do_all()
        return done.wait(timeout)

    def _start(self) -> None:
        if self._thread is not None:
            return
        # Made outside of the lock: a garbage collection may come back here.
        thread = Thread(target=self._run, name="spancost", daemon=True)
        with self._starting:
            if self._thread is not None:
                return
            self._thread = thread
        try:
            thread.start()
        except RuntimeError:
            # The interpreter is ending: what waits is done by whoever drains.
            self._thread = None

    def _run(self) -> None:
        while True:
            self._wake.wait(self._idle())
            self._wake.clear()
            self._busy = True
            self._do_all()
            now = monotonic()
            for timer in sorted((timer for timer in self._timers if timer[0] <= now), key=itemgetter(0)):
                self._timers.remove(timer)
                self._do(timer[1])
            self._busy = False

    def _idle(self) -> float | None:
        """Return the seconds until the next timer, None if there is none."""
        times = [time for time, _ in self._timers]
        return max(min(times) - monotonic(), 0) if times else None

    def _do_all(self) -> None:
        tasks = self._tasks
        while tasks:
            self._do(tasks.popleft())

    def _do(self, task: Task) -> None:
        try:
            task()
        except Exception as fault:  # noqa: BLE001 - a task must not end the thread
            swallow("worker", fault)
