"""Spans out of OTLP's JSON, whatever it holds: ids in hexadecimal, 64-bit integers as text or numbers.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from spancost.calls.content import READ_OF
from spancost.calls.refusals import EXCEPTION, exception, refusal
from spancost.ledger.otlp.spans import (
    BEYOND,
    MOST_VALUES,
    SHORT,
    Span,
    forget_texts,
    once,
    shortened,
    span_of,
)
from spancost.ledger.otlp.wanted import Names, Wanted

__all__ = ["ERROR", "WRONG", "exception_of", "spans_of", "unreadable"]

WRONG: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)
"""What comes of JSON that is not OTLP: names missing, or values of another type."""

_SIGNALS: Final = ("resourceSpans", "resourceMetrics", "resourceLogs", "resourceProfiles")
"""What a file may hold; all but the first are no business of ours."""

ERROR: Final = (2, "STATUS_CODE_ERROR")
"""The code of a status that is an error: OTLP's JSON has it as a number, protobuf's as a name."""

_KINDS: Final = frozenset(
    {"stringValue", "intValue", "doubleValue", "boolValue", "arrayValue", "kvlistValue", "bytesValue"}
)
"""What a value may be."""

_OF_EXCEPTIONS: Final = Names((name, name) for name in (f"{EXCEPTION}.type", f"{EXCEPTION}.message"))


def spans_of(line: bytes, wanted: Wanted, wrong: Callable[[str], None]) -> Iterator[Span]:
    """Yield the spans of a line that holds an ExportTraceServiceRequest; say `wrong` of each that can't be read.

    Raises one of WRONG where the request as a whole can't be.
    """
    request: Any = json.loads(line)
    if request != {} and not any(signal in request for signal in _SIGNALS):
        raise KeyError("resourceSpans")
    for of_resource in request.get("resourceSpans") or ():
        resource = _attributes(_inside(of_resource, "resource").get("attributes"), wanted.of(""))
        for of_scope in of_resource.get("scopeSpans") or ():
            scope = shortened("", str(_inside(of_scope, "scope").get("name") or ""))
            names = wanted.of(scope)
            for told in of_scope.get("spans") or ():
                try:
                    span = _span(told, scope, resource, names)
                except WRONG as fault:
                    wrong(unreadable(fault))
                else:
                    yield span


def unreadable(fault: Exception) -> str:
    """Say of one span that it can't be read."""
    return f"a span that can't be read ({type(fault).__name__}: {str(fault)[:80]})"


def _inside(told: Any, name: str) -> Mapping[str, Any]:
    return told.get(name) or {}


def _span(told: Mapping[str, Any], scope: str, resource: dict[str, Any], names: Names) -> Span:
    parent = told.get("parentSpanId")
    status = told.get("status")
    error = None
    if status and status.get("code") in ERROR:
        error = refusal(str(status.get("message") or exception_of(told.get("events"))))
    start, end = int(told["startTimeUnixNano"]), int(told["endTimeUnixNano"])
    if not (0 <= start < BEYOND and 0 <= end < BEYOND):
        raise ValueError("a time that can't be")
    name = str(told.get("name") or "")
    return span_of(
        (
            start,
            end,
            int(told["traceId"], 16),
            int(told["spanId"], 16),
            int(parent, 16) if parent else None,
            once(name, name) if len(name) <= SHORT else shortened("", name),
            scope,
            _attributes(told.get("attributes"), names),
            resource,
            error,
        )
    )


def exception_of(events: Any) -> str:
    """Return what the last event of an exception says of it, empty where there is none."""
    for event in reversed(events or ()):
        if event.get("name") == EXCEPTION:
            return exception(_attributes(event.get("attributes"), _OF_EXCEPTIONS))
    return ""


def _attributes(told: Any, names: Names) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    known = names.__getitem__
    for each in told or ():
        name = known(each["key"])
        if name is None or not _is_told(value := each.get("value")):
            continue
        text = value.get("stringValue")
        if text is None:
            attributes[name] = _value(value)
        else:
            attributes[name] = once(text, text) if len(text) <= SHORT and name not in READ_OF else shortened(name, text)
    forget_texts()
    return attributes


def _is_told(value: Any) -> bool:
    return bool(value) and not _KINDS.isdisjoint(value.keys())


def _value(told: Mapping[str, Any]) -> Any:
    if "stringValue" in told:
        return shortened("", told["stringValue"])
    if "intValue" in told:
        number = int(told["intValue"])
        if not -BEYOND <= number < BEYOND:
            raise OverflowError("more than 64 bits")
        return number
    if "doubleValue" in told:
        return float(told["doubleValue"])  # "NaN" and "Infinity" are text in JSON
    if "boolValue" in told:
        return bool(told["boolValue"])
    if "arrayValue" in told:
        # Only texts and numbers in a row are an attribute's value in OpenTelemetry's API.
        values = told["arrayValue"].get("values") or ()
        return tuple([_value(each) for each in values[:MOST_VALUES] if _is_told(each)])
    return None
