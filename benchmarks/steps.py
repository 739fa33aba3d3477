"""Where spancost's time goes: nanoseconds of each hook and of the steps inside it, each alone in a loop.

`python -m benchmarks.steps`. Small loops run faster than the same code among others, so these figures rank the
steps; what a span really pays is what `make bench` prints.
"""

# The hooks are the SDK's own, and it calls one of them by a private name.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from statistics import median
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import Span, TracerProvider
from opentelemetry.trace import set_span_in_context
from opentelemetry.util.types import AttributeValue

from benchmarks.cases import spancost_processor
from benchmarks.workloads import AGENT, CHAT, REQUEST, RESPONSE, model_answer
from spancost.calls import Kind, Usage, kind_of, read_call
from spancost.outcome import Count, Outcome
from spancost.pricing import PriceBook
from spancost.rollup import Charge, Node, ResponseIds
from spancost.rollup.attribution import Attribution
from spancost.telemetry.reading import inside
from spancost.telemetry.stamps import stamp

if TYPE_CHECKING:
    from spancost.exporter import CostExporter

ITEMS = 2_000
REPEATS = 15

# A step's name, the step as a function of one item, and a maker of fresh items for each repeat.
Step = tuple[str, Callable[[Any], object], Callable[[], Sequence[Any]]]


def nanoseconds(step: Callable[[Any], object], items: Callable[[], Sequence[Any]]) -> tuple[float, float]:
    """Time a step over fresh items, less a call that does nothing; give median and least."""
    taken = [_loop(step, items()) - _loop(_nothing, items()) for _ in range(REPEATS)]
    return median(taken), min(taken)


def _loop(step: Callable[[Any], object], items: Sequence[Any]) -> float:
    gc.collect()
    gc.disable()
    try:
        started = time.thread_time_ns()
        for item in items:
            step(item)
        return (time.thread_time_ns() - started) / len(items)
    finally:
        gc.enable()


def _nothing(item: object) -> None:
    pass


def engine_steps() -> Iterator[Step]:
    """Yield the steps of an engine, on plain values, for a model call below one open agent."""
    plain, chat, agent = {**REQUEST, **RESPONSE}, {**CHAT, **model_answer()}, {**AGENT, "gen_ai.agent.name": "clerk"}
    for name, attributes in (("plain", plain), ("model", chat), ("agent", agent)):
        yield f"kind_of, {name}", kind_of, _same(attributes)
    yield "read_call", read_call, _same(chat)

    processor = spancost_processor(MeterProvider())
    exporter = cast("CostExporter", processor._sinks[0])
    engine = exporter.engine
    tree, who, budgets = engine.tree, engine.who, engine.budgets
    engine.start(1, 1, None, "invoke_agent clerk", agent, lambda: agent)
    parent = tree.find(1, 1)
    numbers = count(2)

    def through(number: int) -> None:
        tree.start(1, number, 1, "chat")
        node = tree.take(1, number)
        if node is not None:
            tree.close(node, None)
            tree.ended.keep(number, node)

    yield "tree: start, take, close, remember", through, lambda: [next(numbers) for _ in range(ITEMS)]

    call = read_call(chat)
    usage = call.usage or Usage(0, 0)
    price = PriceBook().price
    yield "price", lambda _: price(call.provider, call.models, usage, _NOW), _same(None)
    priced = price(call.provider, call.models, usage, _NOW)
    node = Node(1, 2, parent, "chat gpt-5.2", Kind.CALL, lambda: chat, None)
    yield "Charge", lambda _: Charge(node, call, priced), _same(None)
    charge = Charge(node, call, priced)

    def answered() -> list[Charge]:
        calls = [read_call({**CHAT, **model_answer()}) for _ in range(ITEMS)]
        return [Charge(node, told, priced) for told in calls]

    ids = ResponseIds()
    yield "claim a response id", lambda each: ids.claim(each, each.call.response_id), answered
    resolve = Attribution(who, inside).resolve
    yield "who it is for", lambda _: resolve(chat, node, _RESOURCE), _same(None)
    charge.who, charge.agent_path, _ = resolve(chat, node, _RESOURCE)
    yield "book in the tree", lambda _: tree.book(parent, charge.amounts), _same(None)
    places = {key: place for place, key in enumerate(who.keys)}
    yield "observe two budgets", lambda _: budgets.observe(charge.who, places, charge.amounts.cost), _same(None)

    yield "Outcome", lambda _: Outcome(node), _same(None)
    outcome = Outcome(node)
    outcome.charge = charge
    outcome.counts = (Count(charge, charge.amounts),)
    yield "stamp, as a dict", lambda told: stamp(told, {}), _same(outcome)
    yield "exporter: count it", lambda each: exporter.take(each, None), _same(outcome)


_NOW = time.time_ns()
_RESOURCE: Mapping[str, AttributeValue] = {"service.name": "shop", "spancost.team": "orders"}


def _same(item: object) -> Callable[[], Sequence[object]]:
    return lambda: [item] * ITEMS


def hook_steps() -> Iterator[Step]:
    """Yield the processor's hooks, called as the SDK calls them on spans below one open agent."""
    processor = spancost_processor(MeterProvider())
    tracer = TracerProvider().get_tracer("spancost.benchmarks")
    named = {**AGENT, "gen_ai.agent.name": "clerk"}
    agent = cast("Span", tracer.start_span("invoke_agent clerk", None, attributes=named))
    below = set_span_in_context(agent)
    processor.on_start(agent, None)

    def begun(name: str, at_start: Mapping[str, AttributeValue]) -> list[Span]:
        return [cast("Span", tracer.start_span(name, below, attributes=at_start)) for _ in range(ITEMS)]

    def joined(
        name: str, at_start: Mapping[str, AttributeValue], told: Callable[[], Mapping[str, AttributeValue]]
    ) -> list[Span]:
        spans = begun(name, at_start)
        for span in spans:
            processor.on_start(span, below)
            span.set_attributes(told())
            span.end()  # a provider without processors: only the SDK's own part of the end
        return spans

    def ending(
        name: str, at_start: Mapping[str, AttributeValue], told: Callable[[], Mapping[str, AttributeValue]]
    ) -> list[Any]:
        spans = joined(name, at_start, told)
        for span in spans:
            processor._on_ending(span)
        return [span._readable_span() for span in spans]

    kinds = (("plain", REQUEST, lambda: RESPONSE), ("model", CHAT, model_answer))
    for name, at_start, told in kinds:
        yield f"on_start, {name}", lambda span: processor.on_start(span, below), lambda n=name, a=at_start: begun(n, a)
        yield f"_on_ending, {name}", processor._on_ending, lambda n=name, a=at_start, t=told: joined(n, a, t)
        yield f"on_end after it, {name}", processor.on_end, lambda n=name, a=at_start, t=told: ending(n, a, t)


def main() -> None:
    """Print every step."""
    print(f"nanoseconds, {REPEATS} repeats of {ITEMS} items, garbage collector off\n{'':<40} {'median':>8} {'min':>8}")
    for steps in (engine_steps, hook_steps):
        for name, step, items in steps():
            middle, least = nanoseconds(step, items)
            print(f"{name:<40} {middle:>8.0f} {least:>8.0f}")


if __name__ == "__main__":
    main()
