"""What a program may call by itself: attribution, calls that nothing instruments, what was spent."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import baggage, context, trace
from opentelemetry.trace import SpanContext, SpanKind

from spancost import recorded
from spancost.calls import Usage
from spancost.calls.who import WRITTEN_AS
from spancost.errors import LedgerError
from spancost.faults import guarded
from spancost.installation import setup_of
from spancost.ledger.period import length_of, period_of
from spancost.money import exact_usd
from spancost.version import VERSION

if TYPE_CHECKING:
    import sqlite3

    from spancost.ledger.summary import Summary

__all__ = ["attribute", "cost_of", "current_cost", "flush", "record_call", "report"]

_PATIENCE: Final = 2.0
"""Seconds that a question waits for what this process has still to write."""

_SPAN_ID: Final = 16
"""Hexadecimal digits of a span's id."""


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
    return Decimal(exact_usd(pico))


def flush(timeout: float = 5.0) -> bool:
    """Hand over every cost and event so far; False if that took longer than `timeout` seconds.

    Where charges are kept also if any of them since the last flush could not be.
    """
    setup = setup_of()
    return setup is None or setup.flush(timeout)


def report(
    by: str | Iterable[str] = ("model",),
    last: str | timedelta | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Summary:
    """Return what the calls in the ledger cost, by one key or several (`"team,model"`): as `spancost report` does.

    It asks the ledger that SPANCOST_LEDGER names, in which every program that names it keeps its calls; those of this
    one until now are in it. `last` is a length of time, such as `24h`; moments without a zone are in UTC. Raises
    LedgerError where there is no ledger, or it can't be written or read now, ValueError where `last` is no length of
    time.
    """
    from spancost.ledger import kept

    asked = tuple(dict.fromkeys(key.strip() for key in (by.split(",") if isinstance(by, str) else by)))
    length = length_of(last) if isinstance(last, str) else last
    with _ledger() as ledger:
        return kept.summary(ledger, asked, period_of(datetime.now(UTC), length, since, until))


def cost_of(span_or_trace: str | int | SpanContext | trace.Span) -> Decimal | None:
    """Return the exact USD that a span with all below it, or a whole trace, has cost; None where nothing is known.

    An id is a number or in hexadecimal: one of up to 16 digits is a span's, a longer one a trace's. Where charges are
    kept the ledger is asked, which has the calls of other processes too: all those of a trace, and of a span where it
    is none of this process. Where there is none, or it can't be read or written now, what this process remembers.
    Raises ValueError where it is no id.
    """
    trace_id, span_id = _ids(span_or_trace)
    setup = setup_of()
    if setup is None:
        return None
    if setup.keeper is not None:
        from spancost.ledger import kept

        with suppress(LedgerError), _ledger() as ledger:
            if span_id is not None:
                # A span lives in one process; another that draws the same ids, as a program that seeds `random` does
                # each time it runs, has a span of its own.
                own = kept.cost_of(ledger, trace_id, span_id, setup.keeper.process)
                own = setup.engine.cost_of(trace_id, span_id) if own is None else own
                if own is not None:
                    return _usd(own)
            return _usd(kept.cost_of(ledger, trace_id, span_id))
    return _usd(setup.engine.cost_of(trace_id, span_id))


def _usd(pico: int | None) -> Decimal | None:
    return None if pico is None else Decimal(exact_usd(pico))


def _ledger() -> AbstractContextManager[sqlite3.Connection]:
    """Open the ledger to ask it, with everything in it that this process has called.

    Raises LedgerError where there is none, or it can't be written or read.
    """
    from spancost.ledger import kept

    setup = setup_of()
    if setup is None or setup.config.ledger is None:
        raise LedgerError("there is no ledger: set SPANCOST_LEDGER to true, or to a path")
    path = setup.config.ledger.path
    if setup.keeper is not None and not setup.keeper.catch_up(_PATIENCE):
        raise LedgerError(f"{path}: what this process has called can't be written now; ask again later")
    return kept.opened(path)


def _ids(told: str | int | SpanContext | trace.Span) -> tuple[int | None, int | None]:
    """Return trace and span id, one of them None where an id alone is told."""
    told = told.get_span_context() if isinstance(told, trace.Span) else told
    if isinstance(told, SpanContext):
        return told.trace_id, told.span_id
    number = int(told, 16) if isinstance(told, str) else told
    is_span = len(told) <= _SPAN_ID if isinstance(told, str) else number < 1 << 64
    return (None, number) if is_span else (number, None)
