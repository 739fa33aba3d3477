"""What leaves as log records with an event name, in the context of the span that caused them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry._logs import LoggerProvider, SeverityNumber
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from spancost import semconv
from spancost.calls.who import as_label
from spancost.money import format_usd, nano_usd, usd

if TYPE_CHECKING:
    from spancost.budgets import Crossing
    from spancost.errors import Problem
    from spancost.outcome import Correction
    from spancost.rollup import Totals

__all__ = [
    "Told",
    "bucket",
    "config_told",
    "correction_told",
    "crossing_attributes",
    "crossing_event",
    "crossing_told",
    "emit",
    "owner_attributes",
]

_SECONDS: Final = "%Y-%m-%dT%H:%M:%SZ"
_BUCKETS: Final = (
    (10**9, "<0.001"),
    (10**10, "<0.01"),
    (10**11, "<0.1"),
    (10**12, "<1"),
    (10**13, "<10"),
)
_DEAREST: Final = ">=10"


class Told(NamedTuple):
    """One log record to be."""

    event_name: str
    severity: SeverityNumber
    body: str
    attributes: dict[str, Any]
    context: SpanContext | None
    """Of the span that caused it."""
    time_ns: int


def owner_attributes(totals: Totals) -> dict[str, Any]:
    """Return an owner's totals as attributes: of its span, or of the event that corrects them."""
    total = totals.direct + totals.children
    return {
        semconv.COST_DIRECT: usd(totals.direct),
        semconv.COST_CHILDREN: usd(totals.children),
        semconv.COST_TOTAL: usd(total),
        semconv.COST_TOTAL_NANO_USD: nano_usd(total),
        semconv.COST_BUCKET: bucket(total),
        semconv.CALLS_TOTAL: totals.calls,
        semconv.CALLS_PARTIAL: totals.partial,
        semconv.CALLS_UNPRICED: totals.unpriced,
        semconv.TOKENS_INPUT: totals.input,
        semconv.TOKENS_OUTPUT: totals.output,
        semconv.TOKENS_CACHE_READ: totals.cache_read,
        semconv.TOKENS_CACHE_WRITE: totals.cache_write,
        semconv.TOKENS_REASONING: totals.reasoning,
    }


def bucket(pico: int) -> str:
    """Return the range of USD an amount lies in: a word to search by where backends compare only words."""
    if pico <= 0:
        return "0"
    return next((name for below, name in _BUCKETS if pico < below), _DEAREST)


def crossing_event(crossing: Crossing) -> str:
    """Return the name of the event that tells of a crossing."""
    if crossing.threshold is None:
        return semconv.EVENT_BUDGET_RECOVERED
    return semconv.EVENT_BUDGET_BREACH if crossing.threshold.is_limit else semconv.EVENT_BUDGET_THRESHOLD


def crossing_attributes(crossing: Crossing) -> dict[str, Any]:
    """Return the attributes of that event, on the span and in the log alike."""
    budget, window = crossing.budget, crossing.window
    attributes: dict[str, Any] = {
        semconv.BUDGET_ID: budget.id,
        semconv.BUDGET_SCOPE: budget.scope,
        semconv.BUDGET_VALUE: crossing.value,
        semconv.BUDGET_LIMIT: usd(budget.limit),
        semconv.BUDGET_USAGE: usd(crossing.usage),
        semconv.BUDGET_UTILIZATION: crossing.usage / budget.limit,
        semconv.BUDGET_WINDOW_KIND: window.kind,
        semconv.BUDGET_WINDOW_START: window.start.strftime(_SECONDS),
        semconv.BUDGET_WINDOW_END: window.end.strftime(_SECONDS),
        semconv.BUDGET_FORECAST: usd(crossing.forecast),
        semconv.BUDGET_DEDUP_KEY: crossing.dedup_key,
    }
    if crossing.threshold is not None:
        attributes[semconv.BUDGET_THRESHOLD] = crossing.threshold.fraction
    return attributes


def crossing_told(crossing: Crossing, context: SpanContext | None) -> Told:
    """Return the log record of a crossing: WARN from 75%, ERROR from 90%, FATAL at the limit."""
    name = crossing_event(crossing)
    budget = crossing.budget
    if crossing.threshold is None:
        severity = SeverityNumber.INFO
        body = f"budget {budget.id} of {_plain(crossing.value)} recovered: a new {crossing.window.kind} began"
    else:
        threshold = crossing.threshold
        part = threshold.fraction
        severity = SeverityNumber.FATAL if part >= 1 else SeverityNumber.ERROR if part >= 0.9 else SeverityNumber.WARN
        spent, limit = format_usd(crossing.usage, 2), format_usd(budget.limit, 2)
        passed = f"budget {budget.id} of {_plain(crossing.value)} passed {threshold.text}%"
        body = f"{passed}: {spent} of {limit} a {crossing.window.kind}"
    return Told(name, severity, body, crossing_attributes(crossing), context, crossing.now_ns)


def correction_told(correction: Correction, time_ns: int) -> Told:
    """Return the log record that carries an ended owner's new absolute totals, in that owner's own context."""
    attributes: dict[str, Any] = {
        semconv.OWNER_KIND: correction.kind,
        semconv.OWNER_NAME: as_label(correction.name),
        semconv.CORRECTION_SEQUENCE: correction.sequence,
        **owner_attributes(correction.totals),
    }
    context = SpanContext(correction.trace_id, correction.span_id, False, TraceFlags(TraceFlags.SAMPLED))
    total = format_usd(correction.totals.total)
    body = f"{correction.kind} {_plain(correction.name)} cost {total} with what came after its end"
    return Told(semconv.EVENT_COST_CORRECTION, SeverityNumber.INFO, body, attributes, context, time_ns)


def config_told(problem: Problem, time_ns: int) -> Told:
    """Return the log record of a wrong file or budget."""
    attributes: dict[str, Any] = {
        semconv.CONFIG_KEY: _sendable(problem.key),
        semconv.CONFIG_MESSAGE: _sendable(problem.message),
        semconv.CONFIG_REMEDY: _sendable(problem.remedy),
    }
    if problem.file:
        attributes[semconv.CONFIG_FILE] = _sendable(problem.file)
    if problem.line is not None:
        attributes[semconv.CONFIG_LINE] = problem.line
    return Told(semconv.EVENT_CONFIG_ERROR, SeverityNumber.ERROR, _plain(str(problem)), attributes, None, time_ns)


def _sendable(text: str) -> str:
    # OTLP can't carry lone surrogates, which a path that is no UTF-8 has.
    return text.encode(errors="replace").decode()


def _plain(text: str) -> str:
    # A body is read as a line of a log: a value from anywhere must not begin another or move the cursor.
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def emit(told: Told, provider: LoggerProvider, version: str, now_ns: Callable[[], int]) -> None:
    """Hand a record to a logger provider; exporters may run right here, so never call it from a span's hook."""
    logger = provider.get_logger("spancost", version)
    # The current context is not the span's: an explicit one puts the record where it belongs.
    context = None if told.context is None else set_span_in_context(NonRecordingSpan(told.context))
    logger.emit(
        timestamp=told.time_ns,
        observed_timestamp=now_ns(),
        context=context,
        severity_number=told.severity,
        severity_text=told.severity.name,
        body=told.body,
        attributes=told.attributes,
        event_name=told.event_name,
    )
