"""One set-up a process: configuration, engine, exporter, console, and a processor on every tracer provider."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Mapping
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, WeakSet

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Sampler
from opentelemetry.trace import SpanContext

from spancost import frameworks, lifetime
from spancost.assembly import engine_of
from spancost.config import Config, is_off, load
from spancost.console import Console
from spancost.errors import MOST_PROBLEMS, Problem
from spancost.exporter import CostExporter
from spancost.faults import forget, guarded, leave_to_host, say
from spancost.processor import CostSpanProcessor as Facade
from spancost.processor import Sink
from spancost.sampler import CostSampler, put_on
from spancost.telemetry import pipeline, stamps
from spancost.telemetry.events import config_told

if TYPE_CHECKING:
    from spancost.engine import Engine
    from spancost.ledger.keeper import Keeper
    from spancost.ledger.place import Place
    from spancost.worker import Worker

__all__ = ["CostSpanProcessor", "Setup", "install", "setup_of", "uninstall"]

_logger = logging.getLogger(__name__)

_WRONG_CONFIGURATION: Final = 78
"""EX_CONFIG of sysexits.h."""


_KEEPS_ALL: Final = re.compile(r"(ParentBased\{root:)?(AlwaysOnSampler|TraceIdRatioBased\{1\.0\})")
"""Descriptions of samplers that drop nothing that starts in this process."""

_LONGEST: Final = 200
"""Characters of a sampler's description that are logged."""


class Setup:
    """Everything that spancost is in one process."""

    def __init__(self, config: Config, clock: Callable[[], int] = time_ns) -> None:
        self.config = config
        self.way = stamps.probe()
        """How spans are written on in this SDK."""
        self.engine = engine_of(config, clock)
        self.keeper: Keeper | None = None
        self.exporter = CostExporter(
            self.engine,
            # What is off knows no endpoint.
            environ={} if config.disabled else None,
            clock=clock,
            operation_cost=config.operation_cost,
            resource=self._resource,
            store_failures=lambda: 0 if self.keeper is None else self.keeper.lost,
        )
        if config.ledger is not None and not config.disabled:
            self.keeper = _keeper(config.ledger, self.engine, self.exporter.worker, clock)
        self.console = Console(self.engine) if config.console != "off" else None
        self.more_sinks = tuple[Sink, ...](filter(None, (self.console, self.keeper)))
        self.active = not config.disabled
        """Whether anything is counted: False where all is switched off, and after `uninstall`."""
        self._processors: WeakKeyDictionary[TracerProvider, Facade | None] = WeakKeyDictionary()
        self._samplers: WeakSet[CostSampler] = WeakSet()
        self._may_warn = True
        self._may_warn_of_sampler = True
        self._forked = False
        self._ids = RandomIdGenerator()

    @guarded("attach")
    def attach(self, provider: object) -> None:
        """Add a processor of ours to a provider of the SDK, once.

        By the SDK's own method, unbound: a vendor's override may take the default exporter out (Phoenix does).
        """
        if isinstance(provider, TracerProvider) and self._processors.get(provider) is None:
            processor = None
            if self.active:
                processor = Facade(self.exporter, sinks=self.more_sinks, way=self.way)
                TracerProvider.add_span_processor(provider, processor)
                self._see_what_is_dropped(provider)
                self._warn_if_sampled(provider.sampler)
            self._processors[provider] = processor

    @guarded("put a sampler on")
    def _see_what_is_dropped(self, provider: TracerProvider) -> None:
        """Have spans recorded that a provider's sampler drops, where that was asked for."""
        if self.config.sampler != "off" and (sampler := put_on(provider, self.config.sampler)) is not None:
            self._samplers.add(sampler)

    def _warn_if_sampled(self, sampler: Sampler) -> None:
        """Say, once, that spans which a sampler drops are not counted."""
        if isinstance(sampler, CostSampler):
            return
        told = sampler.get_description()
        if self._may_warn_of_sampler and not _KEEPS_ALL.match(told):
            self._may_warn_of_sampler = False
            say(
                _logger,
                logging.WARNING,
                "spancost: the sampler %s may drop spans, and model calls in those are not seen: their cost is not "
                "counted, and budgets do not hold them. Set SPANCOST_SAMPLER=subtree, which has them counted and not "
                "exported; or sample in the Collector, with OTEL_TRACES_SAMPLER=parentbased_always_on.",
                told[:_LONGEST],
            )

    def switch(self, active: bool) -> None:
        """Count spans from now on, or no more; what was counted stays counted."""
        self.active = active
        for sampler in list(self._samplers):
            sampler.is_on = active
        for provider, processor in list(self._processors.items()):
            if processor is None:
                self.attach(provider)
            elif active:
                # Not another one: a provider lets none go.
                processor.resume()
            else:
                processor.shutdown()

    def declare(self, attributes: Mapping[str, Any], context: SpanContext) -> bool:
        """Let an open span count as the call that these attributes tell of, when it ends; False if it is not here."""
        return self.engine.declare(context.trace_id, context.span_id, attributes)

    def has_counted(self, context: SpanContext) -> bool:
        """Tell whether a span that has ended was seen to end, even if not to start: then it is counted."""
        return self.engine.tree.has_ended(context.trace_id, context.span_id)

    def record(self, attributes: Mapping[str, Any], context: SpanContext, baggage: Mapping[str, Any]) -> None:
        """Count a call that no span records, under an id of its own: several may be told in one context."""
        resource = self._resource().attributes
        trace_id = context.trace_id or self._ids.generate_trace_id()
        outcome = self.engine.record(trace_id, self._ids.generate_span_id(), attributes, baggage, resource)
        for sink in (self.exporter, *self.more_sinks):
            sink.take(outcome, context if context.is_valid else None)

    @guarded("flush", otherwise=False)
    def flush(self, timeout: float = 5.0) -> bool:
        """Hand counters, events and charges over; False if that took longer than `timeout` seconds."""
        until = monotonic() + timeout
        kept = self.keeper is None or self.keeper.flush(timeout)
        return self.exporter.flush(max(until - monotonic(), 0)) and kept

    @guarded("exit")
    def at_exit(self) -> None:
        """Print what the console was asked for, and hand everything over before the providers shut down."""
        try:
            self.warn_if_blind()
            # A forked child that spent nothing has nothing to add to its parent's lines.
            if self.console is not None and not (self._forked and self.console.is_empty()):
                sys.stderr.write(self.console.text(self.config.console) + "\n")
        finally:
            # Ahead of the exporter, which may wait for a backend.
            if self.keeper is not None:
                self.keeper.shutdown()
            self.exporter.shutdown()

    @guarded("before a fork")
    def before_fork(self) -> None:
        """Let our threads come to rest: what one of them holds at the fork would be held for ever in the child."""
        self.exporter.pause()

    @guarded("fork in the parent")
    def after_fork_in_parent(self) -> None:
        """Let our threads go on."""
        self.exporter.resume()

    @guarded("fork")
    def after_fork(self) -> None:
        """Start anew in a forked child."""
        self._forked = True
        self._may_warn = self._may_warn_of_sampler = False
        forget()
        self.engine.forget()
        self.exporter.forget()
        if self.keeper is not None:
            self.keeper.forget()
        if self.console is not None:
            self.console.forget()

    def flush_providers(self) -> None:
        """Have every tracer provider export what it holds, where no exit handler of theirs will."""
        for provider in list(self._processors):
            provider.force_flush()

    def expect_spans(self) -> None:
        """Take it that a provider is set up, by whoever asked for a processor to put on it."""
        self._may_warn = False

    def warn_soon_if_blind(self) -> None:
        """Warn when the first metric interval is over, where no tracer provider is there yet."""
        if not self._processors:
            self.exporter.worker.later(pipeline.interval(os.environ) + 5, self.warn_if_blind)

    def warn_if_blind(self) -> None:
        """Say, once and in the first process only, that calls can't be seen."""
        if self._may_warn and not self._processors:
            self._may_warn = False
            say(
                _logger,
                logging.WARNING,
                "spancost: no tracer provider is set up, so model calls are not seen and their cost is not counted, "
                "except for those told to record_call. Install spancost[auto], which brings opentelemetry-distro, and "
                "start the program by opentelemetry-instrument; or set a TracerProvider of opentelemetry-sdk.",
            )

    def _resource(self) -> Resource:
        return pipeline.resource_of([trace.get_tracer_provider(), *self._processors])


