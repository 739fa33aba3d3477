"""Work in the background: whatever may block or take locks of others happens on such a thread, never in a hook."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from operator import itemgetter
from queue import Empty, SimpleQueue
from threading import Event, RLock, Thread, current_thread
from time import monotonic
from typing import Final

from spancost.faults import swallow

__all__ = ["Task", "Worker"]

_MOST_TASKS: Final = 10_000
"""Tasks that may wait; beyond it the newest are dropped and counted."""

_LONGEST_SLEEP: Final = 86_400
"""Seconds; a queue waits for no more than some hundred years at a time."""

Task = Callable[[], object]


class Worker:
    """Runs tasks in order on one daemon thread of its own: started by `start`, or with the first task where it was not.

    Tasks wait in the one queue of the library that may be put to from inside itself: a garbage collection on the
    worker, in the middle of its waiting, can end a span, whose hook submits. An Event would deadlock there.
    """

    def __init__(self, most_tasks: int = _MOST_TASKS, name: str = "spancost") -> None:
        self._name = name
        self._timers: list[tuple[float, Task]] = []
        self._most_tasks = most_tasks
        self.forget()

    @property
    def waiting(self) -> int:
        """How many tasks wait."""
        return self._tasks.qsize()

    def forget(self) -> None:
        """Start anew, as a forked child must: threads don't survive a fork, and a lock may be held by one."""
        self._timers.clear()
        self._tasks: SimpleQueue[Task] = SimpleQueue()
        # Guards the count and which thread it is, and nothing is made within.
        self._lock = RLock()
        self._thread: Thread | None = None
        # Held while a task runs, so that a fork can wait for its end.
        self._running = RLock()
        # How many tasks have begun, and with which of them a fork has waited in vain.
        self._begun = self._given_up = 0
        self.dropped = 0
        """Tasks not taken because too many waited."""

    def start(self) -> None:
        """Start the thread, if there is none; where Python refuses it, whoever drains does the work.

        To be called ahead of the first task, which comes from a span's hook: a garbage collection may run one inside a
        lock of `threading` itself, and starting a thread there would wait for that lock for ever.
        """
        if self._thread is not None:
            return
        # Made outside of the lock: a garbage collection may come back here.
        thread = Thread(target=self._run, name=self._name, daemon=True)
        with self._lock:
            if self._thread is not None:
                return
            self._thread = thread
        try:
            thread.start()
        except RuntimeError:
            # The interpreter is ending, or the system gives no more threads: the next task tries again.
            self._thread = None

    def stop(self) -> None:
        """Let the thread end when it has done what waits; the next task starts another."""
        if self._thread is not None:
            self._tasks.put(self._end)

    def submit(self, task: Task) -> bool:
        """Queue a task; False if it was dropped. Never blocks."""
        if self.waiting >= self._most_tasks:
            with self._lock:
                self.dropped += 1
            return False
        self._put(task)
        return True

    def later(self, seconds: float, task: Task) -> None:
        """Run a task once, this many seconds from now at the earliest, if the process lives so long."""
        self._timers.append((monotonic() + seconds, task))
        self._put(_nothing)

    def pause(self, timeout: float) -> bool:
        """Wait for the task that runs, and let none begin until `resume`; False if it took longer than `timeout`.

        For a fork: what a task holds then, a lock of a library or of an import, the child would hold for ever. One that
        a fork has waited for in vain is not waited for again: it may be an export that nobody answers.
        """
        is_hopeless = self._given_up and self._given_up == self._begun
        done = self._running.acquire(timeout=0 if is_hopeless else timeout)
        if not done:
            self._given_up = self._begun
        return done

    def resume(self) -> None:
        """Let tasks run again, in the thread that paused them; in any other it does nothing."""
        with suppress(RuntimeError):
            self._running.release()

    def drain(self, timeout: float) -> bool:
        """Wait until every task queued so far is done; False if that took longer than `timeout` seconds.

        The tasks run on the worker: a task that hangs on somebody's lock hangs there.
        """
        if self._thread is None and not self.waiting:
            return True
        done = Event()
        # Not by `submit`: the end of the program is when the queue is longest.
        self._put(done.set)
        if self._thread is None or not self._thread.is_alive():
            # It couldn't start, or was left behind by a fork that nobody told us of: nobody else will.
            self._do_all()
        return done.wait(timeout)

    def _put(self, task: Task) -> None:
        self._tasks.put(task)
        self.start()

    def _end(self) -> None:
        self._timers.clear()
        self._thread = None

    def _run(self) -> None:
        while self._thread is current_thread():
            try:
                self._turn()
            except SystemExit as stop:
                # Of a task that runs the program's code, such as a log processor: the thread is not its to end.
                swallow("worker", stop)

    def _turn(self) -> None:
        with suppress(Empty):
            self._do(self._tasks.get(timeout=self._idle()))
        self._do_all()
        now = monotonic()
        for timer in sorted((timer for timer in self._timers if timer[0] <= now), key=itemgetter(0)):
            self._timers.remove(timer)
            self._do(timer[1])

    def _idle(self) -> float | None:
        """Return the seconds until the next timer, None if there is none."""
        times = [time for time, _ in self._timers]
        return min(max(min(times) - monotonic(), 0), _LONGEST_SLEEP) if times else None

    def _do_all(self) -> None:
        with suppress(Empty):
            while True:
                self._do(self._tasks.get_nowait())

    def _do(self, task: Task) -> None:
        try:
            with self._running:
                self._begun += 1
                task()
        except Exception as fault:  # noqa: BLE001 - a task must not end the thread
            swallow("worker", fault)


def _nothing() -> None:
    """Wake the worker, so that it sees a new timer."""
