"""Law 7, threads: one engine under many of them is exact."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from time import sleep
from zoneinfo import ZoneInfo

import pytest
from support import BOOK, NOW, Player, agent, call, cost, run_at_once, tool

from spancost.budgets import Budgets, Crossing, parse_line
from spancost.console import Console
from spancost.engine import Engine
from spancost.outcome import Outcome
from spancost.rollup import Tree
from spancost.telemetry.series import Series
from spancost.worker import Worker

_UTC = ZoneInfo("UTC")
_THREADS = 6
_CALLS = 150


class _Sinks:
    """What a process hangs on an engine, fed by any thread."""

    def __init__(self, budgets: str = "user=1/day; agent=100/month") -> None:
        self.engine = Engine(
            BOOK, Budgets(parse_line(budgets, _UTC), None, lambda: NOW), dimensions=("user",), clock=lambda: NOW
        )
        place = self.engine.who.keys.index
        self.series = Series(("user",), (place("agent"), place("workflow"), place("user")))
        self.console = Console(self.engine)
        self.crossings: list[Crossing] = []
        self.outcomes: list[Outcome] = []

    def start(self, span_id: int, parent: int | None, attributes: dict[str, object], trace_id: int = 1) -> None:
        """Start a span."""
        self.engine.start(trace_id, span_id, parent, "span", attributes, lambda: attributes)

    def end(self, span_id: int, parent: int | None, attributes: dict[str, object], trace_id: int = 1) -> None:
        """End a span and let everybody take what came of it."""
        outcome = self.engine.end(trace_id, span_id, parent, "span", attributes, NOW, {})
        if outcome is None:
            return
        for count in outcome.counts:
            self.series.add(count)
        self.console.take(outcome, None)
        self.crossings += outcome.crossings
        self.outcomes.append(outcome)

    def settle(self) -> None:
        """Let the series have what waits."""
        for count in self.engine.settle(everything=True):
            self.series.add(count)

    @property
    def sums(self) -> tuple[int, int, int]:
        """Pico-USD that the process, the series and the budgets have."""
        booked = sum(spend.usage for _, spend in self.engine.budgets.standings())
        return self.engine.spent.direct, sum(row.cost for row in self.series), booked


@pytest.fixture
def sinks() -> Iterator[_Sinks]:
    """Return an engine with a series, a console and budgets."""
    yield _Sinks()
    gc.collect()


def test_threads_under_one_agent_sum_exactly(sinks: _Sinks) -> None:
    """Parallel tools of one agent: its last word is the ledger, and nothing is lost in series or budgets."""
    sinks.start(1, None, agent("root"))

    def work(number: int) -> None:
        base = (number + 1) * 100_000
        sinks.start(base, 1, tool("t"))
        for each in range(1, _CALLS):
            told = call(each, number, response_id=f"{number}-{each}") | {"user.id": f"u{each % 5}"}
            sinks.start(base + each, base, told)
            sinks.end(base + each, base, told)
        sinks.end(base, 1, tool("t"))

    run_at_once([lambda number=number: work(number) for number in range(_THREADS)])
    sinks.end(1, None, agent("root"))
    sinks.settle()
    ledger = sum(cost(each, number) for number in range(_THREADS) for each in range(1, _CALLS))
    assert (ledger, ledger, 2 * ledger) == sinks.sums
    root = sinks.outcomes[-1]
    assert root.totals is not None
    assert (ledger, _THREADS * (_CALLS - 1)) == (root.totals.total, root.totals.calls)


@pytest.mark.parametrize("owner", [agent("root"), {}], ids=["agent", "plain root"])
def test_streams_that_outlive_their_owner_on_other_threads_sum_exactly(sinks: _Sinks, owner: dict[str, object]) -> None:
    """While an owner ends, threads end its calls: what its span misses, its corrections tell."""
    ledger = 0
    for agent_id in range(1, 60):
        sinks.start(agent_id, None, owner, trace_id=agent_id)
        streams = [agent_id * 1000 + number for number in range(_THREADS)]
        for stream in streams:
            sinks.start(stream, agent_id, call(), trace_id=agent_id)
        ledger += sum(cost(stream, 1) for stream in streams)
        run_at_once(
            [
                lambda agent_id=agent_id: sinks.end(agent_id, None, owner, trace_id=agent_id),
                *(
                    lambda stream=stream, agent_id=agent_id: sinks.end(
                        stream, agent_id, call(stream, 1), trace_id=agent_id
                    )
                    for stream in streams
                ),
            ]
        )
        told = [(0, each.totals) for each in sinks.outcomes if each.kind and each.node.trace_id == agent_id]
        told += [
            (each.sequence, each.totals)
            for outcome in sinks.outcomes
            for each in outcome.corrections
            if each.trace_id == agent_id
        ]
        last = max(sequence for sequence, _ in told)
        (totals,) = {totals for sequence, totals in told if sequence == last}
        assert totals is not None
        assert sum(cost(stream, 1) for stream in streams) == totals.total
    sinks.settle()
    assert (ledger, ledger) == sinks.sums[:2]


def test_records_of_one_call_on_many_threads_are_one_charge(sinks: _Sinks) -> None:
    """All threads report the same responses at once, some in full and some in part: each counts once, in full."""
    told = [
        [call(each + 1, 5 if number % 2 else None, response_id=str(each)) for each in range(_CALLS)]
        for number in range(_THREADS)
    ]

    def work(number: int) -> None:
        for each, attributes in enumerate(told[number]):
            trace_id = (number + 1) * 100_000 + each
            sinks.start(trace_id, None, attributes, trace_id=trace_id)
            sinks.end(trace_id, None, attributes, trace_id=trace_id)

    run_at_once([lambda number=number: work(number) for number in range(_THREADS)])
    sinks.settle()
    ledger = sum(cost(each + 1, 5) for each in range(_CALLS))
    assert (ledger, ledger, 2 * ledger) == sinks.sums
    assert (_CALLS, 0) == (sinks.engine.spent.calls, sinks.engine.spent.partial)
    assert _CALLS == sum(row.calls for row in sinks.series)


def test_each_threshold_fires_once_however_many_threads_spend() -> None:
    """Law 6 through the whole engine."""
    sinks = _Sinks("user=0.01/day")

    def work(number: int) -> None:
        for each in range(_CALLS):
            trace_id = (number + 1) * 100_000 + each
            told = call(100, 0) | {"user.id": f"u{each % 3}"}
            sinks.start(trace_id, None, told, trace_id=trace_id)
            sinks.end(trace_id, None, told, trace_id=trace_id)

    run_at_once([lambda number=number: work(number) for number in range(_THREADS)])
    assert 3 * 3 == len(sinks.crossings) == len({each.dedup_key for each in sinks.crossings})


def test_asking_for_the_cost_so_far_disturbs_nobody(sinks: _Sinks) -> None:
    """While threads start and end spans, another asks again and again what it cost so far."""
    sinks.start(1, None, agent("root"))
    seen: list[int] = []

    def work(number: int) -> None:
        for each in range(1, _CALLS):
            span_id = (number + 1) * 100_000 + each
            sinks.start(span_id, 1, call(each, 1))
            sinks.end(span_id, 1, call(each, 1))

    def ask() -> None:
        for _ in range(_CALLS):
            told = sinks.engine.cost_so_far(1, 1)
            assert told is not None
            seen.append(told)
            sinks.console.text("tree")
            list(sinks.engine.budgets.standings())
            sum(row.cost for row in sinks.series)

    run_at_once([*(lambda number=number: work(number) for number in range(3)), ask, ask])
    assert 3 * sum(cost(each, 1) for each in range(1, _CALLS)) == sinks.engine.cost_so_far(1, 1)
    assert max(seen) <= sinks.engine.spent.direct


def test_a_span_ends_on_another_thread_than_it_began() -> None:
    """Where a span ends plays no part."""
    play = Player()
    root = play.start(agent("a"))
    span = play.start(call(10, 5), root)
    run_at_once([lambda: play.end(span)])
    play.end(root)
    assert cost(10, 5) == play.owner(root).total


class _Yielding(int):
    """A count whose sum takes long enough for every other thread to come in between."""

    def __add__(self, other: int) -> _Yielding:
        sleep(0)
        return _Yielding(int(self) + other)


def test_our_own_counters_lose_nothing() -> None:
    """Duplicates, late spans, evictions and dropped events are told exactly, however many threads come at once."""
    engine = _Sinks().engine
    small = Tree(open_spans=1)
    worker, full = Worker(most_tasks=0), [False] * _CALLS
    engine._charging.duplicates = engine.tree.late = small.evictions = worker.dropped = _Yielding()
    engine.start(1, 1, None, "a", agent("a"))
    engine.end(1, 1, None, "a", agent("a"), NOW, {})
    engine.record(1, 2, call(response_id="r"), None, {})

    def work(number: int) -> None:
        base = (number + 1) * 100_000
        for span_id in range(base, base + _CALLS):
            engine.record(1, span_id, call(response_id="r"), None, {})
            engine.start(1, span_id, 1, "late", call())
            engine.end(1, span_id, 1, "late", call(), NOW, {})
            small.start(1, span_id, None, "open")
        assert full == [worker.submit(int) for _ in full]

    run_at_once([lambda number=number: work(number) for number in range(4)])
    calls = 4 * _CALLS
    assert (calls, calls, calls - len(small), calls) == (
        engine.duplicates,
        engine.tree.late,
        small.evictions,
        worker.dropped,
    )
