"""Law 7, garbage: a collection may end spans anywhere, in the middle of our own code, on the same thread."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from support import BOOK, NOW, agent, call, cost, run_at_once, tool

import spancost
from spancost.budgets import Budgets, parse_line
from spancost.budgets.stores import MemoryStore
from spancost.console import Console
from spancost.engine import Engine
from spancost.rollup import Tree
from spancost.telemetry.dearest import Dearest
from spancost.telemetry.series import Series

_UTC = ZoneInfo("UTC")
_CLIENT = "opentelemetry.instrumentation.genai.openai"
_FRAMEWORK = "opentelemetry.instrumentation.genai.langchain"
_OURS = str(Path(spancost.__file__).parent)


class _House:
    """An engine with all that hangs on it, small enough that every bound is met."""

    def __init__(self, tree: Callable[[], Tree] = Tree) -> None:
        self.store = MemoryStore(most_accounts=20)
        budgets = Budgets(parse_line("user=1/day; agent=1/month", _UTC), self.store, lambda: NOW)
        self.engine = Engine(BOOK, budgets, dimensions=("user",), clock=lambda: NOW, tree=tree)
        place = self.engine.who.keys.index
        self.series = Series(("user",), (place("agent"), place("workflow"), place("user")))
        self.series._combinations, self.series._room = Dearest(kept=10, candidates=20, replaceable=10), [5, 3, 2]
        self.console = Console(self.engine, most_owners=20)
        self.ledger = 0
        self.calls = 0

    @property
    def locks(self) -> list[Any]:
        """Every lock of ours."""
        engine = self.engine
        charging = engine._charging
        return [engine.tree._lock, charging.books._revising, charging._twins._lock, self.store._lock, self.series._lock]

    def start(self, span_id: int, parent: int | None, told: dict[str, Any], trace_id: int = 1, scope: str = "") -> None:
        """Start a span."""
        self.engine.start(trace_id, span_id, parent, "span", told, lambda: told, None, scope)

    def end(self, span_id: int, parent: int | None, told: dict[str, Any], trace_id: int = 1, scope: str = "") -> None:
        """End a span and let everybody take what came of it."""
        outcome = self.engine.end(trace_id, span_id, parent, "span", told, NOW, {}, scope, NOW)
        if outcome is not None:
            for count in outcome.counts:
                self.series.add(count)
            self.console.take(outcome, None)

    def work(self, number: int) -> None:
        """Do everything once: calls reported twice in a tool of an agent and in two traces, a late one, every reading."""
        trace_id = 10_000 + number
        base = 1_000_000 + number * 10
        root = agent(f"a{number % 40}") | {"user.id": f"u{number % 40}"}
        told = call(number + 1, 2, response_id=f"work-{number}")
        self.start(base, None, root, trace_id)
        self.start(base + 1, base, tool("t"), trace_id)
        self.start(base + 2, base + 1, call(), trace_id)
        self.start(base + 3, base + 2, told, trace_id)
        self.start(base + 4, base, call(), trace_id)
        for span_id, parent, attributes in (
            (base + 3, base + 2, told),
            (base + 2, base + 1, told),
            (base + 1, base, tool("t")),
            (base, None, root),
            (base + 4, base, call(number + 1)),
        ):
            self.end(span_id, parent, attributes, trace_id)
        # A framework's span and its client's, in two traces: all of them tell the same.
        twin = call(number % 3 + 1, 3)
        self.start(base + 5, None, twin, base + 5, _FRAMEWORK)
        self.start(base + 6, None, twin, base + 6, _CLIENT)
        self.end(base + 6, None, twin, base + 6, _CLIENT)
        self.end(base + 5, None, twin, base + 5, _FRAMEWORK)
        self.ledger += cost(number + 1, 2) + cost(number + 1, 0) + cost(number % 3 + 1, 3)
        self.calls += 3
        if number % 10 == 0:
            self.engine.cost_so_far(1, 1)
            self.console.text("tree")
            list(self.engine.budgets.standings())
            sum(row.cost for row in self.series)

    def check(self) -> None:
        """See that the process, the series and an evicting store have it all."""
        for count in self.engine.settle(everything=True):
            self.series.add(count)
        assert (self.ledger, self.calls) == (self.engine.spent.direct, self.engine.spent.calls)
        assert (self.ledger, self.calls) == (
            sum(row.cost for row in self.series),
            sum(row.calls for row in self.series),
        )


class _Leaked:
    """A span that nobody ends but the garbage collector."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.itself = self
        self._end = end

    def __del__(self) -> None:
        self._end()


