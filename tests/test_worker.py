"""The one background thread: in order, bounded, and never in the way of the program's end."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable
from threading import Event, Thread, current_thread
from time import sleep

import pytest
from support import run_at_once

from spancost.faults import faults
from spancost.worker import Worker

_SECONDS = 30.0
"""Longer than anything here takes; nothing waits for it unless it fails."""


def test_tasks_run_in_order_on_one_thread_that_ends_with_the_program() -> None:
    """No thread before the first task, one daemon after it."""
    before = threading.active_count()
    worker = Worker()
    assert before == threading.active_count()
    seen: list[tuple[int, Thread]] = []
    for number in range(100):
        assert worker.submit(lambda number=number: seen.append((number, current_thread())))
    assert worker.drain(_SECONDS)
    assert list(range(100)) == [number for number, _ in seen]
    (thread,) = {thread for _, thread in seen}
    assert thread.daemon
    assert current_thread() is not thread


def test_a_started_worker_starts_no_thread_when_tasks_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks come from hooks, which may run inside a lock of `threading` itself; once is enough, and again is nothing."""
    worker = Worker()
    worker.start()
    worker.start()
    started: list[Thread] = []
    monkeypatch.setattr(Thread, "start", started.append)
    done = Event()
    worker.submit(int)
    worker.later(0, done.set)
    assert done.wait(_SECONDS)
    assert worker.drain(_SECONDS)
    assert [] == started


