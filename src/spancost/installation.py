"""One set-up a process: configuration, engine, exporter, console, and a processor on every tracer provider."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Callable, Mapping
from time import time_ns
from typing import Any, Final

import wrapt
from opentelemetry import trace
from opentelemetry.sdk import trace as sdk_trace
from opentelemetry.trace import SpanContext

from spancost import frameworks
from spancost.assembly import engine_of
from spancost.config import Config, Problem, load
from spancost.console import Console
from spancost.exporter import CostExporter
from spancost.faults import guarded
from spancost.processor import CostSpanProcessor, Sink
from spancost.telemetry import stamps
from spancost.telemetry.events import config_told

__all__ = ["Setup", "install", "setup_of", "uninstall"]

_logger = logging.getLogger(__name__)

_WRONG_CONFIGURATION: Final = 78
"""EX_CONFIG of sysexits.h."""


class Setup:
    """Everything that spancost is in one process."""

    def __init__(self, config: Config, clock: Callable[[], int] = time_ns) -> None:
        self.config = config
        self.way = stamps.probe()
        """How spans are written on in this SDK."""
        self.engine = engine_of(config, clock)
        self.exporter = CostExporter(self.engine, clock=clock, operation_cost=config.operation_cost)
        self.console = Console(self.engine) if config.console != "off" else None
        self._more_sinks: tuple[Sink, ...] = (self.console,) if self.console else ()
        self._processors: list[CostSpanProcessor] = []
        self.active = True

    def detach(self) -> None:
        """Let go of every provider; what was counted stays counted."""
        self.active = False
        for processor in self._processors:
            processor.shutdown()

    def attach(self, provider: sdk_trace.TracerProvider) -> None:
        """Add a processor of ours to a provider, once.

        By the SDK's own method, unbound: a vendor's override may take the default exporter out (Phoenix does).
        """
        if getattr(provider, "_spancost", None) is None:
            processor = CostSpanProcessor(self.exporter, sinks=self._more_sinks, way=self.way)
            self._processors.append(processor)
            provider._spancost = processor  # type: ignore[attr-defined]  # noqa: SLF001
            sdk_trace.TracerProvider.add_span_processor(provider, processor)

    @guarded("record_call")
    def record(self, attributes: Mapping[str, Any], context: SpanContext, baggage: Mapping[str, Any]) -> None:
        """Count a call that no span records."""
        outcome = self.engine.record(context.trace_id, context.span_id, attributes, baggage, {})
        for sink in (self.exporter, *self._more_sinks):
            sink.take(outcome, context if context.is_valid else None)

    @guarded("flush", otherwise=False)
    def flush(self, timeout: float = 5.0) -> bool:
        """Let counters and events be handed over; False if that took longer than `timeout` seconds."""
        return self.exporter.flush(timeout)

    @guarded("exit")
    def at_exit(self) -> None:
        """Hand everything over before the providers shut down, and print what the console was asked for."""
        self.exporter.flush()
        if self.console is not None:
            sys.stderr.write(self.console.text(self.config.console) + "\n")
        self.exporter.shutdown()

    @guarded("fork")
    def after_fork(self) -> None:
        """Start anew in a forked child."""
        self.engine.forget()
        self.exporter.forget()
        if self.console is not None:
            self.console.forget()


_setup: Setup | None = None


def setup_of() -> Setup:
    """Return the process's set-up, installing it where nobody has."""
    return _setup or install()


def install(config: Config | None = None) -> Setup:
    """Track cost in this process from now on; calling it again, by whichever door, changes nothing.

    Raises SystemExit 78 where the configuration is wrong and SPANCOST_STRICT is true, nothing else.
    """
    global _setup  # noqa: PLW0603 - one set-up a process
    if _setup is not None:
        return _setup
    config = config or load(os.environ)
    if config.log_level:
        logging.getLogger("spancost").setLevel(config.log_level)
    _report(config)
    setup = _setup = Setup(config)
    if config.disabled or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        setup.active = False
        return setup
    _begin(setup)
    return setup


def uninstall() -> None:
    """Stop counting, for the rest of the process; what was counted stays counted."""
    if _setup is not None:
        _setup.detach()


@guarded("install")
def _begin(setup: Setup) -> None:
    _attach_to_all(setup)
    setup.exporter.install()
    for problem in setup.config.problems:
        if problem.is_error:
            setup.exporter.tell(config_told(problem, time_ns()))
    frameworks.switch_on(setup.config.frameworks)
    atexit.register(setup.at_exit)
    os.register_at_fork(after_in_child=setup.after_fork)
    _flush_multiprocessing(setup)


def _attach_to_all(setup: Setup) -> None:
    provider = trace.get_tracer_provider()
    if isinstance(provider, sdk_trace.TracerProvider):
        setup.attach(provider)

    def made(wrapped: Callable[..., None], instance: sdk_trace.TracerProvider, args: Any, kwargs: Any) -> None:
        wrapped(*args, **kwargs)
        attach(instance)

    @guarded("TracerProvider")
    def attach(instance: sdk_trace.TracerProvider) -> None:
        if setup.active:
            setup.attach(instance)

    wrapt.wrap_function_wrapper(sdk_trace.TracerProvider, "__init__", made)


def _flush_multiprocessing(setup: Setup) -> None:
    """Have children of `multiprocessing`, which run no atexit handlers, flush by its own finalizers."""

    def hook(module: Any) -> None:
        def _finalize(forked: Setup) -> None:
            module.Finalize(None, _child_exit, args=(forked,), exitpriority=100)

        module.register_after_fork(setup, _finalize)

    wrapt.register_post_import_hook(guarded("multiprocessing import")(hook), "multiprocessing.util")


@guarded("multiprocessing exit")
def _child_exit(setup: Setup) -> None:
    """Hand over a forked child's spans, metrics and events before it ends without atexit."""
    from opentelemetry import _logs, metrics

    setup.at_exit()
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()):
        flush = getattr(provider, "force_flush", None)
        if flush is not None:
            flush()


def _report(config: Config) -> None:
    """Log each problem once; under SPANCOST_STRICT an error ends the start."""
    for problem in config.problems:
        _logger.log(logging.ERROR if problem.is_error else logging.WARNING, "spancost: %s", _line(problem))
    errors = [problem for problem in config.problems if problem.is_error]
    if errors and config.strict:
        _logger.critical("spancost: SPANCOST_STRICT is true and the configuration is wrong: the program does not start")
        raise SystemExit(_WRONG_CONFIGURATION)
    if errors:
        _logger.error("spancost: no budget is watched until this is corrected; costs are tracked")


def _line(problem: Problem) -> str:
    # One record, one line: a file may hold line breaks to forge others with.
    where = f" (line {problem.line})" if problem.line and f"line {problem.line}" not in problem.message else ""
    return problem.message.encode("unicode_escape").decode() + where
