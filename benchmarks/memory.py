"""Memory of open spans: what spancost holds for each, above what the SDK holds itself."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Mapping

from opentelemetry.trace import Span, SpanKind, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

from benchmarks.cases import Builder
from benchmarks.workloads import AGENT, CHAT, REQUEST

KINDS: Mapping[str, Mapping[str, AttributeValue]] = {"plain": REQUEST, "agent": AGENT, "model": CHAT}


def bytes_a_span(build: Builder, kind: str, spans: int) -> float:
    """Open `spans` spans below one root and say what Python holds for each of them, in bytes."""
    tracer = build().tracer
    for span in _opened(tracer, kind, 10):  # whatever is made once, on first use, is made now
        span.end()
    gc.collect()
    tracemalloc.start()
    try:
        opened = _opened(tracer, kind, spans)
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        for span in opened:
            span.end()
    finally:
        tracemalloc.stop()
    return held / spans


def _opened(tracer: Tracer, kind: str, spans: int) -> list[Span]:
    root = tracer.start_span("root")
    inside = set_span_in_context(root)
    return [root, *(tracer.start_span(kind, inside, SpanKind.INTERNAL, KINDS[kind]) for _ in range(spans))]
