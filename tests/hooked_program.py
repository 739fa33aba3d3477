"""A program that reaches every hook of spancost's, run once for each of them with that hook broken.

Started with the names of hooks, or none to be told them: it forks a process for each, which installs spancost, breaks
the one hook, goes through the program and prints what came of it, one JSON object a line.
"""

from __future__ import annotations

import atexit
import json
import logging
import multiprocessing
import multiprocessing.util
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import wrapt
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.metrics import Meter, MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from spancost import installation, own_setup
from spancost.api import flush, record_call
from spancost.engine import Engine
from spancost.exporter import CostExporter
from spancost.faults import HOOKS, faults
from spancost.processor import CostSpanProcessor
from spancost.sampler import CostSampler
from spancost.telemetry import stamps

INSIDE: dict[str, Callable[..., Any]] = {
    "on_start": Engine.start,
    "on_ending": Engine.end,
    "on_end": Engine.end,
    "Span.end": CostSpanProcessor.before_end,
    "sampler": CostSampler._seen,
}
"""Hooks whose guard is written out: what they call, to be broken in their stead."""

CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5.2",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 10,
}

RECORDED = "model of record_call"

PLANTED = "canary-in-a-message"


def break_open(function: Any) -> None:
    """Make a function raise wherever it is called from, whoever holds a reference to it."""
    cells = function.__code__.co_freevars
    around: dict[str, Any] = {}
    body = "".join(f"        {cell}\n" for cell in cells)
    exec(  # the new code must close over the same names
        f"def factory({', '.join(cells)}):\n    def broken(*args, **kwargs):\n{body}"
        f"        raise ArithmeticError({PLANTED!r})\n    return broken",
        around,
    )
    function.__code__ = around["factory"](*cells).__code__.replace(co_name=function.__name__)


class Witness(SpanProcessor):
    """Another processor of the program's: it must see every span."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def on_end(self, span: ReadableSpan) -> None:
        if not span.name.endswith(RECORDED):  # ours, and not made where its hook is broken
            self.ended.append(span.name)

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return True  # the base class says nothing before 1.41 or so, which ends the flush of the others


class OnlyStartAndEnd(SpanProcessor):
    """Passes on what Logfire's wrapper does: no `_on_ending`."""

    def __init__(self, inner: SpanProcessor) -> None:
        self.on_start = inner.on_start
        self.on_end = inner.on_end


def walk(hook: str) -> dict[str, Any]:
    """Go through the program and return what came of it."""
    registered = _registrations()
    function = INSIDE.get(hook) or HOOKS.get(hook)
    if function is not None:
        break_open(function)
    if hook in ("wrap Span.end", "Span.end"):
        stamps.probe = lambda: "wrap"
    os.environ["SPANCOST_SAMPLER"] = "all"
    CostExporter()  # ahead of any provider, so that it looks for a way of its own
    first, last = Witness(), Witness()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(first)
    trace.set_tracer_provider(provider)
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))
    _logs.set_logger_provider(LoggerProvider(shutdown_on_exit=False))
    setup = installation.install()
    exporter = CostExporter() if setup is None else setup.exporter
    if function is None and hook in HOOKS:
        break_open(HOOKS[hook])
    later = TracerProvider(shutdown_on_exit=False)
    # One with an engine of its own is followed through forks and to the exit, too.
    later.add_span_processor(own_setup.CostSpanProcessor(CostExporter()))
    TracerProvider(shutdown_on_exit=False).add_span_processor(own_setup.CostSpanProcessor(CostExporter()))
    for each in (provider, later):
        each.add_span_processor(last)
    wrapped = TracerProvider(shutdown_on_exit=False)
    wrapped.add_span_processor(OnlyStartAndEnd(CostSpanProcessor(exporter)))
    wrapped.add_span_processor(last)
    own = ""
    for place, each in enumerate((provider, later, wrapped)):
        try:
            with each.get_tracer("program").start_as_current_span(f"call {place}", attributes=CALL):
                raise ValueError("the program's own")
        except ValueError as error:
            own += str(error)
    record_call(provider="openai", model=RECORDED, usage=None)
    if hook == "worker":
        exporter.worker.submit(_raise)
    flush()
    provider.force_flush()
    reader.collect()
    import pydantic_ai  # noqa: F401 - a stand-in that has what we switch on

    _fork(lambda: provider.get_tracer("program").start_span("in a fork", attributes=CALL).end())
    child = multiprocessing.get_context("fork").Process(target=_in_child)
    child.start()
    child.join()
    provider.shutdown()
    later.shutdown()
    return {
        "hook": hook,
        "own": own,
        "first": first.ended,
        "last": last.ended,
        "child": child.exitcode,
        "faults": dict(faults),
        "hooks": sorted({*HOOKS, *INSIDE, "worker"}),
        "registered": registered,
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "spent": exporter.engine.tree.spent.calls,
    }


def _registrations() -> list[tuple[str, str, bool]]:
    """Have every registration of a callback of ours noted: where, what, and whether a guard is around it."""
    registered: list[tuple[str, str, bool]] = []

    def note(owner: Any, name: str) -> None:
        register = getattr(owner, name)

        def noting(*args: Any, **kwargs: Any) -> Any:
            for told in (*args, *kwargs.values()):
                for function in told if isinstance(told, list) else (told,):
                    if callable(function) and getattr(function, "__module__", "").startswith("spancost"):
                        guarded = getattr(function, "__wrapped__", None) in HOOKS.values()
                        registered.append((name, function.__qualname__, guarded))
            return register(*args, **kwargs)

        setattr(owner, name, noting)

    note(atexit, "register")
    note(os, "register_at_fork")
    note(wrapt, "register_post_import_hook")
    note(multiprocessing.util, "register_after_fork")
    note(Meter, "create_observable_counter")
    note(Meter, "create_observable_gauge")
    return registered


def _raise() -> None:
    raise ArithmeticError(PLANTED)


def _in_child() -> None:
    trace.get_tracer("program").start_span("in a child", attributes=CALL).end()


def _fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Fork a process for each hook."""
    logging.basicConfig(format="LOG %(process)d %(message)s", stream=sys.stderr)
    for hook in sys.argv[1:] or [""]:
        print(f"HOOK {hook}", file=sys.stderr, flush=True)
        child = os.fork()
        if child == 0:
            print(json.dumps(walk(hook)), flush=True)
            return  # by the usual way, with its exit handlers
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"hook": hook, "status": status}), flush=True)


if __name__ == "__main__":
    main()
