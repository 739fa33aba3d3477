"""What a program may call by itself: attribution, calls that nothing instruments, the cost so far."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any, Final, cast

from opentelemetry import baggage, context, trace
from opentelemetry.trace import SpanKind

from spancost import semconv
from spancost.calls import Usage
from spancost.calls.who import WRITTEN_AS
from spancost.installation import setup_of
from spancost.money import EXACT, PICO
from spancost.version import VERSION

__all__ = ["attribute", "current_cost", "flush", "record_call"]

_logger = logging.getLogger(__name__)

_ABSURD_USD: Final = 10**7

_USAGE: Final = {
    "input": semconv.GEN_AI_USAGE_INPUT_TOKENS,
    "output": semconv.GEN_AI_USAGE_OUTPUT_TOKENS,
    "cache_read": semconv.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    "cache_write": semconv.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    "reasoning": semconv.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
}
"""Keys of usage that are read -> the attribute each is written as."""

_MOST_NAMED: Final = 5
"""Unread keys that one warning names."""


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
    (cache included), output (reasoning included), cache_read, cache_write, reasoning; None where nothing is known: the
    call is counted as unpriced. `cost` is the USD that the provider said it charged. Where no SDK records spans it is
    counted all the same; where everything is switched off it is not. What can't be true or read is not counted as
    money; it is not raised, but told in a warning.
    """
    setup = setup_of()
    if not setup.active:
        return
    record: dict[str, Any] = {
        semconv.GEN_AI_OPERATION_NAME: operation,
        semconv.GEN_AI_PROVIDER_NAME: provider,
        semconv.GEN_AI_REQUEST_MODEL: model,
        **_counts(usage),
        **(attributes or {}),
    }
    if response_id:
        record[semconv.GEN_AI_RESPONSE_ID] = response_id
    charged = _amount(cost)
    if charged is not None:
        record[semconv.GEN_AI_USAGE_COST_AMOUNT] = charged
        record[semconv.GEN_AI_USAGE_COST_CURRENCY] = "USD"
        record[semconv.GEN_AI_USAGE_COST_SOURCE] = "provider"
    tracer = trace.get_tracer("spancost", VERSION)
    with tracer.start_as_current_span(f"{operation} {model}", kind=SpanKind.CLIENT, attributes=record) as span:
        if setup.declare(record, span.get_span_context()):
            return
    setup.record(record, span.get_span_context(), baggage.get_all())


def _counts(usage: object) -> dict[str, Any]:
    """Return token counts by attribute; a warning names what is not read of them."""
    told: Mapping[Any, Any] = {}
    if isinstance(usage, Usage):
        # Of a Usage every part is there, told or not.
        told = {key: count for key, count in usage._asdict().items() if count or key in ("input", "output")}
    elif isinstance(usage, Mapping):
        told = cast("Mapping[Any, Any]", usage)
    elif usage is not None:
        got = type(usage).__name__
        _warn(f"usage of record_call must be a mapping or a spancost.Usage, got {got}; the call is counted as unpriced")
    if unread := [key for key in told if key not in _USAGE]:
        named = ", ".join(f"{key!r:.40}" for key in unread[:_MOST_NAMED])
        _warn(f"record_call does not read {named} of usage; the keys are {', '.join(_USAGE)}")
    return {name: told[key] for key, name in _USAGE.items() if key in told}


@lru_cache(maxsize=64)
def _warn(message: str) -> None:
    """Warn of how the program calls us, once of each fault: the call may be one of millions."""
    _logger.warning("spancost: %s", message)


def _amount(cost: object) -> float | None:
    """Return what a provider charged, None with a warning where it can't be an amount of USD."""
    if cost is None:
        return None
    try:
        amount = float(cost) if isinstance(cost, (int, float, Decimal)) and cost is not True else -1.0
    except (OverflowError, ValueError):
        amount = -1.0
    if 0 <= amount < _ABSURD_USD:  # not NaN either
        return amount
    _warn("cost of record_call must be USD, 0 or more; the call is priced by the table")
    return None


def current_cost() -> Decimal:
    """Return the exact USD that the current trace has cost so far; outside of a trace, the whole process."""
    setup = setup_of()
    span = trace.get_current_span().get_span_context()
    pico = setup.engine.cost_so_far(span.trace_id, span.span_id) if span.is_valid else None
    with localcontext(EXACT):
        return Decimal(setup.engine.spent.direct if pico is None else pico) / PICO


def flush(timeout: float = 5.0) -> bool:
    """Hand over every cost and event so far; False if that took longer than `timeout` seconds."""
    return setup_of().flush(timeout)
