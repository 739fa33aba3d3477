"""Builds OTLP requests out of plain spans, as JSON and as protobuf."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from google.protobuf.json_format import Parse
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

__all__ = ["line", "message", "request", "told"]


def told(
    span_id: int,
    start: int,
    end: int,
    attributes: dict[str, Any] | None = None,
    *,
    parent: int | None = None,
    trace_id: int = 1,
    name: str = "span",
    error: str | None = None,
) -> dict[str, Any]:
    """Return a span as OTLP's JSON tells it."""
    span: dict[str, Any] = {
        "traceId": f"{trace_id:032x}",
        "spanId": f"{span_id:016x}",
        "name": name,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end),
        "attributes": [{"key": key, "value": _value(value)} for key, value in (attributes or {}).items()],
    }
    if parent is not None:
        span["parentSpanId"] = f"{parent:016x}"
    if error is not None:
        span["status"] = {"code": 2, "message": error}
    return span


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, (list, tuple)):
        return {"arrayValue": {"values": [_value(each) for each in value]}}
    return {"stringValue": value}


def request(
    spans: Iterable[dict[str, Any]], *, scope: str = "", resource: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return an export request of one resource and one scope."""
    attributes = [{"key": key, "value": _value(value)} for key, value in (resource or {}).items()]
    return {
        "resourceSpans": [
            {"resource": {"attributes": attributes}, "scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}]}
        ]
    }


def line(*spans: dict[str, Any], **more: Any) -> bytes:
    """Return a line of a file as the Collector writes it."""
    return json.dumps(request(spans, **more)).encode() + b"\n"


def message(*spans: dict[str, Any], **more: Any) -> bytes:
    """Return the same as protobuf's bytes, with no length before them."""
    changed = request(spans, **more)
    for span in spans:  # protobuf's own JSON has ids in base64
        for key in ("traceId", "spanId", "parentSpanId"):
            if key in span:
                span[key] = _base64(span[key])
    return Parse(json.dumps(changed), TracesData()).SerializeToString()


def _base64(text: str) -> str:
    from base64 import b64encode

    return b64encode(bytes.fromhex(text)).decode()
