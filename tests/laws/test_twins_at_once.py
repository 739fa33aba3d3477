"""Law 1 where it is hardest: frameworks and clients at once, in traces of their own, all telling the same tokens."""

from __future__ import annotations

import asyncio
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import sleep, time_ns
from typing import Final

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from otlp_receiver import Receiver
from sdk_program import Program, call
from support import run_at_once

pytestmark = pytest.mark.sdk

_CALLS: Final = 400
_COST: Final = 12 * 10**9

_CHAT: Final = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5.2"}
_USAGE: Final = {"gen_ai.usage.input_tokens": 1500, "gen_ai.usage.output_tokens": 500}


class _Stack:
    """A framework's and a client's instrumentation, whose spans do not know of each other."""

    def __init__(self, program: Program) -> None:
        self._client = program.tracing.get_tracer("opentelemetry.instrumentation.genai.openai")
        self._framework = program.tracing.get_tracer("opentelemetry.instrumentation.genai.openai_agents")
        self._root = program.tracing.get_tracer("program").start_span("root", Context())

    def start(self, lies: str = "lost") -> tuple[trace.Span, trace.Span]:
        """Start a call; the client's span lies inside the framework's, beside it, or has lost it."""
        root = Context() if lies == "lost" else trace.set_span_in_context(self._root, Context())
        outer = self._framework.start_span("chat", root, attributes=_CHAT)
        around = trace.set_span_in_context(outer, Context()) if lies == "inside" else root
        return outer, self._client.start_span("chat gpt-5.2", around, attributes=_CHAT)

    def direct(self) -> None:
        call(self._client, context=Context())


def _end(span: trace.Span, moment: int | None = None) -> None:
    span.set_attributes(_USAGE)
    span.end(moment)


def test_threads_that_do_the_same_are_told_apart(receiver: Receiver) -> None:
    """Eight threads, half of the calls through the framework: each call is counted once."""
    with Program(receiver.endpoint) as program:
        stack = _Stack(program)

        def work(number: int) -> None:
            moments = random.Random(number)
            if number % 2:
                stack.direct()
                return
            outer, inner = stack.start()
            sleep(moments.random() / 500)
            _end(inner)
            sleep(moments.random() / 500)
            _end(outer)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(_CALLS)))
    assert (_CALLS * _COST, _CALLS) == program.spent
    assert _CALLS // 2 == program.exporter.engine.duplicates


def test_tasks_that_do_the_same_are_told_apart(receiver: Receiver) -> None:
    """The same on one event loop, where no thread says whose a span is."""
    with Program(receiver.endpoint) as program:
        stack = _Stack(program)

        async def work(number: int, at_once: asyncio.Semaphore) -> None:
            moments = random.Random(number)
            async with at_once:
                await asyncio.sleep(moments.random() / 100)
                if number % 2:
                    stack.direct()
                    return
                outer, inner = stack.start()
                await asyncio.sleep(moments.random() / 100)
                _end(inner)
                await asyncio.sleep(moments.random() / 100)
                _end(outer)

        async def work_all() -> None:
            at_once = asyncio.Semaphore(32)
            await asyncio.gather(*(work(number, at_once) for number in range(_CALLS)))

        asyncio.run(work_all())
    assert (_CALLS * _COST, _CALLS) == program.spent
    assert _CALLS // 2 == program.exporter.engine.duplicates


@pytest.mark.parametrize("lies", ["inside", "beside", "lost"])
def test_both_records_of_a_call_may_end_at_once(receiver: Receiver, lies: str) -> None:
    """On two threads, at the same moment, and other calls of the same size with them: none is lost, none told twice."""
    with Program(receiver.endpoint) as program:
        stack = _Stack(program)

        def work(_: int) -> None:
            spans = stack.start(lies)
            moment = time_ns()
            run_at_once([partial(_end, span, moment) for span in spans])

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(work, range(300)))
        finally:
            sys.setswitchinterval(interval)
    assert (300 * _COST, 300) == program.spent
    assert 300 == program.exporter.engine.duplicates