def _keeper(place: Place, engine: Engine, worker: Worker, clock: Callable[[], int]) -> Keeper | None:
    try:
        # Only here: SQLite is loaded where charges are kept, and some builds of Python have none.
        from spancost.ledger.keeper import Keeper
        from spancost.ledger.store import Store
    except ImportError as fault:
        say(
            _logger,
            logging.ERROR,
            "spancost: SPANCOST_LEDGER: charges can't be kept: this Python has no SQLite (%s)",
            fault,
        )
        return None
    keep_ns = None if place.keep is None else int(place.keep.total_seconds()) * 10**9
    return Keeper(Store(place.path), worker, engine.who.keys, clock, keep_ns)


class CostSpanProcessor(Facade):
    """Counts a provider's spans; for programs that set OpenTelemetry up themselves.

    Without an exporter it is one more facade of the process's own set-up, as `install()` makes it: a span that reaches
    several of them counts once. With an exporter it is apart from all that, with an engine of its own. Where everything
    is switched off it sees no span.
    """

    def __init__(self, exporter: CostExporter | None = None) -> None:
        self._apart: _Apart | None = None
        setup = None if exporter is not None else setup_of()
        if exporter is not None:
            super().__init__(exporter)
            off = False
        elif setup is not None:
            setup.expect_spans()
            super().__init__(setup.exporter, sinks=setup.more_sinks, way=setup.way)
            off = setup.config.disabled
        else:
            self.idle()
            return
        if off or is_off(os.environ):
            self.shutdown()
        elif exporter is not None:
            exporter.start()
            self._apart = _Apart(exporter)
            lifetime.follow(self._apart)

    @guarded("shutdown of a processor")
    def shutdown(self) -> None:
        """Detach from this provider; an exporter of the program's own that serves no other is shut down, too."""
        super().shutdown()
        apart, self._apart = self._apart, None
        if apart is not None:
            apart.leave()


