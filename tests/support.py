"""Plays the starts and ends of spans to an engine, at fixed prices and by a clock that stands still."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Barrier, Thread
from typing import Any

from strategies import Trace

from spancost.budgets import Budget, Budgets, Crossing
from spancost.calls import Kind, read_call
from spancost.calls.dialects import emitter_of
from spancost.engine import Engine
from spancost.outcome import Correction, Count, Outcome
from spancost.pricing import PriceBook
from spancost.pricing.overrides import parse
from spancost.pricing.price import Price
from spancost.rollup import Charge, Node, Totals, Tree
from spancost.telemetry.series import Series

__all__ = [
    "BOOK",
    "NOW",
    "Clock",
    "Player",
    "Span",
    "agent",
    "attributes_of",
    "call",
    "cost",
    "play_trace",
    "record",
    "run_at_once",
    "tool",
    "workflow",
]

NOW = 1_760_000_000 * 10**9
"""A Thursday in October 2025, ns."""

_USD_PER_MILLION = {"gpt-5.2": ("3", "15"), "gemini-3-pro": ("2.5", "10")}

BOOK = PriceBook(
    parse([{"model": model, "input": each[0], "output": each[1]} for model, each in _USD_PER_MILLION.items()], "tests")
)
"""Real prices but for two models, which are the worked example's."""

_PICO_PER_TOKEN = {"gpt-5.2": (3_000_000, 15_000_000), "gemini-3-pro": (2_500_000, 10_000_000)}


def cost(input_tokens: int, output_tokens: int, model: str = "gpt-5.2") -> int:
    """Return pico-USD of so many tokens, reckoned apart from the code under test."""
    per_input, per_output = _PICO_PER_TOKEN[model]
    return input_tokens * per_input + output_tokens * per_output


def call(
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    *,
    model: str = "gpt-5.2",
    response_id: str = "",
    **more: Any,
) -> dict[str, Any]:
    """Return the attributes of a model call's span."""
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai" if model.startswith("gpt") else "gcp.gemini",
        "gen_ai.request.model": model,
    }
    if input_tokens is not None:
        attributes["gen_ai.usage.input_tokens"] = input_tokens
    if output_tokens is not None:
        attributes["gen_ai.usage.output_tokens"] = output_tokens
    if response_id:
        attributes["gen_ai.response.id"] = response_id
    return attributes | more


def agent(name: str, **more: Any) -> dict[str, Any]:
    """Return the attributes of an agent's span."""
    return {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name, **more}


def workflow(name: str, **more: Any) -> dict[str, Any]:
    """Return the attributes of a workflow's span."""
    return {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": name, **more}


def tool(name: str, **more: Any) -> dict[str, Any]:
    """Return the attributes of a tool's span."""
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name, **more}


def run_at_once(tasks: Sequence[Callable[[], object]], seconds: float = 60) -> None:
    """Run tasks on a thread each, switching between them very often; a task that fails or hangs fails the test."""
    faults: list[BaseException] = []
    gate = Barrier(len(tasks))

    def run(task: Callable[[], object]) -> None:
        try:
            gate.wait()
            task()
        except BaseException as fault:  # noqa: BLE001 - handed to the test's own thread
            faults.append(fault)

    threads = [Thread(target=run, args=(task,), daemon=True) for task in tasks]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds)
    finally:
        sys.setswitchinterval(interval)
    assert [] == [thread.name for thread in threads if thread.is_alive()], "deadlock"
    if faults:
        raise faults[0]


class Clock:
    """Nanoseconds that pass only when told to."""

    def __init__(self, now_ns: int = NOW) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        """Return the time, ns since the epoch."""
        return self.now_ns


@dataclass(eq=False)
class Span:
    """A span as the program holds it: its attributes may change until it ends."""

    trace_id: int
    span_id: int
    parent_id: int | None
    name: str
    attributes: dict[str, Any]
    baggage: Mapping[str, Any] = field(default_factory=dict[str, Any])
    scope: str = ""
    start_ns: int = NOW


