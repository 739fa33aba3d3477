"""Law 1 where it is hardest: frameworks and clients at once, in traces of their own, all telling the same tokens."""

from __future__ import annotations

import asyncio
import random
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
        self._framework = program.tracing.get_tracer("opentelemetry.instrumentation.genai.langchain")

    def start(self) -> tuple[trace.Span, trace.Span]:
        outer = self._framework.start_span("chat", Context(), attributes=_CHAT)
        return outer, self._client.start_span("chat gpt-5.2", Context(), attributes=_CHAT)

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


def test_both_records_of_a_call_may_end_at_once(receiver: Receiver) -> None:
    """On two threads, at the same moment: one of them is the charge, and the other finds it."""
    with Program(receiver.endpoint) as program:
        stack = _Stack(program)
        for _ in range(300):
            spans = stack.start()
            moment = time_ns()
            run_at_once([partial(_end, span, moment) for span in spans])
    assert (300 * _COST, 300) == program.spent
