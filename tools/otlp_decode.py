"""What OTLP export requests hold, as plain values decoded from their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import SpanFlags

__all__ = ["Received", "ReceivedPoint", "ReceivedRecord", "ReceivedSpan", "points_of", "records_of", "spans_of"]


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """One span; ids are hex, and empty where the bytes had none."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]
    events: tuple[tuple[str, dict[str, Any]], ...]
    scope: str
    resource: dict[str, Any]
    status_code: int
    has_remote_parent: bool = False
    """Whether it says that its parent is in another process."""


@dataclass(frozen=True, slots=True)
class ReceivedPoint:
    """One data point of a metric; `value` is the number, or for a histogram its sum.

    `kind` is the metric's type in OTLP's words: sum, gauge, histogram, exponential_histogram, summary.
    """

    metric: str
    unit: str
    description: str
    kind: str
    monotonic: bool | None
    temporality: int | None
    attributes: dict[str, Any]
    value: int | float
    count: int | None
    start_ns: int
    time_ns: int
    scope: str
    scope_attributes: dict[str, Any]
    resource: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReceivedRecord:
    """One log record."""

    event_name: str
    severity_number: int
    severity_text: str
    body: Any
    attributes: dict[str, Any]
    trace_id: str
    span_id: str
    time_ns: int
    scope: str
    resource: dict[str, Any]


Received = ReceivedSpan | ReceivedPoint | ReceivedRecord


def spans_of(body: bytes) -> Iterator[ReceivedSpan]:
    """Yield the spans of an `ExportTraceServiceRequest`."""
    for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield ReceivedSpan(
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_span_id=span.parent_span_id.hex(),
                    name=span.name,
                    kind=span.kind,
                    start_ns=span.start_time_unix_nano,
                    end_ns=span.end_time_unix_nano,
                    attributes=_attributes(span.attributes),
                    events=tuple((event.name, _attributes(event.attributes)) for event in span.events),
                    scope=of_scope.scope.name,
                    resource=resource,
                    status_code=span.status.code,
                    has_remote_parent=bool(span.flags & SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK),
                )


def points_of(body: bytes) -> Iterator[ReceivedPoint]:
    """Yield the data points of an `ExportMetricsServiceRequest`."""
    for of_resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        resource = _attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_metrics:
            scope_attributes = _attributes(of_scope.scope.attributes)
            for metric in of_scope.metrics:
                kind = metric.WhichOneof("data")
                if kind is None:
                    continue
                data = getattr(metric, kind)
                for point in data.data_points:
                    number = hasattr(point, "as_int")
                    yield ReceivedPoint(
                        metric=metric.name,
                        unit=metric.unit,
                        description=metric.description,
                        kind=kind,
                        monotonic=getattr(data, "is_monotonic", None),
                        temporality=getattr(data, "aggregation_temporality", None),
                        attributes=_attributes(point.attributes),
                        value=getattr(point, point.WhichOneof("value") or "as_int") if number else point.sum,
                        count=None if number else point.count,
                        start_ns=point.start_time_unix_nano,
                        time_ns=point.time_unix_nano,
                        scope=of_scope.scope.name,
                        scope_attributes=scope_attributes,
                        resource=resource,
                    )


def records_of(body: bytes) -> Iterator[ReceivedRecord]:
    """Yield the log records of an `ExportLogsServiceRequest`."""
    for of_resource in ExportLogsServiceRequest.FromString(body).resource_logs:
        resource = _attributes(of_resource.resource.attributes)
        for of_scope in of_resource.scope_logs:
            for record in of_scope.log_records:
                yield ReceivedRecord(
                    event_name=record.event_name,
                    severity_number=record.severity_number,
                    severity_text=record.severity_text,
                    body=_value(record.body),
                    attributes=_attributes(record.attributes),
                    trace_id=record.trace_id.hex(),
                    span_id=record.span_id.hex(),
                    time_ns=record.time_unix_nano,
                    scope=of_scope.scope.name,
                    resource=resource,
                )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    """Return the Python value of the type that was sent: an int stays an int, a double a float."""
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case name:
            return getattr(value, name)
