"""Spans out of OTLP's protobuf messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from spancost.calls.content import READ_OF
from spancost.calls.refusals import EXCEPTION, exception, refusal
from spancost.ledger.otlp.protobuf_types import Resource, TracesData
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

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue

__all__ = ["DecodeError", "spans_of"]

_PLAIN: Final = ("int_value", "double_value", "bool_value")


def spans_of(message: bytes, wanted: Wanted, wrong: Callable[[str], None]) -> Iterator[Span]:
    """Yield the spans of an ExportTraceServiceRequest, which is TracesData on the wire; raises DecodeError.

    Says `wrong` of each that can't be read.
    """
    for of_resource in TracesData.FromString(message).resource_spans:
        resource = wanted.resource(of_resource.resource, _resource)
        for of_scope in of_resource.scope_spans:
            scope = shortened("", of_scope.scope.name)
            names = wanted.of(scope)
            for told in of_scope.spans:
                start, end = told.start_time_unix_nano, told.end_time_unix_nano
                if start >= BEYOND or end >= BEYOND:
                    wrong("a span that can't be read (a time that can't be)")
                    continue
                parent, name = told.parent_span_id, told.name
                failed = told.status.code == Status.STATUS_CODE_ERROR
                yield span_of(
                    (
                        start,
                        end,
                        int.from_bytes(told.trace_id),
                        int.from_bytes(told.span_id),
                        int.from_bytes(parent) if parent else None,
                        once(name, name) if len(name) <= SHORT else shortened("", name),
                        scope,
                        _attributes(told.attributes, names),
                        resource,
                        refusal(told.status.message or _exception(told.events)) if failed else None,
                    )
                )


def _resource(told: bytes, names: Names) -> dict[str, Any]:
    return _attributes(Resource.FromString(told).attributes, names)


def _exception(events: Sequence[Any]) -> str:
    """Return what the last event of an exception says of it, empty where there is none."""
    for event in reversed(events):
        if event.name == EXCEPTION:
            return exception({each.key: each.value.string_value for each in event.attributes})
    return ""


def _attributes(told: Mapping[str, AnyValue], names: Names) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    known = names.__getitem__
    for key in told:
        name = known(key)
        if name is None:
            continue
        # Nearly all are texts, and short, or counts: what is empty or 0 may be of any kind.
        value = told[key]
        if text := value.string_value:
            attributes[name] = once(text, text) if len(text) <= SHORT and name not in READ_OF else shortened(name, text)
        else:
            attributes[name] = value.int_value or _other(value)
    forget_texts()
    return attributes


def _other(told: AnyValue) -> Any:
    kind = told.WhichOneof("value")
    if kind == "array_value":
        return tuple([_other(each) for each in told.array_value.values[:MOST_VALUES]])
    if kind == "string_value":
        return shortened("", told.string_value)
    return getattr(told, kind) if kind in _PLAIN else None
