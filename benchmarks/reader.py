"""How fast recorded spans are read back: the command itself, on files of agent trees."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from benchmarks.workloads import TREE

TURNS = 32  # 512 spans a request, as the batch processor exports them
RUNS = 3  # of each file, the fastest of which is told: what else the machine does only makes one slower


class Reading(NamedTuple):
    """One run of the command."""

    form: str
    spans: int
    size: int
    """Bytes of the file."""
    seconds: float
    """CPU, above that of the same command on an empty file; it has one thread, so this is of one core."""
    peak: int
    """Bytes of memory at most."""


def readings(folder: Path, spans: int) -> Iterator[Reading]:
    """Write the same spans in each form, and read each by a process of its own."""
    empty = folder / "empty.jsonl"
    empty.write_bytes(b"")
    idle, _, _ = _fastest(empty)
    files = {
        "JSON lines": folder / "spans.jsonl",
        "JSON, gzip": folder / "spans.jsonl.gz",
        "protobuf": folder / "spans.pb",
    }
    made = _write(files, spans)
    for form, file in files.items():
        seconds, peak, read = _fastest(file)
        if read != made // 16 * 6:
            raise RuntimeError(f"{form}: {read} calls were read of {made // 16 * 6}")
        yield Reading(form, made, file.stat().st_size, seconds - idle, peak)


def _write(files: dict[str, Path], spans: int) -> int:
    provider = TracerProvider()
    kept = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("opentelemetry.instrumentation.genai.openai_agents")
    made = 0
    with files["JSON lines"].open("wb") as lines, gzip.open(files["JSON, gzip"], "wb", 6) as packed:  # noqa: SIM117
        with files["protobuf"].open("wb") as messages:
            while made < spans:
                for _ in TREE.play(tracer, TURNS):
                    pass
                request = encode_spans(kept.get_finished_spans())
                made += len(kept.get_finished_spans())
                kept.clear()
                line = json.dumps(_as_json(request), separators=(",", ":")).encode() + b"\n"
                lines.write(line)
                packed.write(line)
                message = request.SerializeToString()
                messages.write(len(message).to_bytes(4) + message)
    return made


def _as_json(request: ExportTraceServiceRequest) -> dict[str, Any]:
    told = MessageToDict(request)
    for of_resource in told["resourceSpans"]:
        for of_scope in of_resource["scopeSpans"]:
            for span in of_scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if key in span:  # protobuf's JSON has bytes in base64, OTLP's in hexadecimal
                        span[key] = base64.b64decode(span[key]).hex()
    return told


def _fastest(file: Path) -> tuple[float, int, int]:
    return min(_run(file) for _ in range(RUNS))


def _run(file: Path) -> tuple[float, int, int]:
    code = (
        "import io, json, resource, sys, contextlib\n"
        "from spancost.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()) as out: main(['report', '--json', sys.argv[1]])\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "calls = json.loads(out.getvalue())['total']['calls']\n"
        "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss, calls]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    seconds, peak, calls = json.loads(done.stdout)
    return seconds, peak * (1 if sys.platform == "darwin" else 1024), calls


def table(found: Iterator[Reading]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{'':12}{'spans':>10}{'MB':>8}{'CPU s':>8}{'spans/s a core':>16}{'MB/s':>8}{'peak MB':>9}"
    for each in found:
        yield (
            f"{each.form:12}{each.spans:>10,}{each.size / 1e6:>8.0f}{each.seconds:>8.2f}"
            f"{each.spans / each.seconds:>16,.0f}{each.size / 1e6 / each.seconds:>8.0f}{each.peak / 1e6:>9.0f}"
        )
