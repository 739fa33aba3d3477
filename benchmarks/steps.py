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
from typing import Any, cast

from opentelemetry.sdk.trace import Span, TracerProvider
from opentelemetry.trace import set_span_in_context
from opentelemetry.util.types import AttributeValue

from benchmarks.workloads import AGENT, CHAT, REQUEST, RESPONSE, model_answer
from spancost.calls.read import kind_of, read_call
from spancost.rollup.tree import Tree

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
    """Yield the steps that work on plain values."""
    plain, chat, agent = {**REQUEST, **RESPONSE}, {**CHAT, **model_answer()}, dict(AGENT)
    for name, attributes in (("plain", plain), ("model", chat), ("agent", agent)):
        yield f"kind_of, {name}", kind_of, lambda attributes=attributes: [attributes] * ITEMS
    yield "read_call", read_call, lambda: [chat] * ITEMS
    tree, numbers = Tree(), count(2)
    tree.start(1, 1, None, "root")

    def through(number: int) -> None:
        tree.start(1, number, 1, "chat")
        node = tree.take(1, number)
        if node is not None:
            tree.close(node, None)
            tree.remember(node)

    yield "tree: start, take, close, remember", through, lambda: [next(numbers) for _ in range(ITEMS)]


def hook_steps() -> Iterator[Step]:
    """Yield the processor's hooks, called as the SDK calls them on spans below one open agent."""
    from benchmarks.cases import spancost_processor

    processor = spancost_processor()
    tracer = TracerProvider().get_tracer("spancost.benchmarks")
    agent = cast("Span", tracer.start_span("invoke_agent clerk", None, attributes=AGENT))
    inside = set_span_in_context(agent)
    processor.on_start(agent, None)

    def begun(name: str, at_start: Mapping[str, AttributeValue]) -> list[Span]:
        return [cast("Span", tracer.start_span(name, inside, attributes=at_start)) for _ in range(ITEMS)]

    def joined(
        name: str, at_start: Mapping[str, AttributeValue], told: Callable[[], Mapping[str, AttributeValue]]
    ) -> list[Span]:
        spans = begun(name, at_start)
        for span in spans:
            processor.on_start(span, inside)
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
        yield f"on_start, {name}", lambda span: processor.on_start(span, inside), lambda n=name, a=at_start: begun(n, a)
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