@contextmanager
def _collecting_always() -> Iterator[None]:
    """Let every allocation of a container start a collection."""
    threshold = gc.get_threshold()
    gc.collect()
    gc.freeze()  # what was there before is of no interest, and would be walked each time
    gc.set_threshold(1, 1000, 1000)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()
        gc.collect()


@contextmanager
def _collecting_after(allocations: int) -> Iterator[None]:
    """Let a collection start after so many allocations more."""
    threshold = gc.get_threshold()
    gc.disable()
    gc.set_threshold(gc.get_count()[0] + allocations, 1000, 1000)
    gc.enable()
    try:
        yield
    finally:
        gc.set_threshold(*threshold)


def _frames() -> Iterator[str]:
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back  # type: ignore[assignment]


def test_spans_that_a_collection_ends_inside_our_own_code_are_counted() -> None:
    """No deadlock, nothing lost, nothing twice, with a collection after each number of allocations in turn."""
    house = _House()
    inside: list[bool] = []
    faults: list[BaseException] = []
    house.start(1, None, agent("root"))

    def leak(number: int) -> None:
        span_id = 100 + number
        told = call(number + 1, 1, response_id=f"leak-{number}") | {"user.id": f"leaked-{number}"}
        house.start(span_id, 1, told)
        house.ledger += cost(number + 1, 1)
        house.calls += 1

        def end() -> None:
            inside.append(any(name.startswith(_OURS) for name in _frames()))
            try:
                house.end(span_id, 1, told)
            except BaseException as fault:  # noqa: BLE001 - a finalizer's is lost
                faults.append(fault)

        _Leaked(end)

    def play() -> None:
        gc.collect()
        gc.freeze()
        for number in range(600):
            leak(number)
            with _collecting_after(number % 150):
                house.work(number)

    try:
        run_at_once([play])
    finally:
        gc.unfreeze()
    gc.collect()
    assert [] == faults
    assert 600 == len(inside)
    assert 100 < sum(inside), "too few ended inside our code to show anything"
    house.end(1, None, agent("root"))
    house.check()


def test_spans_that_collections_end_on_many_threads_are_counted() -> None:
    """Threads that wait for one another's locks while each collects garbage that ends spans: no deadlock."""
    house = _House()
    sums: list[int] = []

    def play(thread: int) -> None:
        for number in range(80):
            span_id = (thread + 1) * 10_000_000 + number
            told = call(number + 1, 1)

            def end(span_id: int = span_id, told: dict[str, Any] = told) -> None:
                house.end(span_id, None, told, trace_id=span_id)

            house.start(span_id, None, told, trace_id=span_id)
            sums.append(cost(number + 1, 1))
            _Leaked(end)
            trace = 90_000_000 + thread * 1000 + number
            house.start(trace, None, told, trace_id=trace)
            house.end(trace, None, told, trace_id=trace)
            sums.append(cost(number + 1, 1))

    with _collecting_always():
        run_at_once([lambda thread=thread: play(thread) for thread in range(4)])
    house.ledger, house.calls = sum(sums), len(sums)
    house.check()


def test_no_lock_of_ours_is_held_while_anything_is_allocated() -> None:
    """A collection starts where something is allocated, and may run anybody's code: none of our locks is held then."""
    house = _House()
    held: list[str] = []
    ours: list[bool] = []

    def look(phase: str, _: object) -> None:
        if phase == "start":
            frame = sys._getframe(1)
            if any(name.startswith(_OURS) for name in _frames()):
                ours.append(True)
            held.extend(f"{frame.f_code.co_qualname}:{frame.f_lineno}" for lock in house.locks if lock._is_owned())

    gc.callbacks.append(look)
    try:
        with _collecting_always():
            for number in range(300):
                # Every second allocation starts a collection: let it be the other one, too.
                odd = [[]] if number % 2 else []
                house.work(number)
                del odd
    finally:
        gc.callbacks.remove(look)
    assert set() == set(held)
    assert 1000 < len(ours), "too few collections in our code to show anything"
    house.check()


def test_the_same_where_open_spans_are_closed_for_want_of_room() -> None:
    """Evicting goes through the open spans while collections change them."""
    house = _House(lambda: Tree(open_spans=20, ended_spans=20))
    faults: list[BaseException] = []

    def leak(number: int) -> None:
        told = agent("leak")
        house.start(100 + number, 1, told)

        def end() -> None:
            try:
                house.end(100 + number, 1, told)
            except BaseException as fault:  # noqa: BLE001 - a finalizer's is lost
                faults.append(fault)

        if number % 2:
            _Leaked(end)

    def play() -> None:
        with _collecting_always():
            for number in range(300):
                leak(number)
                house.work(number)

    run_at_once([play])
    assert [] == faults
    assert 20 >= len(house.engine.tree)
    house.check()