class _Apart:
    """An exporter that a program made itself, followed through forks and to the exit."""

    def __init__(self, exporter: CostExporter) -> None:
        self._exporter = exporter

    def leave(self) -> None:
        """Follow it no more, and let it end where no processor hands anything to it."""
        lifetime.leave(self)
        if self._exporter.users == 0:
            self._exporter.end()

    def attach(self, provider: object) -> None:
        """Leave providers alone: the program says which is counted."""

    @guarded("exit of an exporter")
    def at_exit(self) -> None:
        self._exporter.shutdown()

    @guarded("before a fork of an exporter")
    def before_fork(self) -> None:
        self._exporter.pause()

    @guarded("fork in an exporter's parent")
    def after_fork_in_parent(self) -> None:
        self._exporter.resume()

    @guarded("fork of an exporter")
    def after_fork(self) -> None:
        forget()
        self._exporter.engine.forget()
        self._exporter.forget()

    def flush_providers(self) -> None:
        """Leave them to the program, too."""


_setup: Setup | None = None
_is_broken = False
"""Whether a set-up couldn't be made: what a program calls by itself doesn't try again each time."""

_first: Final[dict[str, Setup]] = {}
"""The set-up that was made first, from when it was."""


def setup_of() -> Setup | None:
    """Return the process's set-up, installing it where nobody has; None where it can't be made."""
    return _setup or install()


@guarded("install")
def install(config: Config | None = None) -> Setup | None:
    """Track cost in this process from now on; calling it again, by whichever door, changes nothing.

    Returns None where a part of us can't be made, of prices, exporters or the SDK: the program goes on without. Raises
    SystemExit 78 where the configuration is wrong and SPANCOST_STRICT is true, nothing else.
    """
    global _setup, _is_broken  # noqa: PLW0603 - one set-up a process
    if _is_broken:
        return None
    if _setup is not None:
        if not _setup.active and not _setup.config.disabled:
            _setup.switch(active=True)
        return _setup
    try:
        config = config or load(os.environ)
        if config.log_level:
            logging.getLogger("spancost").setLevel(config.log_level)
        made = Setup(config)
    except Exception as fault:
        leave_to_host(fault)
        _is_broken = True
        raise
    # One atomic step: of threads that come here at once one begins, and the others have what it made.
    setup = _first.setdefault("setup", made)
    if setup is not made:
        if setup.config.strict and any(problem.is_error for problem in setup.config.problems):
            raise SystemExit(_WRONG_CONFIGURATION)
        return setup
    try:
        _report(config)
    except SystemExit:
        _first.clear()
        raise
    _setup = setup
    if setup.active:
        _begin(setup)
    return setup


def uninstall() -> None:
    """Take the processors off, until the next `install`; what was counted stays counted."""
    if _setup is not None:
        _setup.switch(active=False)


@guarded("begin")
def _begin(setup: Setup) -> None:
    # First, for spans may end as soon as a provider is attached to.
    setup.exporter.start()
    if setup.keeper is not None:
        setup.keeper.start()
    setup.attach(trace.get_tracer_provider())
    setup.exporter.install()
    for problem in setup.config.problems:
        if problem.is_error:
            setup.exporter.tell(config_told(problem, time_ns()))
    frameworks.switch_on(setup.config.frameworks)
    lifetime.follow(setup)
    setup.warn_soon_if_blind()


def _report(config: Config) -> None:
    """Log each problem once, as one ERROR or WARNING; under SPANCOST_STRICT an error ends the start."""
    for problem in config.problems:
        say(_logger, logging.ERROR if problem.is_error else logging.WARNING, "spancost: %s", _line(problem))
    errors = [problem for problem in config.problems if problem.is_error]
    if errors and config.strict:
        told = "spancost: SPANCOST_STRICT is true and the configuration is wrong: the program does not start"
        say(_logger, logging.CRITICAL, told)
        raise SystemExit(_WRONG_CONFIGURATION)
    if len(config.problems) >= MOST_PROBLEMS:
        say(
            _logger,
            logging.WARNING,
            "spancost: of each part of the settings no more than %d problems are told",
            MOST_PROBLEMS,
        )
    if errors:
        say(_logger, logging.WARNING, "spancost: no budget is watched until this is corrected; costs are tracked")


def _line(problem: Problem) -> str:
    # One record, one line: a file may hold line breaks to forge others with.
    where = f" (line {problem.line})" if problem.line and f"line {problem.line}" not in problem.message else ""
    return str(problem).encode("unicode_escape").decode() + where
