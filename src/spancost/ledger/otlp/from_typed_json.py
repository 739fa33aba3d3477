"""Spans out of OTLP's JSON by way of types: faster than by way of dicts, and of what is as OTLP says it is.

It needs msgspec. What the types refuse is read as `from_json` reads it, which says what is wrong with it.
https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, MsgspecError, Raw, Struct, UnsetType
from msgspec.json import Decoder

from spancost.calls.content import READ_OF
from spancost.calls.refusals import refusal
from spancost.ledger.otlp import from_json
from spancost.ledger.otlp.spans import MOST_VALUES, SHORT, Span, forget_texts, once, shortened, span_of
from spancost.ledger.otlp.wanted import Names, Wanted

__all__ = ["spans_of"]

_Int64 = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_Time = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
"""ns since the epoch."""

_PASSED_OVER: Final = Raw()


class _AnyValue(Struct, rename="camel", gc=False):
    string_value: str | UnsetType = UNSET
    int_value: _Int64 | UnsetType = UNSET
    double_value: float | UnsetType = UNSET
    bool_value: bool | UnsetType = UNSET
    array_value: _ArrayValue | UnsetType = UNSET
    kvlist_value: Raw = _PASSED_OVER
    bytes_value: Raw = _PASSED_OVER


class _ArrayValue(Struct, gc=False):
    values: list[_AnyValue] | UnsetType = UNSET


class _KeyValue(Struct, gc=False):
    key: str
    value: _AnyValue | UnsetType = UNSET


class _Status(Struct, gc=False):
    code: int | str | None = None
    message: str | None = None


class _Span(Struct, rename="camel", gc=False):
    trace_id: str
    span_id: str
    start_time_unix_nano: _Time
    end_time_unix_nano: _Time
    parent_span_id: str | None = None
    name: str | None = None
    attributes: list[_KeyValue] | UnsetType = UNSET
    status: _Status | UnsetType = UNSET
    events: Raw = _PASSED_OVER
    """Of few is anything asked, and most hold what was said."""


class _Scope(Struct, gc=False):
    name: str | None = None


class _ScopeSpans(Struct, gc=False):
    scope: _Scope | UnsetType = UNSET
    spans: list[_Span] | UnsetType = UNSET


class _Resource(Struct, gc=False):
    attributes: list[_KeyValue] | UnsetType = UNSET


class _ResourceSpans(Struct, rename="camel", gc=False):
    resource: Raw = _PASSED_OVER
    """Each process repeats its own with each request, and once is enough to read it."""
    scope_spans: list[_ScopeSpans] | UnsetType = UNSET


class _Request(Struct, rename="camel", gc=False):
    resource_spans: list[_ResourceSpans] | UnsetType = UNSET
    resource_metrics: Raw = _PASSED_OVER
    resource_logs: Raw = _PASSED_OVER


_EMPTY_VALUE: Final = _AnyValue()
_EMPTY_REQUEST: Final = _Request()

# Not strict: 64-bit integers are text in OTLP's JSON. But then the text "null" is a null, too, so nothing above but a
# text may be one: a request that has another, and few have, is read as plain JSON.
_decode: Final = Decoder(_Request, strict=False).decode
_decode_resource: Final = Decoder(_Resource, strict=False).decode


def spans_of(line: bytes, wanted: Wanted, wrong: Callable[[str], None]) -> Iterator[Span]:
    """Yield the spans of a line that holds a request, as `from_json` does."""
    try:
        request = _decode(line)
        resources = [wanted.resource(bytes(each.resource), _resource) for each in request.resource_spans or ()]
    except (MsgspecError, RecursionError):
        request, resources = _EMPTY_REQUEST, []
    if request == _EMPTY_REQUEST:
        yield from from_json.spans_of(line, wanted, wrong)
        return
    for of_resource, resource in zip(request.resource_spans or (), resources, strict=True):
        for of_scope in of_resource.scope_spans or ():
            scope = shortened("", (of_scope.scope and of_scope.scope.name) or "")
            names = wanted.of(scope)
            for told in of_scope.spans or ():
                try:
                    span = _span(told, scope, resource, names)
                except from_json.WRONG as fault:  # an id that is no number, events that are none
                    wrong(from_json.unreadable(fault))
                else:
                    yield span
            forget_texts()


def _span(told: _Span, scope: str, resource: dict[str, Any], names: Names) -> Span:
    parent, name, status = told.parent_span_id, told.name or "", told.status
    error = None
    if status and status.code in from_json.ERROR:
        error = refusal(status.message or from_json.exception_of(json.loads(bytes(told.events) or b"[]")))
    return span_of(
        (
            told.start_time_unix_nano,
            told.end_time_unix_nano,
            int(told.trace_id, 16),
            int(told.span_id, 16),
            int(parent, 16) if parent else None,
            once(name, name) if len(name) <= SHORT else shortened("", name),
            scope,
            _attributes(told.attributes, names),
            resource,
            error,
        )
    )


def _resource(told: bytes, names: Names) -> dict[str, Any]:
    resource = _decode_resource(told or b"{}")
    return _attributes(resource.attributes, names)


def _attributes(told: list[_KeyValue] | UnsetType, names: Names) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    known = names.__getitem__
    for each in told or ():
        name = known(each.key)
        if name is None:
            continue
        value = each.value
        if value is UNSET:
            continue
        # Nearly all are texts, and short, or counts.
        text = value.string_value
        if text is not UNSET:
            attributes[name] = once(text, text) if len(text) <= SHORT and name not in READ_OF else shortened(name, text)
        elif (count := value.int_value) is not UNSET:
            attributes[name] = count
        elif value != _EMPTY_VALUE:
            attributes[name] = _other(value)
    return attributes


def _other(value: _AnyValue) -> Any:
    for told in (value.int_value, value.double_value, value.bool_value):
        if told is not UNSET:
            return told
    if value.string_value is not UNSET:
        return shortened("", value.string_value)
    if value.array_value is not UNSET:
        told = value.array_value.values or ()
        return tuple([_other(each) for each in told[:MOST_VALUES] if each != _EMPTY_VALUE])
    return None
