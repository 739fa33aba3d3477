"""Spans in, costs out: the span processor, one facade a provider over one engine."""

from __future__ import annotations

from collections.abc import Callable
from time import time_ns
from typing import TYPE_CHECKING, Any, Final, Protocol, cast
from weakref import ref

import wrapt
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import StatusCode

from spancost.exporter import CostExporter
from spancost.faults import Stack, guarded, leave_to_host, swallow
from spancost.telemetry import stamps
from spancost.telemetry.reading import exception_of, inside

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

    from spancost.calls import Attributes
    from spancost.outcome import Outcome
    from spancost.telemetry.stamps import Writer

__all__ = ["CostSpanProcessor", "Sink"]

# Places in a SpanContext, which is a tuple.
_TRACE_ID: Final = 0
_SPAN_ID: Final = 1

_ERROR: Final = StatusCode.ERROR


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
        self._exporter = exporter
        self._is_on = False
        self.resume()
        self._sinks: tuple[Sink, ...] = (exporter, *sinks)
        # Since `_on_ending` came once, `on_end` has nothing left to do. Logfire's wrapper passes on only `on_end`.
        self._ending_comes = False
        self._resource: Attributes | None = None
        way = way or stamps.probe()
        self._write = stamps.WAYS.get(way) or stamps.WAYS["public"]
        self._wraps = way not in stamps.WAYS
        if self._wraps:
            _wrap_end()

    def serves(self, exporter: CostExporter) -> bool:
        """Tell whether its outcomes go to this exporter."""
        return self._exporter is exporter

    def idle(self) -> None:
        """See no span: where nothing could be set up."""
        self._is_on = False
        self._sinks = ()
        self._wraps = False
        self._ending_comes = True
        self._resource = None
        self._write = stamps.WAYS["public"]
        self._start = self._end = _ignore
        self._end_plain = _ignored

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Join the span to the tree; no pricing, no I/O."""
        try:
            # The public properties would cost a tenth of the whole hook, each.
            live: Any = span
            context = live._context
            parent = live._parent
            attributes = live._attributes
            self._start(
                context[_TRACE_ID],
                context[_SPAN_ID],
                None if parent is None else parent[_SPAN_ID],
                live._name,
                inside(attributes),
                ref(attributes),
                parent_context,
                live._instrumentation_scope._name,
            )
        except Exception as fault:  # noqa: BLE001 - the guard, written out: a call more would be felt
            try:
                swallow("on_start", fault)
            except RecursionError as full:
                if full is fault:
                    raise
                Stack.full += 1

    def _on_ending(self, span: Span) -> None:
        self._ending_comes = True
        try:
            # Wrapped ends have finished already, unless we sit inside another processor and were not found.
            self._finish(span, None if self._wraps else self._write)
        except Exception as fault:  # noqa: BLE001 - the guard, written out: a call more would be felt
            try:
                swallow("on_ending", fault)
            except RecursionError as full:
                if full is fault:
                    raise
                Stack.full += 1

    def on_end(self, span: ReadableSpan) -> None:
        """Do what `_on_ending` does where it doesn't come; the span has ended then and is not touched."""
        if self._ending_comes:
            return
        try:
            self._finish(span, None)
        except Exception as fault:  # noqa: BLE001 - the guard, written out: a call more would be felt
            try:
                swallow("on_end", fault)
            except RecursionError as full:
                if full is fault:
                    raise
                Stack.full += 1

    def before_end(self, span: Span) -> None:
        """Do what `_on_ending` does, where nothing can be written there."""
        if self._wraps:
            self._finish(span, self._write)

    def resume(self) -> None:
        """See spans, from now on or again."""
        if not self._is_on:
            self._is_on = True
            engine = self._exporter.engine
            self._start: Callable[..., object] = engine.start
            self._end: Callable[..., Outcome | None] = engine.end
            self._end_plain: Callable[..., bool] = engine.end_plain
            self._exporter.users += 1

    @guarded("shutdown")
    def shutdown(self) -> None:
        """Detach from this provider; the engine goes on serving others."""
        if self._is_on:
            self._is_on = False
            self._exporter.users -= 1
        self._start = self._end = _ignore
        self._end_plain = _ignored

    @guarded("force_flush", otherwise=True)
    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Let the sinks hand over what is queued."""
        done = [sink.flush(timeout_millis / 1000) for sink in self._sinks]
        return all(done)

    def _finish(self, span: Any, write: Writer | None) -> None:
        context = span._context
        # A wrapper that makes the span anew may leave its scope out.
        scope = span._instrumentation_scope
        try:
            attributes = span._attributes._dict
        except AttributeError as fault:
            leave_to_host(fault)
            attributes = inside(span._attributes)
        scope_name = "" if scope is None else scope._name
        if self._end_plain(context[_TRACE_ID], context[_SPAN_ID], span._name, attributes, scope_name):
            return
        parent = span._parent
        status = span._status
        outcome = self._end(
            context[_TRACE_ID],
            context[_SPAN_ID],
            None if parent is None else parent[_SPAN_ID],
            span._name,
            attributes,
            span._start_time,
            self._resource or self._resource_of(span),
            scope_name,
            span._end_time or time_ns(),
            None if status._status_code is not _ERROR else status._description or exception_of(span),
        )
        if outcome is None:
            return
        try:
            if write is not None:
                write(span, stamps.stamp(outcome, attributes))
                if outcome.crossings:
                    stamps.write_events(span, outcome.crossings)
        finally:
            # What can't be written on its span is counted all the same.
            for sink in self._sinks:
                sink.take(outcome, context)

    def _resource_of(self, span: ReadableSpan) -> Attributes:
        # One facade a provider, and a provider has one resource. Never empty: it would be asked for again.
        self._resource = {"": "", **span.resource.attributes}
        return self._resource


def _ignore(*_: Any) -> None:
    """Stand in for the engine once the provider has shut down."""


def _ignored(*_: Any) -> bool:
    return True


@guarded("wrap Span.end")
def _wrap_end() -> None:
    """Where nothing can be written in `_on_ending`: finish before the SDK's own end, by its public methods."""
    # From the class's own dict: looked up on the class a wrapper is bound, and no FunctionWrapper any more.
    step: Any = vars(Span)["end"]
    while step is not None:
        if getattr(step, "_self_wrapper", None) is _end:
            return
        step = getattr(step, "__wrapped__", None)
    wrapt.wrap_function_wrapper(Span, "end", _end)


def _end(wrapped: Callable[..., None], span: Span, args: Any, kwargs: Any) -> None:
    try:
        if span.is_recording():
            many = cast("Any", span)._span_processor
            for processor in getattr(many, "_span_processors", (many,)):
                if isinstance(processor, CostSpanProcessor):
                    processor.before_end(span)
    except Exception as fault:  # noqa: BLE001 - the guard
        try:
            swallow("Span.end", fault)
        except RecursionError as full:
            if full is fault:
                raise
            Stack.full += 1
    wrapped(*args, **kwargs)
