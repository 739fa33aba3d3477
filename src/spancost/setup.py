"""Everything that spancost is in one process: engine, exporter, console, ledger, and a processor on every provider."""

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

from spancost.assembly import engine_of
from spancost.calls.who import NAMES
from spancost.config import Config
from spancost.console import Console
from spancost.exporter import CostExporter
from spancost.faults import forget, guarded, say
from spancost.processor import CostSpanProcessor, Sink
from spancost.sampler import CostSampler, put_on
from spancost.telemetry import pipeline, stamps

if TYPE_CHECKING:
    from spancost.engine import Engine
    from spancost.ledger.keeper import Keeper
    from spancost.ledger.place import Place
    from spancost.worker import Worker

__all__ = ["Setup"]

_logger = logging.getLogger(__name__)

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
            damaged_ledgers=lambda: 0 if self.keeper is None else self.keeper.set_aside,
        )
        if config.ledger is not None and not config.disabled:
            self.keeper = _keeper(config.ledger, self.engine, self.exporter.worker, clock)
        self.console = Console(self.engine) if config.console != "off" else None
        self.more_sinks = tuple[Sink, ...](filter(None, (self.console, self.keeper)))
        self.active = not config.disabled
        """Whether anything is counted: False where all is switched off, and after `uninstall`."""
        self._processors: WeakKeyDictionary[TracerProvider, CostSpanProcessor | None] = WeakKeyDictionary()
        self._samplers: WeakSet[CostSampler] = WeakSet()
        self._may_warn = True
        self._may_warn_of_sampler = True
        self._forked = False
        self._ids = RandomIdGenerator()
        # Attributes that tell whom calls are for; the service is told by the resource.
        self._named = self.engine.who.every_name.difference(NAMES["service"])

    @guarded("attach")
    def attach(self, provider: object) -> None:
        """Add a processor of ours to a provider of the SDK, once.

        By the SDK's own method, unbound: a vendor's override may take the default exporter out (Phoenix does).
        """
        if isinstance(provider, TracerProvider) and self._processors.get(provider) is None:
            processor = None
            self._follow(provider.sampler)
            if self.active:
                processor = self._on(provider)
                if processor is None:
                    processor = CostSpanProcessor(self.exporter, sinks=self.more_sinks, way=self.way)
                    TracerProvider.add_span_processor(provider, processor)
                self._see_what_is_dropped(provider)
                self._warn_if_sampled(provider.sampler)
            self._processors[provider] = processor

    def _on(self, provider: Any) -> CostSpanProcessor | None:
        """Return the processor of ours that the program has added to a provider itself, if it has."""
        many = getattr(getattr(provider, "_active_span_processor", None), "_span_processors", ())
        return next((each for each in many if isinstance(each, CostSpanProcessor) and each.serves(self.exporter)), None)

    @guarded("put a sampler on")
    def _see_what_is_dropped(self, provider: TracerProvider) -> None:
        """Have spans recorded that a provider's sampler drops, where that was asked for."""
        if self.config.sampler != "off":
            put_on(provider, self.config.sampler)
            self._follow(provider.sampler)

    def _follow(self, sampler: Sampler) -> None:
        """Have a sampler of ours know what we do, the program's own, too, and be on and off with us."""
        if isinstance(sampler, CostSampler):
            self._samplers.add(sampler)
            sampler.is_on &= self.active
            sampler.is_here = self._is_here
            sampler.names |= self._named

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

    def _is_here(self, context: SpanContext) -> bool:
        """Tell whether a span is one of this process that is seen, open or remembered."""
        return self.engine.tree.find(context.trace_id, context.span_id) is not None

    def record(self, attributes: Mapping[str, Any], context: SpanContext, baggage: Mapping[str, Any]) -> None:
        """Count a call that no span records, under an id of its own: several may be told in one context."""
        resource = self._resource().attributes
        trace_id = context.trace_id or self._ids.generate_trace_id()
        outcome = self.engine.record(trace_id, self._ids.generate_span_id(), attributes, baggage, resource)
        for sink in (self.exporter, *self.more_sinks):
            sink.take(outcome, context if context.is_valid else None)

    @guarded("flush", otherwise=False)
    def flush(self, timeout: float = 5.0) -> bool:
        """Hand counters, events and charges over; False if that took longer than `timeout` seconds, or lost any."""
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
