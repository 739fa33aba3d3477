"""Spans out of OTLP's protobuf messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import Status, TracesData

from spancost.calls.refusals import EXCEPTION, exception, refusal
from spancost.ledger.otlp.spans import MOST_VALUES, Span, Wanted, shortened

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import Span as Told

__all__ = ["DecodeError", "spans_of"]


def spans_of(message: bytes, wanted: Wanted) -> Iterator[Span]:
    """Yield the spans of an ExportTraceServiceRequest, which is TracesData on the wire; raises DecodeError."""
    for of_resource in TracesData.FromString(message).resource_spans:
        resource = _attributes(of_resource.resource.attributes, wanted)
        for of_scope in of_resource.scope_spans:
            scope = shortened("", of_scope.scope.name)
            for told in of_scope.spans:
                parent = told.parent_span_id
                failed = told.status.code == Status.STATUS_CODE_ERROR
                yield Span(
                    told.start_time_unix_nano,
                    told.end_time_unix_nano,
                    int.from_bytes(told.trace_id),
                    int.from_bytes(told.span_id),
                    int.from_bytes(parent) if parent else None,
                    shortened("", told.name),
                    scope,
                    _attributes(told.attributes, wanted),
                    resource,
                    refusal(told.status.message or _exception(told.events)) if failed else None,
                )


def _exception(events: Sequence[Told.Event]) -> str:
    """Return what the last event of an exception says of it, empty where there is none."""
    for event in reversed(events):
        if event.name == EXCEPTION:
            return exception({each.key: _value(each.key, each.value) for each in event.attributes})
    return ""


def _attributes(told: Iterable[KeyValue], wanted: Wanted) -> dict[str, Any]:
    return {each.key: _value(each.key, each.value) for each in told if each.key in wanted}


def _value(name: str, told: AnyValue) -> Any:
    kind = told.WhichOneof("value")
    if kind == "string_value":
        return shortened(name, told.string_value)
    if kind == "int_value":
        return told.int_value
    if kind == "double_value":
        return told.double_value
    if kind == "bool_value":
        return told.bool_value
    if kind == "array_value":
        return tuple(_value("", each) for each in told.array_value.values[:MOST_VALUES])
    return None
