"""Records a run: each span as it ends, what a span processor saw of it, and what the provider says that it billed.

    with Recorder("langchain__oilc__cache", provider="http://127.0.0.1:8080") as recorder:
        ...  # the framework runs, with its instrumentation on recorder.tracers

See README.md beside this file.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final, Self, cast

from google.protobuf.json_format import MessageToDict
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.trace import format_span_id, format_trace_id, set_tracer_provider

__all__ = ["Recorder"]

_LONGEST: Final = 200
"""Characters kept of an attribute known at a span's start: what was said is no business of ours."""

_IDS: Final = ("traceId", "spanId", "parentSpanId")

_LEDGER: Final = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_tokens": "cache_read",
    "cache_creation_tokens": "cache_write",
    "cache_creation_1h": "cache_write_1h",
    "reasoning_tokens": "reasoning",
}
"""A class of tokens in `.truth.json` -> in the provider's ledger."""


class Recorder(SpanProcessor):
    """Writes a run's three files into a folder; it is the span processor that sees the run.

    Its lock guards the two files of spans and events: spans end on any thread.
    """

    def __init__(self, name: str, *, provider: str, folder: Path = Path()) -> None:
        self._name = name
        self._provider = provider
        self._folder = folder
        self._lock = threading.Lock()
        self._spans: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._billed_before = 0
        self.tracers = TracerProvider(
            resource=Resource.create({"service.name": name.partition("__")[0]}), shutdown_on_exit=False
        )
        """The provider that the instrumentation writes to; it is the global one, too."""

    def __enter__(self) -> Self:
        self._billed_before = len(self._ledger())
        self.tracers.add_span_processor(self)
        set_tracer_provider(self.tracers)
        return self

    def __exit__(self, *_: object) -> None:
        self.tracers.force_flush()
        with self._lock:
            _write(self._folder / f"{self._name}.jsonl.gz", self._spans)
            _write(self._folder / f"{self._name}.events.jsonl.gz", self._events)
        truth = {
            "name": self._name,
            "python": sys.version.split()[0],
            "versions": {each.metadata["Name"].lower(): each.version for each in sorted(distributions(), key=_named)},
            "requests": [_request(bill) for bill in self._ledger()[self._billed_before :]],
        }
        (self._folder / f"{self._name}.truth.json").write_text(json.dumps(truth, indent=1) + "\n")
        print(f"{self._name}: {len(self._spans)} spans, {len(truth['requests'])} calls billed")

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's own
        """Note a start, with the attributes known then."""
        context = span.get_span_context()
        parent = span.parent
        started = {
            "e": "S",
            "t": time.time_ns(),
            "trace": format_trace_id(context.trace_id),
            "span": format_span_id(context.span_id),
            "parent": None if parent is None else format_span_id(parent.span_id),
            "name": span.name,
            "attr": {name: _short(value) for name, value in (span.attributes or {}).items()},
        }
        with self._lock:
            self._events.append(started)

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span as OTLP's JSON, and note its end."""
        context = span.get_span_context()
        if context is None:
            return
        told = _with_hex_ids(MessageToDict(encode_spans([span]), use_integers_for_enums=True))
        with self._lock:
            self._spans.append(told)
            self._events.append({"e": "E", "t": time.time_ns(), "span": format_span_id(context.span_id)})

    def _ledger(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self._provider}/ledger", timeout=10) as answer:
            return json.loads(answer.read())


def _write(file: Path, lines: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    file.write_bytes(gzip.compress(text.encode(), mtime=0))


def _named(package: Any) -> str:
    return str(package.metadata["Name"]).lower()


def _short(value: object) -> object:
    return f"{value[:_LONGEST]}..." if isinstance(value, str) and len(value) > _LONGEST else value


def _with_hex_ids(told: Any) -> Any:
    """Return OTLP's JSON with its ids in hexadecimal, as OTLP wants them and protobuf does not write them."""
    if isinstance(told, dict):
        fields = cast("dict[str, Any]", told)
        return {
            name: base64.b64decode(value).hex() if name in _IDS else _with_hex_ids(value)
            for name, value in fields.items()
        }
    return [_with_hex_ids(each) for each in cast("list[Any]", told)] if isinstance(told, list) else told


def _request(bill: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line of the provider's ledger as `.truth.json` tells it."""
    return {
        "seq": bill["number"],
        "t_recv_ns": bill["received_ns"],
        "agent": bill["agent"],
        "provider": bill["provider"],
        "api": bill["api"],
        "stream": bill["stream"],
        "request_model": bill["request_model"],
        "response_model": bill["response_model"],
        "response_id": bill["response_id"],
        "billed": True,
        "usage_delivered": bill["told"],
        "outcome": "ok" if bill["told"] else "untold",
        "usage": {name: bill["usage"][field] for name, field in _LEDGER.items()},
    }
