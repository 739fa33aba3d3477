"""Spans out of OTLP's JSON: ids in hexadecimal, 64-bit integers as text or numbers.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from spancost.calls.content import READ_OF
from spancost.calls.refusals import EXCEPTION, exception, refusal
from spancost.ledger.otlp.spans import MOST_VALUES, SHORT, Span, Wanted, shortened, span_of

__all__ = ["WRONG", "spans_of"]

WRONG: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)
"""What comes of JSON that is not OTLP: names missing, or values of another type."""

_SIGNALS: Final = ("resourceSpans", "resourceMetrics", "resourceLogs")
"""What a file may hold; the last two are no business of ours."""
_ERROR: Final = (2, "STATUS_CODE_ERROR")

_OF_EXCEPTIONS: Final = {name: name for name in (f"{EXCEPTION}.type", f"{EXCEPTION}.message")}

_LARGEST: Final = 1 << 63
"""No time in ns, and no count, is as large."""


def spans_of(request: Any, wanted: Wanted, wrong: Callable[[str], None]) -> Iterator[Span]:
    """Yield the spans of an ExportTraceServiceRequest; say `wrong` of each that can't be read.

    Raises one of WRONG where the request as a whole can't be.
    """
    if not any(signal in request for signal in _SIGNALS):
        raise KeyError("resourceSpans")
    for of_resource in request.get("resourceSpans") or ():
        resource = _attributes(_inside(of_resource, "resource").get("attributes"), wanted)
        for of_scope in of_resource.get("scopeSpans") or ():
            scope = shortened("", str(_inside(of_scope, "scope").get("name") or ""))
            for told in of_scope.get("spans") or ():
                try:
                    span = _span(told, scope, resource, wanted)
                except WRONG as fault:
                    wrong(f"a span that can't be read ({type(fault).__name__}: {str(fault)[:80]})")
                else:
                    yield span


def _inside(told: Any, name: str) -> Mapping[str, Any]:
    return told.get(name) or {}


def _span(told: Mapping[str, Any], scope: str, resource: dict[str, Any], wanted: Wanted) -> Span:
    parent = told.get("parentSpanId")
    status = told.get("status")
    error = None
    if status and status.get("code") in _ERROR:
        error = refusal(str(status.get("message") or _exception(told.get("events"))))
    start, end = int(told["startTimeUnixNano"]), int(told["endTimeUnixNano"])
    if not (0 <= start < _LARGEST and 0 <= end < _LARGEST):
        raise ValueError("a time that can't be")
    name = str(told.get("name") or "")
    return span_of(
        (
            start,
            end,
            int(told["traceId"], 16),
            int(told["spanId"], 16),
            int(parent, 16) if parent else None,
            name if len(name) <= SHORT else shortened("", name),
            scope,
            _attributes(told.get("attributes"), wanted),
            resource,
            error,
        )
    )


def _exception(events: Any) -> str:
    """Return what the last event of an exception says of it, empty where there is none."""
    for event in reversed(events or ()):
        if event.get("name") == EXCEPTION:
            return exception(_attributes(event.get("attributes"), _OF_EXCEPTIONS))
    return ""


def _attributes(told: Any, wanted: Wanted) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    known = wanted.get
    for each in told or ():
        name = known(each["key"])
        if name is None or not (value := each.get("value")):
            continue
        # Nearly all are texts, and short: this is half the time that reading takes.
        content = value.get("stringValue")
        if content is None:
            for kind, other in value.items():
                attributes[name] = _value(kind, other)
        elif len(content) <= SHORT and name not in READ_OF:
            attributes[name] = content
        else:
            attributes[name] = shortened(name, content)
    return attributes


def _value(kind: str, told: Any) -> Any:
    if kind == "intValue":
        number = int(told)
        if not -_LARGEST <= number < _LARGEST:
            raise OverflowError("more than 64 bits")
        return number
    if kind == "stringValue":
        return shortened("", told)
    if kind == "doubleValue":
        return float(told)  # "NaN" and "Infinity" are text in JSON
    if kind == "boolValue":
        return bool(told)
    if kind == "arrayValue":
        # Only texts and numbers in a row are an attribute's value in OpenTelemetry's API.
        return tuple(_value(*next(iter(each.items()))) for each in (told.get("values") or ())[:MOST_VALUES] if each)
    return None
