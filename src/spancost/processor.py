"""Spans in, costs out: the span processor, one facade a provider over one engine."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from time import time_ns
from typing import TYPE_CHECKING, Any, Protocol, cast

import wrapt
from opentelemetry import baggage as otel_baggage
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from spancost.exporter import CostExporter
from spancost.faults import guarded, swallow
from spancost.telemetry import stamps

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

    from spancost.calls import Attributes
    from spancost.engine import Outcome

__all__ = ["CostSpanProcessor", "Sink"]


class Sink(Protocol):
    """Whoever takes what an engine found: the exporter, the console."""

    def take(self, outcome: Outcome, context: SpanContext | None) -> None:
        """Take one outcome; called in the hook of the span that ended, so it must not block."""
        ...

    def flush(self, timeout: float) -> bool:
        """Hand over what is queued; False if that took longer than `timeout` seconds."""
        ...


class CostSpanProcessor(SpanProcessor):
    """Hands a provider's spans to an engine and writes on them what it answers.

    It may be added first or last, beside any exporter: it writes in `_on_ending`, which all processors see before
    any sees `on_end`. Several processors, one a provider, may share an exporter and so an engine.
    """

    def __init__(
        self, exporter: CostExporter | None = None, *, sinks: tuple[Sink, ...] = (), way: str | None = None
    ) -> None:
        exporter = exporter or CostExporter()
        self.engine = exporter.engine
        self._sinks: tuple[Sink, ...] = (exporter, *sinks)
        self._attached = True
        # Since `_on_ending` came once, `on_end` has nothing left to do. Logfire's wrapper passes on only `on_end`.
        self._ending_comes = False
        self._resource: Attributes | None = None
        way = way or stamps.probe()
        self._write = stamps.WAYS.get(way) or stamps.WAYS["public"]
        self._wraps = way not in stamps.WAYS
        if self._wraps:
            _wrap_end()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Join the span to the tree; no pricing, no I/O."""
        try:
            if not self._attached:
                return
            live: Any = span  # Public properties cost a tenth of the whole hook, each.
            context = live._context
            parent = live._parent
            bounded = live._attributes
            self.engine.start(
                context.trace_id,
                context.span_id,
                None if parent is None else parent.span_id,
                live._name,
                getattr(bounded, "_dict", bounded),
                weakref.ref(bounded),
                lambda: otel_baggage.get_all(parent_context),
            )
        except Exception as fault:  # noqa: BLE001 - the guard, written out where a call more would be felt
            swallow("on_start", fault)

    def _on_ending(self, span: Span) -> None:
        self._ending_comes = True
        try:
            if self._attached and not self._wraps:
                self._finish(span, self._write)
        except Exception as fault:  # noqa: BLE001 - the guard
            swallow("on_ending", fault)

    def on_end(self, span: ReadableSpan) -> None:
        """Do what `_on_ending` does where it doesn't come; the span has ended then and is not touched."""
        if self._ending_comes:
            return
        try:
            if self._attached:
                self._finish(span, None)
        except Exception as fault:  # noqa: BLE001 - the guard
            swallow("on_end", fault)

    def before_end(self, span: Span) -> None:
        """Do what `_on_ending` does, where nothing can be written there."""
        if self._wraps and self._attached:
            self._finish(span, self._write)

    def shutdown(self) -> None:
        """Detach from this provider; the engine goes on serving others."""
        self._attached = False

    @guarded("force_flush", otherwise=True)
    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Let the sinks hand over what is queued."""
        done = [sink.flush(timeout_millis / 1000) for sink in self._sinks]
        return all(done)

    def _finish(self, span: ReadableSpan, write: Callable[[Any, Any], None] | None) -> None:
        live: Any = span
        context = live._context
        parent = live._parent
        outcome = self.engine.end(
            context.trace_id,
            context.span_id,
            None if parent is None else parent.span_id,
            live._name,
            stamps.attributes_of(span),
            live._start_time or time_ns(),
            otel_baggage.get_all,
            self._resource or self._resource_of(span),
        )
        if outcome is None:
            return
        if write is not None:
            write(span, stamps.stamp(outcome))
            if outcome.crossings:
                stamps.write_events(live, outcome.crossings)
        for sink in self._sinks:
            sink.take(outcome, context)

    def _resource_of(self, span: ReadableSpan) -> Attributes:
        # One facade a provider, and a provider has one resource.
        self._resource = dict(span.resource.attributes)
        return self._resource


@guarded("wrap Span.end")
def _wrap_end() -> None:
    """Where nothing can be written in `_on_ending`: finish before the SDK's own end, by its public methods."""
    if isinstance(Span.end, wrapt.FunctionWrapper):
        return

    def end(wrapped: Callable[..., None], span: Span, args: Any, kwargs: Any) -> None:
        try:
            if span.is_recording():
                many = cast("Any", span)._span_processor
                for processor in getattr(many, "_span_processors", (many,)):
                    if isinstance(processor, CostSpanProcessor):
                        processor.before_end(span)
        except Exception as fault:  # noqa: BLE001 - the guard
            swallow("Span.end", fault)
        wrapped(*args, **kwargs)

    wrapt.wrap_function_wrapper(Span, "end", end)
