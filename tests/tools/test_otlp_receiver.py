"""The receiver, spoken to by the official OTLP/HTTP exporters."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import otlp_receiver
import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from otlp_receiver import Receiver

_RESOURCE = Resource.create({"service.name": "receiver-test"})
_TYPED = {"int": 3, "double": 3.0, "bool": True, "text": "3", "list": (1, 2)}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver for one test."""
    with Receiver() as running:
        yield running


def _tracer_provider(receiver: Receiver, compression: Compression = Compression.NoCompression) -> TracerProvider:
    provider = TracerProvider(resource=_RESOURCE, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{receiver.endpoint}/v1/traces", compression=compression, timeout=1)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


def _same(expected: object, got: object) -> bool:
    return expected == got and type(expected) is type(got)


@pytest.mark.parametrize("compression", list(Compression))
def test_a_span_arrives_whole(receiver: Receiver, compression: Compression) -> None:
    """Ids, times, events, scope and resource of a span are what was sent, plain or compressed."""
    provider = _tracer_provider(receiver, compression)
    tracer = provider.get_tracer("a.scope")

    with (
        tracer.start_as_current_span("outer") as outer,
        tracer.start_as_current_span("inner", kind=SpanKind.CLIENT) as inner,
    ):
        inner.set_attributes(_TYPED)
        inner.add_event("happened", {"n": 1})
        inner.set_status(StatusCode.ERROR)

    assert receiver.wait_for(lambda: len(receiver.spans()) == 2)
    received = {span.name: span for span in receiver.spans()}
    child, root = received["inner"], received["outer"]
    assert f"{outer.get_span_context().trace_id:032x}" == root.trace_id == child.trace_id
    assert f"{outer.get_span_context().span_id:016x}" == root.span_id == child.parent_span_id
    assert "" == root.parent_span_id
    assert 3 == child.kind
    assert root.start_ns <= child.start_ns <= child.end_ns <= root.end_ns
    assert (("happened", {"n": 1}),) == child.events
    assert "a.scope" == child.scope
    assert "receiver-test" == child.resource["service.name"]
    assert 2 == child.status_code


def test_values_keep_their_type(receiver: Receiver) -> None:
    """An integer stays an integer and a double a float, even where they are equal."""
    with _tracer_provider(receiver).get_tracer("t").start_as_current_span("typed") as span:
        span.set_attributes(_TYPED)

    assert receiver.wait_for(lambda: bool(receiver.spans()))
    attributes = receiver.spans()[0].attributes
    assert {**_TYPED, "list": [1, 2]} == attributes
    assert all(_same(expected, attributes[key]) for key, expected in {**_TYPED, "list": [1, 2]}.items())


def test_points_arrive_with_all_that_tells_series_apart(receiver: Receiver) -> None:
    """A counter, a gauge and a histogram arrive with kind, unit, temporality and their numbers."""
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{receiver.endpoint}/v1/metrics"))
    provider = MeterProvider([reader], resource=_RESOURCE, shutdown_on_exit=False)
    meter = provider.get_meter("a.meter", attributes={"fork": 1})
    meter.create_counter("c", unit="{call}", description="calls").add(2, {"k": "v"})
    meter.create_gauge("g", unit="{USD}").set(1.5)
    histogram = meter.create_histogram("h")
    histogram.record(1)
    histogram.record(2.5)
    provider.shutdown()

    points = {point.metric: point for point in receiver.points()}
    counter, gauge, spread = points["c"], points["g"], points["h"]
    assert ("sum", True, 2, "{call}", "calls") == (
        counter.kind, counter.monotonic, counter.temporality, counter.unit, counter.description,
    )  # fmt: skip
    assert _same(2, counter.value)
    assert {"k": "v"} == counter.attributes
    assert ("a.meter", {"fork": 1}, "receiver-test") == (
        counter.scope, counter.scope_attributes, counter.resource["service.name"],
    )  # fmt: skip
    assert ("gauge", None, None, None) == (gauge.kind, gauge.monotonic, gauge.temporality, gauge.count)
    assert _same(1.5, gauge.value)
    assert ("histogram", 2, 3.5) == (spread.kind, spread.count, spread.value)
    assert 0 < counter.start_ns <= counter.time_ns


def test_a_log_record_arrives_with_its_event_name_and_context(receiver: Receiver) -> None:
    """An event's name, severity, body, attributes and span are what was sent."""
    provider = LoggerProvider(resource=_RESOURCE, shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{receiver.endpoint}/v1/logs")))
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")

    with tracer.start_as_current_span("cause") as span:
        provider.get_logger("a.logger").emit(
            LogRecord(
                timestamp=7,
                severity_number=SeverityNumber.WARN,
                severity_text="WARN",
                event_name="an.event",
                body={"nested": [1, "two"]},
                attributes={"limit": 1.0},
            )
        )

    assert receiver.wait_for(lambda: bool(receiver.records()))
    (record,) = receiver.records()
    assert ("an.event", 13, "WARN", 7, "a.logger") == (
        record.event_name, record.severity_number, record.severity_text, record.time_ns, record.scope,
    )  # fmt: skip
    assert {"nested": [1, "two"]} == record.body
    assert _same(1.0, record.attributes["limit"])
    assert f"{span.get_span_context().span_id:016x}" == record.span_id
    assert f"{span.get_span_context().trace_id:032x}" == record.trace_id


def test_nothing_is_lost_under_load(receiver: Receiver) -> None:
    """Four threads export 2,000 spans through batches and each of them arrives once."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{receiver.endpoint}/v1/traces")))
    tracer = provider.get_tracer("t")

    def work(thread: int) -> None:
        for number in range(500):
            tracer.start_span(f"{thread}/{number}").end()

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    provider.shutdown()

    expected = {f"{thread}/{number}" for thread in range(4) for number in range(500)}
    names = [span.name for span in receiver.spans()]
    assert expected == set(names)
    assert 2000 == len(names)


def test_a_refused_request_is_counted_and_not_kept(receiver: Receiver) -> None:
    """With a status of 429 the sender is refused, and once it is 200 again what comes is kept."""
    tracer = _tracer_provider(receiver).get_tracer("t")
    receiver.status = 429
    tracer.start_span("refused").end()
    refused = receiver.requests
    assert 1 <= refused  # the exporter may try again
    assert [] == receiver.spans()

    receiver.status = 200
    tracer.start_span("kept").end()
    assert ["kept"] == [span.name for span in receiver.spans()]
    receiver.clear()
    assert [] == receiver.spans()
    assert refused + 1 == receiver.requests


def test_a_receiver_that_never_answers_can_still_be_closed() -> None:
    """A sender is left waiting for ever until the receiver closes, and closing does not wait for it."""
    with Receiver(delay=float("inf")) as receiver:
        tracer = _tracer_provider(receiver).get_tracer("t")
        sender = threading.Thread(target=lambda: tracer.start_span("unanswered").end())
        sender.start()
        assert receiver.wait_for(lambda: receiver.requests == 1)
        assert [] == receiver.spans()
    sender.join(10)
    assert not sender.is_alive()


def test_what_is_kept_is_passed_on(receiver: Receiver) -> None:
    """A second endpoint gets the same spans, and what it refused is known by its address."""
    with Receiver(forward_to=receiver.endpoint) as first:
        tracer = _tracer_provider(first, Compression.Gzip).get_tracer("t")
        tracer.start_span("passed on").end()
        assert first.spans() == receiver.spans()
        assert {} == first.not_forwarded

        receiver.status = 404
        tracer.start_span("refused there").end()
        assert 2 == len(first.spans())
        assert {f"{receiver.endpoint}/v1/traces": "HTTP Error 404: Not Found"} == first.not_forwarded


def test_wait_for_says_when_it_gave_up(receiver: Receiver) -> None:
    """A predicate that never holds is given up on, and the answer is no."""
    assert receiver.wait_for(lambda: False, timeout=0.01) is False


def test_as_a_program_it_appends_json_lines(tmp_path: Path) -> None:
    """`otlp_receiver.py --out` writes each item as a JSON line with its type and its fields."""
    out = tmp_path / "telemetry.jsonl"
    command = [sys.executable, otlp_receiver.__file__, "--port", "0", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        endpoint = program.stdout.readline().strip().removeprefix("OTEL_EXPORTER_OTLP_ENDPOINT=")
        provider = TracerProvider(resource=_RESOURCE, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
        provider.get_tracer("t").start_span("written", attributes={"n": 1}).end()
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=10)
    assert 0 == program.returncode
    (line,) = out.read_text().splitlines()
    item = json.loads(line)
    assert ("span", "written", {"n": 1}) == (item["type"], item["name"], item["attributes"])