class Player:
    """An engine with what came out of it. Not for threads: each thread may use the engine itself."""

    def __init__(
        self,
        *budgets: Budget,
        dimensions: tuple[str, ...] = (),
        attribution: Mapping[str, tuple[str, ...]] | None = None,
        clock: Callable[[], int] | None = None,
        resource: Mapping[str, Any] | None = None,
        tree: Callable[[], Tree] = Tree,
    ) -> None:
        self.clock = clock or Clock()
        self.engine = Engine(
            BOOK,
            Budgets(budgets, None, self.clock),
            dimensions=dimensions,
            attribution=attribution,
            clock=self.clock,
            baggage=lambda context: self._current if context is None else context,
            tree=tree,
        )
        self.resource = resource or {}
        place = self.engine.who.keys.index
        self.series = Series(dimensions, tuple(map(place, ("agent", "workflow", *dimensions))))
        self.counts: list[Count] = []
        self.corrections: list[Correction] = []
        self.crossings: list[Crossing] = []
        self.owners: dict[tuple[int, int], Totals] = {}
        """What each owner said last of itself, at its end or by a correction."""
        self._sequences: dict[tuple[int, int], int] = {}
        self._ids = 0
        # Baggage of the context that a span ends in.
        self._current: Mapping[str, Any] = {}

    def start(
        self,
        attributes: Mapping[str, Any] | None = None,
        parent: Span | int | None = None,
        *,
        name: str = "span",
        trace_id: int = 1,
        span_id: int | None = None,
        baggage: Mapping[str, Any] | None = None,
        scope: str = "",
    ) -> Span:
        """Start a span below another, or below an id that only another process knows."""
        self._ids += 1
        if isinstance(parent, Span):
            trace_id = parent.trace_id
            parent = parent.span_id
        span = Span(
            trace_id, span_id or self._ids, parent, name, dict(attributes or {}), baggage or {}, scope, self.clock()
        )
        self.start_again(span)
        return span

    def start_again(self, span: Span) -> None:
        """Tell the engine that a span starts."""
        self.engine.start(
            span.trace_id,
            span.span_id,
            span.parent_id,
            span.name,
            span.attributes,
            lambda: span.attributes,
            span.baggage,
            span.scope,
        )

    def end(self, span: Span, attributes: Mapping[str, Any] | None = None, error: str | None = None) -> Outcome | None:
        """End a span, with what it learned since its start."""
        span.attributes.update(attributes or {})
        self._current = span.baggage
        outcome = self.engine.end(
            span.trace_id,
            span.span_id,
            span.parent_id,
            span.name,
            span.attributes,
            span.start_ns,
            self.resource,
            span.scope,
            self.clock(),
            error,
        )
        if outcome is not None:
            self._take(outcome)
        return outcome

    def play(self, attributes: Mapping[str, Any], parent: Span | None = None, **how: Any) -> Outcome:
        """Start a span and end it, where something must come of it."""
        outcome = self.end(self.start(attributes, parent, **how))
        assert outcome is not None
        return outcome

    def settle(self) -> None:
        """Let the counters have what still waits."""
        self._count(self.engine.settle(everything=True))

    @property
    def counted(self) -> int:
        """Pico-USD that the counters were given."""
        return sum(amounts.cost for _, amounts in self.counts)

    @property
    def in_series(self) -> int:
        """Pico-USD in all rows of the series."""
        return sum(row.cost for row in self.series)

    @property
    def booked(self) -> int:
        """Pico-USD in all budgets."""
        return sum(spend.usage for _, spend in self.engine.budgets.standings())

    def owner(self, span: Span) -> Totals:
        """Return what an owner said last of itself."""
        return self.owners[span.trace_id, span.span_id]

    def _take(self, outcome: Outcome) -> None:
        self._count(outcome.counts)
        self.crossings += outcome.crossings
        if outcome.kind is not None and outcome.totals is not None:
            self._own((outcome.node.trace_id, outcome.node.span_id), outcome.totals, 0)
        for correction in outcome.corrections:
            self.corrections.append(correction)
            self._own((correction.trace_id, correction.span_id), correction.totals, correction.sequence)

    def _own(self, owner: tuple[int, int], totals: Totals, sequence: int) -> None:
        if sequence >= self._sequences.get(owner, 0):
            self.owners[owner] = totals
            self._sequences[owner] = sequence

    def _count(self, counts: list[Count]) -> None:
        self.counts += counts
        for count in counts:
            self.series.add(count)


def attributes_of(place: int, trace: Trace) -> dict[str, Any]:
    """Return the attributes that a planned span ends with."""
    span = trace.spans[place]
    named: dict[str | None, dict[str, Any]] = {
        Kind.AGENT: agent(f"agent-{place}"),
        Kind.WORKFLOW: workflow(f"workflow-{place}"),
        Kind.TOOL: tool(f"tool-{place}"),
        Kind.CALL: call(*span.tokens),
        None: {},
    }
    return named[span.kind]


def play_trace(trace: Trace, clock: Clock | None = None) -> tuple[Player, dict[int, Span]]:
    """Play a trace, a ns an event where there is a clock; return the player, and the spans by their places."""
    play = Player(clock=clock)
    spans: dict[int, Span] = {}
    for event in trace.events:
        if clock is not None:
            clock.now_ns += 1
        planned = trace.spans[event.place]
        attributes = attributes_of(event.place, trace)
        if event.starts:
            told = attributes if planned.told_at_start else {}
            spans[event.place] = play.start(told, None if planned.parent is None else spans[planned.parent])
        else:
            play.end(spans[event.place], attributes)
    play.settle()
    return play, spans


_numbers = itertools.count(1)


def record(
    scope: str,
    tokens: tuple[int, int] | tuple[()] = (1000, 100),
    *,
    response_id: str = "",
    parent: Node | None = None,
    calls: int = 1,
) -> Charge:
    """Return what a span of an instrumentation tells of a call, as a charge that is booked."""
    told = read_call(call(*tokens, response_id=response_id), emitter_of(scope))
    price = (
        BOOK.price(told.provider, told.models, told.usage, NOW)
        if told.usage
        else Price(None, "unpriced", "", "", "no_usage")
    )
    node = Node(next(_numbers), next(_numbers), parent, "chat", Kind.CALL, None, None)
    charge = Charge(node, told, price, emitter_of(scope), NOW, NOW + 1, NOW, calls)
    charge.entered = True
    return charge
