"""What a program may call by itself: attribution, calls that nothing instruments, the cost so far."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from decimal import Decimal, localcontext
from typing import Any

from opentelemetry import baggage, context, trace
from opentelemetry.trace import SpanKind

from spancost import recorded
from spancost.calls import Usage
from spancost.calls.who import WRITTEN_AS
from spancost.faults import guarded
from spancost.installation import setup_of
from spancost.money import EXACT, PICO
from spancost.version import VERSION

__all__ = ["attribute", "current_cost", "flush", "record_call"]


@contextmanager
def attribute(**who: str) -> Generator[None]:
    """Attribute what is called inside: `with attribute(user="ada", team="ml"):`.

    Keys are user, session, team, tenant, agent, workflow, or any attribute's name. They travel as baggage: into
    threads and other processes that OpenTelemetry's context reaches. What a span says of itself goes before.
    """
    now = context.get_current()
    for key, value in who.items():
        now = baggage.set_baggage(WRITTEN_AS.get(key, key), value, now)
    token = context.attach(now)
    try:
        yield
    finally:
        context.detach(token)


def record_call(
    *,
    provider: str,
    model: str,
    usage: Usage | Mapping[str, int] | None,
    response_id: str = "",
    operation: str = "chat",
    cost: Decimal | float | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """Count a model call that nothing instruments, as a span of its own below the current one.

    It is a call whatever `operation` says: a reranking, an image, a tool that is billed. `usage` has the keys input
    (cache included), output (reasoning included), cache_read, cache_write, cache_write_1h (of cache_write), reasoning,
    audio_input, audio_output and audio_cache_read; None where nothing is known: the call is counted as unpriced. `cost`
    is the USD that the provider said it charged. Where no SDK records spans the call is counted all the same; where
    everything is switched off it is not. What can't be true or read is not counted as money; it is not raised, but told
    in a warning.
    """
    _record(provider, model, usage, response_id, operation, cost, attributes)


@guarded("record_call")
def _record(*told: object) -> None:
    setup = setup_of()
    if setup is None or not setup.active:
        return
    call = recorded.read(*told)
    tracer = trace.get_tracer("spancost", VERSION)
    with tracer.start_as_current_span(call.name, kind=SpanKind.CLIENT, attributes=call.written) as span:
        if setup.declare(call.told, span.get_span_context()):
            return
    if setup.has_counted(span.get_span_context()):
        # Another thread's install reached the provider meanwhile.
        return
    setup.record(call.told, span.get_span_context(), baggage.get_all())


def current_cost() -> Decimal:
    """Return the exact USD that the current trace has cost so far in this process; outside of one, all that it spent.

    In a trace that is not recorded nothing is seen, and it is 0.
    """
    setup = setup_of()
    if setup is None:
        return Decimal(0)
    engine = setup.engine
    span = trace.get_current_span().get_span_context()
    pico = engine.cost_so_far(span.trace_id, span.span_id) if span.is_valid else engine.spent.direct
    with localcontext(EXACT):
        return Decimal(pico) / PICO


def flush(timeout: float = 5.0) -> bool:
    """Hand over every cost and event so far; False if that took longer than `timeout` seconds."""
    setup = setup_of()
    return setup is None or setup.flush(timeout)