@pytest.mark.usefixtures("planted")
def test_a_task_that_fails_ends_nothing() -> None:
    """The fault is counted, and the next task runs."""
    worker = Worker()
    done = Event()
    before = faults["worker"]
    worker.submit(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    worker.submit(done.set)
    assert done.wait(_SECONDS)
    assert before + 1 == faults["worker"]


def test_tasks_that_wait_are_bounded() -> None:
    """Beyond the bound the newest are dropped and counted; nothing blocks."""
    worker, seen, release = _held(most_tasks=10)
    taken = [worker.submit(lambda number=number: seen.append(number)) for number in range(15)]
    assert ([True] * 10 + [False] * 5, 5) == (taken, worker.dropped)
    release.set()
    assert worker.drain(_SECONDS)
    assert list(range(10)) == seen


def test_a_forked_child_counts_what_it_dropped_itself() -> None:
    """Its parent goes on telling of the parent's: an inherited count would be told twice."""
    worker = Worker(most_tasks=0)
    assert [False, False] == [worker.submit(int), worker.submit(int)]
    assert 2 == worker.dropped
    worker.forget()
    assert 0 == worker.dropped


def _held(most_tasks: int = 100) -> tuple[Worker, list[int], Event]:
    """Return a worker whose thread hangs in a task until it is released."""
    worker = Worker(most_tasks=most_tasks)
    busy, release = Event(), Event()

    def hang() -> None:
        busy.set()
        release.wait(_SECONDS)

    worker.submit(hang)
    assert busy.wait(_SECONDS)
    return worker, [], release


def test_draining_waits_for_what_was_queued_even_when_the_queue_is_full() -> None:
    """The end of the program is when the queue is longest: waiting for it needs no place in it."""
    worker, seen, release = _held(most_tasks=3)
    for number in range(3):
        worker.submit(lambda number=number: seen.append(number))
    Thread(target=release.set).start()
    assert worker.drain(_SECONDS)
    assert [0, 1, 2] == seen
    assert 0 == worker.dropped


def test_draining_gives_up_in_time() -> None:
    """A task that hangs on somebody's lock hangs there: the program ends all the same."""
    worker, _, release = _held()
    assert not worker.drain(0.01)
    release.set()
    assert worker.drain(_SECONDS)


def test_draining_waits_for_the_task_that_runs() -> None:
    """An empty queue is not the end of the last task."""
    worker, _, release = _held()
    assert not worker.drain(0.01), "nothing is queued, one runs"
    release.set()


def test_nothing_to_drain_starts_no_thread() -> None:
    """A program that never told anything ends without us."""
    before = threading.active_count()
    assert Worker().drain(_SECONDS)
    assert before == threading.active_count()


def test_a_task_for_later_runs_by_itself() -> None:
    """A timer fires though the worker sleeps and no other task comes."""
    worker = Worker()
    worker.submit(lambda: None)
    assert worker.drain(_SECONDS)
    done = Event()
    worker.later(0.01, done.set)
    assert done.wait(_SECONDS)


def test_tasks_for_later_run_once_each_by_their_time() -> None:
    """The nearer comes first, whichever was asked for first."""
    worker = Worker()
    seen: list[str] = []
    done = Event()
    worker.later(0.05, lambda: (seen.append("second"), done.set()))  # type: ignore[arg-type, return-value]
    worker.later(0.01, lambda: seen.append("first"))
    assert done.wait(_SECONDS)
    assert worker.drain(_SECONDS)
    assert ["first", "second"] == seen


def test_many_threads_start_one_worker() -> None:
    """However many tasks come first at once, one thread runs them all."""
    worker = Worker(most_tasks=10**6)
    seen: list[Thread] = []
    run_at_once([lambda: [worker.submit(lambda: seen.append(current_thread())) for _ in range(500)]] * 8)
    assert worker.drain(_SECONDS)
    assert (4000, 1) == (len(seen), len(set(seen)))


def test_a_collection_that_submits_while_the_thread_starts_starts_no_second() -> None:
    """Garbage collection may end a span, which tells something, in the middle of our own start."""
    worker = Worker()
    seen: list[Thread] = []

    class Garbage:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            worker.submit(lambda: seen.append(current_thread()))

    threshold = gc.get_threshold()
    gc.collect()
    try:
        gc.disable()
        for _ in range(20):
            Garbage()
        gc.set_threshold(1)
        gc.enable()
        worker.submit(lambda: seen.append(current_thread()))
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert worker.drain(_SECONDS)
    assert (21, 1) == (len(seen), len(set(seen)))


def test_what_waits_is_done_where_no_thread_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the interpreter's end no thread can be started: nobody waits for one, and whoever drains does the work."""
    worker = Worker()
    seen: list[Thread] = []

    def refuse(_: Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", refuse)
        worker.start()
        assert worker.submit(lambda: seen.append(current_thread()))
        assert worker.drain(_SECONDS)
    assert [current_thread()] == seen
    done = Event()
    worker.submit(done.set)
    assert done.wait(_SECONDS), "the next one tries again"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # that is what is tested
def test_a_fork_leaves_the_parents_tasks_and_starts_its_own_thread() -> None:
    """Threads don't survive a fork: a child that forgets can run tasks of its own."""
    worker, seen, release = _held()
    worker.submit(lambda: seen.append(0))
    worker.later(0, lambda: seen.append(1))
    child = _in_child(lambda: _forget_and_run(worker, seen))
    release.set()
    assert 0 == child
    assert worker.drain(_SECONDS)
    assert seen[:1] == [0]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # that is what is tested
def test_a_child_that_was_told_of_no_fork_runs_what_waits_by_itself() -> None:
    """Without its thread nobody else would, and the end of the child would wait for nothing."""
    worker = Worker()
    assert worker.drain(_SECONDS)
    worker.submit(int)
    assert worker.drain(_SECONDS)
    seen: list[int] = []
    assert 0 == _in_child(lambda: worker.submit(lambda: seen.append(0)) and worker.drain(_SECONDS) and [0] == seen)


def _forget_and_run(worker: Worker, seen: list[int]) -> bool:
    worker.forget()
    done = Event()
    worker.submit(done.set)
    return done.wait(_SECONDS) and worker.drain(_SECONDS) and [] == seen


def _in_child(works: Callable[[], bool]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if works() else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def test_a_pause_waits_for_the_task_that_runs_and_lets_none_begin() -> None:
    """What a thread of ours holds at a fork, the child would hold for ever."""
    worker = Worker()
    begun, done = Event(), Event()

    def slow() -> None:
        begun.set()
        sleep(0.2)
        done.set()

    worker.submit(slow)
    assert begun.wait(5)
    assert worker.pause(5)
    assert done.is_set()
    later = Event()
    worker.submit(later.set)
    assert not later.wait(0.1)
    worker.resume()
    assert later.wait(5)


def test_a_pause_does_not_wait_for_a_task_that_hangs() -> None:
    """A silent backend delays a fork by no more than it is given."""
    worker = Worker()
    begun, release = Event(), Event()

    def hang() -> None:
        begun.set()
        release.wait(10)

    worker.submit(hang)
    assert begun.wait(5)
    assert not worker.pause(0.05)
    worker.resume()
    release.set()
    assert worker.drain(5)


def test_two_threads_that_pause_at_once_leave_no_worker_behind() -> None:
    """Two forks at the same time: the one that waited in vain takes nothing from the other, nor leaves it paused."""
    worker = Worker()
    assert worker.drain(5)
    assert worker.pause(5)
    told: list[bool] = []

    def other() -> None:
        told.append(worker.pause(0.05))
        worker.resume()

    thread = Thread(target=other)
    thread.start()
    thread.join(5)
    assert [False] == told
    done = Event()
    worker.submit(done.set)
    assert not done.wait(0.05)
    worker.resume()
    assert done.wait(5)


def test_a_timer_that_is_never_due_ends_no_thread() -> None:
    """An interval of a million years is a way to say never: the queue itself would raise."""
    worker = Worker()
    worker.later(1e20, int)
    worker.later(float("inf"), int)
    done = Event()
    worker.submit(done.set)
    assert done.wait(5)
    assert worker.drain(5)


def test_a_task_that_ends_its_thread_ends_none_of_ours(planted: None) -> None:
    """Code of the program's that runs on the worker may call sys.exit(): what waits behind it is done all the same."""
    worker = Worker()
    done: list[int] = []
    worker.submit(sys.exit)
    worker.submit(lambda: done.append(1))
    assert worker.drain(5)
    assert [1] == done
    assert {"worker": 1} == dict(faults)


def test_a_fork_waits_once_for_a_task_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export that nobody answers would hold up each fork of the program; the next task is waited for again."""
    worker = Worker()
    begun, go = Event(), Event()
    waits: list[float] = []

    class Held:
        def acquire(self, timeout: float) -> bool:
            waits.append(timeout)
            return False

    worker.submit(lambda: (begun.set(), go.wait()))
    assert begun.wait(5)
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_running", Held())
        assert [False] * 3 == [worker.pause(0.2) for _ in range(3)]
        assert [0.2, 0, 0] == waits
    go.set()
    assert worker.drain(5)
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_running", Held())
        assert not worker.pause(0.2)
        assert 0.2 == waits[-1]
    assert worker.pause(5)
    worker.resume()


def test_a_stopped_worker_starts_again_with_the_next_task() -> None:
    """Its thread goes when what waits is done, and another comes when it is needed."""
    worker = Worker(name="stopped")
    done: list[int] = []
    worker.submit(lambda: done.append(1))
    worker.stop()
    for thread in threading.enumerate():
        if thread.name == "stopped":
            thread.join(10)
            assert not thread.is_alive()
    worker.submit(lambda: done.append(2))
    assert worker.drain(5)
    assert [1, 2] == done
