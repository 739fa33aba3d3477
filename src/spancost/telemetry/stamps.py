"""Writing cost on a span as it ends: the only file that writes on a span.

The SDK makes a span's attributes immutable before it calls `_on_ending`, against the specification
(https://github.com/open-telemetry/opentelemetry-python/issues/5614). Which way works is probed once, so that it
goes on working when the SDK is mended. An ended span is never touched: the exporter may be encoding it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, TracerProvider

from spancost.faults import leave_to_host
from spancost.money import PICO, nano_usd, usd
from spancost.rollup.charge import reason_of
from spancost.semconv import (
    AGENT_PATH,
    BUDGET_STATE,
    COST_COMPUTED,
    COST_NANO_USD,
    COST_TOTAL,
    DEDUP_DUPLICATE_OF,
    DEDUP_ROLE,
    GEN_AI_USAGE_COST_AMOUNT,
    GEN_AI_USAGE_COST_CURRENCY,
    GEN_AI_USAGE_COST_SOURCE,
    PRICING_MODEL,
    PRICING_REASON,
    PRICING_STATUS,
    PRICING_VERSION,
    USAGE_ESTIMATED,
    DedupRole,
)
from spancost.telemetry.events import crossing_attributes, crossing_event, owner_attributes

if TYPE_CHECKING:
    from spancost.budgets import Crossing
    from spancost.outcome import Outcome, Rated
    from spancost.rollup import Charge

__all__ = ["WAYS", "Writer", "probe", "stamp", "write_events"]

Writer = Callable[[Span, Mapping[str, Any]], None]
"""Puts attributes on a span that is ending."""


def _write_public(span: Span, attributes: Mapping[str, Any]) -> None:
    span.set_attributes(attributes)


def _write_dict(span: Span, attributes: Mapping[str, Any]) -> None:
    cast("Any", span)._attributes._dict.update(attributes)


WAYS: Final[Mapping[str, Writer]] = {"public": _write_public, "dict": _write_dict}
"""Ways to write in `_on_ending`, best first. Where none works `Span.end` is wrapped: `public`, before the end."""

_PROBE: Final = "spancost.probe"


class _Probe(SpanProcessor):
    def __init__(self, write: Writer) -> None:
        self._write = write
        self.worked = False

    def _on_ending(self, span: Span) -> None:
        if getattr(span, "_attributes", {}).get(_PROBE) is None:
            self._write(span, {_PROBE: True})

    def on_end(self, span: ReadableSpan) -> None:
        self.worked = (span.attributes or {}).get(_PROBE) is True


def probe() -> str:
    """Return which of WAYS puts an attribute on a span that is ending, `wrap` where none does."""
    # Setting an attribute on an ended span is a warning of the SDK's, and here it is the question.
    import logging

    quiet = logging.getLogger("opentelemetry.sdk.trace")
    disabled, quiet.disabled = quiet.disabled, True
    try:
        for name, write in WAYS.items():
            provider = TracerProvider(resource=Resource.get_empty(), shutdown_on_exit=False)
            attempt = _Probe(write)
            TracerProvider.add_span_processor(provider, attempt)
            try:
                provider.get_tracer(__name__).start_span("probe").end()
            except Exception as fault:  # noqa: BLE001 - whatever an SDK to come says of it
                leave_to_host(fault)
                continue
            if attempt.worked:
                return name
    finally:
        quiet.disabled = disabled
    return "wrap"


def stamp(outcome: Outcome, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that an outcome puts on its span, which has told some itself."""
    attributes: dict[str, Any]
    if outcome.charge is not None and outcome.rated is not None:
        attributes = _charge(outcome.charge, outcome.rated, told)
    elif outcome.duplicate_of is not None:
        attributes = {DEDUP_ROLE: DedupRole.DUPLICATE, DEDUP_DUPLICATE_OF: f"{outcome.duplicate_of.span_id:016x}"}
    elif outcome.totals is None:
        attributes = {}
    elif outcome.kind is None:
        attributes = {COST_TOTAL: usd(outcome.totals.total)}
    else:
        attributes = owner_attributes(outcome.totals)
    if outcome.state is not None:
        attributes[BUDGET_STATE] = outcome.state
    return attributes


def _charge(charge: Charge, rated: Rated, told: Mapping[str, Any]) -> dict[str, Any]:
    call, price, amount, status, source = rated
    attributes: dict[str, Any]
    if amount is None:
        attributes = {PRICING_STATUS: status}
    elif call.amount_present or GEN_AI_USAGE_COST_CURRENCY in told or GEN_AI_USAGE_COST_SOURCE in told:
        # Whoever wrote an amount, or what it is in, was first; it is never overwritten.
        attributes = {COST_NANO_USD: nano_usd(amount), PRICING_STATUS: status}
        computed = charge.computed if call.amount_present else amount
        if computed is not None:
            attributes[COST_COMPUTED] = usd(computed)
    else:
        attributes = {
            GEN_AI_USAGE_COST_AMOUNT: amount / PICO,
            GEN_AI_USAGE_COST_CURRENCY: "USD",
            GEN_AI_USAGE_COST_SOURCE: source,
            COST_NANO_USD: nano_usd(amount),
            PRICING_STATUS: status,
        }
    if reason := reason_of(call, price, amount, status):
        attributes[PRICING_REASON] = reason
    if call.estimated:
        attributes[USAGE_ESTIMATED] = True
    if price.model:
        attributes[PRICING_MODEL] = price.model
        attributes[PRICING_VERSION] = price.version
    if charge.agent_path:
        attributes[AGENT_PATH] = charge.agent_path
    return attributes


def write_events(span: Span, crossings: tuple[Crossing, ...]) -> None:
    """Add a span event for each crossing; `add_event` is refused on a span that is ending."""
    for crossing in crossings:
        event = Event(crossing_event(crossing), crossing_attributes(crossing))
        cast("Any", span)._events.append(event)
