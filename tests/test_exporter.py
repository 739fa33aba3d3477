"""Where metrics and events go: through the program's providers or our own, and what happens when nobody answers."""

from __future__ import annotations

import logging
import math
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from otlp_receiver import Receiver
from sdk_program import Program, call, run_agent

from spancost.assembly import engine_of
from spancost.config import Config
from spancost.exporter import CostExporter, _warn_of_silence
from spancost.processor import CostSpanProcessor
from spancost.telemetry import pipeline
from spancost.worker import Task, Worker

pytestmark = pytest.mark.sdk

_TRACES_ALONE = """
import spancost
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
trace.set_tracer_provider(TracerProvider(resource=Resource({"service.name": "traces-alone"})))
spancost.install()
for _ in range(10):
    with trace.get_tracer("program").start_as_current_span("chat", attributes={
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100, "user.id": "ada"}):
        pass
print(type(metrics.get_meter_provider()).__name__, type(_logs.get_logger_provider()).__name__)
"""
_UNSET = "_ProxyMeterProvider ProxyLoggerProvider\n"
# gpt-4o at 2.5/10 USD a million tokens: 0.0035 a call.
_COST = 0.035


def _run(program: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=60, check=True
    )


def test_a_record_that_became_a_call_is_not_taken_from_the_counter_of_duplicates() -> None:
    """The engine knows of one less, and a counter never falls."""
    exporter = CostExporter(engine_of(Config()))
    books = exporter.engine._charging.books
    told: list[int] = []
    for books.duplicates in (1, 2, 1, 3):
        told.append(exporter.internals()["spancost.internal.duplicates"])
    assert [1, 2, 2, 3] == told


def test_with_no_providers_set_it_makes_its_own_and_no_global(receiver: Receiver) -> None:
    """A program that only traces has its metrics and events at the endpoint it configured; its globals stay unset."""
    done = _run(_TRACES_ALONE, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, SPANCOST_BUDGETS="user=0.01/day")
    assert (_UNSET, "") == (done.stdout, done.stderr)
    assert [_COST] == [round(point.value, 9) for point in receiver.points() if point.metric == "spancost.cost"]
    assert [10] == [point.value for point in receiver.points() if point.metric == "spancost.calls"]
    assert "spancost.budget.breach" in {record.event_name for record in receiver.records()}
    assert {"traces-alone"} == {item.resource["service.name"] for item in receiver.points() + receiver.records()}
    assert [] == receiver.spans()


@pytest.mark.parametrize("exporter", ["none", "console"])
def test_what_is_not_to_leave_by_otlp_does_not(receiver: Receiver, exporter: str) -> None:
    """OTEL_METRICS_EXPORTER or OTEL_LOGS_EXPORTER set to something else, `none` above all, means no pipeline of ours."""
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "SPANCOST_BUDGETS": "user=0.01/day"}
    done = _run(_TRACES_ALONE, OTEL_METRICS_EXPORTER=exporter, **told)
    assert ([], "") == (receiver.points(), done.stderr)
    assert receiver.records()
    receiver.clear()
    done = _run(_TRACES_ALONE, OTEL_LOGS_EXPORTER=exporter, **told)
    assert ([], "") == (receiver.records(), done.stderr)
    assert receiver.points()


def test_with_no_endpoint_nothing_is_made_and_nothing_is_said() -> None:
    """A short program without any OpenTelemetry set-up runs as if we were not there."""
    done = _run(_TRACES_ALONE, SPANCOST_BUDGETS="user=0.01/day")
    assert (_UNSET, "") == (done.stdout, done.stderr)


def test_one_signals_endpoint_is_enough_for_that_signal(receiver: Receiver) -> None:
    """With an endpoint for metrics alone, metrics leave and logs don't."""
    _run(
        _TRACES_ALONE,
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"{receiver.endpoint}/v1/metrics",
        SPANCOST_BUDGETS="user=0.01/day",
    )
    assert {10} == {point.value for point in receiver.points() if point.metric == "spancost.calls"}
    assert [] == receiver.records()


@pytest.fixture
def refusing() -> Iterator[str]:
    """Yield an endpoint where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


# Exports of either signal may take ten minutes: whoever waited for one would be seen to.
_PATIENT_EXPORTS = {
    "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "600",
    "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT": "600",
    "SPANCOST_BUDGETS": "user=0.01/day",
}


@pytest.mark.parametrize("status", [429, 503, 400])
def test_a_backend_that_refuses_is_asked_once_at_the_exit(receiver: Receiver, status: int) -> None:
    """Whatever the backend answers, each signal is tried once, the program runs through and ends."""
    receiver.status = status
    done = _run(_TRACES_ALONE, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, **_PATIENT_EXPORTS)
    assert _UNSET == done.stdout
    assert 2 == receiver.requests
    assert "Traceback" not in done.stderr


def test_a_backend_that_is_not_there_is_not_tried_again_at_the_exit(refusing: str) -> None:
    """Connection refused: the program runs through and ends."""
    done = _run(_TRACES_ALONE, OTEL_EXPORTER_OTLP_ENDPOINT=refusing, **_PATIENT_EXPORTS)
    assert _UNSET == done.stdout
    # The oldest SDK says so before it sees that it shall not.
    assert done.stderr.count("retrying in") <= 2


def test_a_backend_that_never_answers_does_not_hold_the_exit(receiver: Receiver) -> None:
    """A black hole: both signals are sent, neither waits for the other, and the program ends while neither is answered."""
    receiver.delay = math.inf
    done = _run(
        _TRACES_ALONE,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
        OTEL_EXPORTER_OTLP_TIMEOUT="3",
        **_PATIENT_EXPORTS,
    )
    assert _UNSET == done.stdout
    assert 2 == receiver.requests
    assert done.stderr.startswith("spancost: the OTLP endpoint did not answer for 3 s at the end of the program")


def test_a_flush_waits_as_long_as_it_is_told(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a backend is silent a flush says so, and so does the end; once it answers nothing is left behind."""
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        "OTEL_EXPORTER_OTLP_TIMEOUT": "0.1",
        **_PATIENT_EXPORTS,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    own = pipeline.Own(settings, Resource.get_empty)
    meters, loggers = own.meter_provider(), own.logger_provider()
    assert meters is not None
    assert loggers is not None
    receiver.delay = math.inf
    meters.get_meter("test").create_counter("counted").add(1)
    loggers.get_logger("test").emit(body="told")
    assert own.flush(0.1) is False
    own.shutdown()
    assert receiver.wait_for(lambda: receiver.requests == 2)
    receiver.__exit__()
    assert own._wait(60)


def test_at_the_end_all_that_waits_is_sent(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that answers gets every record, however many requests they take."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
    own = pipeline.Own({"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}, Resource.get_empty)
    loggers = own.logger_provider()
    assert loggers is not None
    for place in range(1500):
        loggers.get_logger("test").emit(body=f"told {place}")
    own.shutdown()
    assert [f"told {place}" for place in range(1500)] == sorted(
        (record.body for record in receiver.records()), key=lambda body: int(body.split()[1])
    )
    assert receiver.requests >= 3


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("", 5), ("2.5", 2.5), ("10", 5), ("0", 5), ("-1", 5), ("soon", 5), ("nan", 5), ("inf", 5)],
)
def test_the_end_waits_for_one_export_and_five_seconds_at_most(told: str, seconds: float) -> None:
    """An export's own timeout, as OpenTelemetry is configured, where it is the shorter."""
    assert seconds == pipeline.patience({"OTEL_EXPORTER_OTLP_TIMEOUT": told})
    assert 5 == pipeline.patience({})


def test_calls_go_on_while_the_worker_hangs_and_queues_stay_bounded(receiver: Receiver) -> None:
    """With an exporter that never returns, thousands of breaches later calls still end; what is dropped is counted."""
    receiver.delay = math.inf
    logs = LoggerProvider(shutdown_on_exit=False)
    logs.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{receiver.endpoint}/v1/logs", timeout=60)))
    worker = Worker(most_tasks=50)
    with Receiver() as other, Program(other.endpoint, budgets="user=0.01/day") as program:
        program.exporter.worker = worker
        program.exporter._logger_provider = logs
        for user in range(300):
            call(program.tracer, user__id=f"user-{user}")
        assert receiver.wait_for(lambda: receiver.requests == 1)
        # Three events a user, and one task to register the instruments.
        assert worker.dropped >= 900 - 50 - 2
        assert worker.waiting <= 50
        assert program.exporter.flush(0.05) is False
        program.exporter.install()
        program.metrics.force_flush()
        told = {point.metric: point.value for point in other.points() if point.metric.startswith("spancost.internal")}
        assert worker.dropped == told["spancost.internal.dropped_events"]
        assert 300 == sum(point.value for point in other.points() if point.metric == "spancost.calls")
        receiver.delay = 0.0
        receiver.__exit__()
    assert (300 * 12 * 10**9, 300) == program.spent


def test_owners_between_two_collections_are_all_recorded(receiver: Receiver) -> None:
    """However many end before a reader comes, each is in the histogram, and its money."""
    with Program(receiver.endpoint, span_processor=lambda _: SpanProcessor()) as program:
        for number in range(25_000):
            with run_agent(program.tracer, "agent"):
                pass
            if number % 5_000 == 0:
                # On a machine busy with other things the worker may come to nothing for a while.
                assert program.exporter.worker.drain(60)
        with run_agent(program.tracer, "agent"):
            call(program.tracer)
        program.flush()
    told = {
        (point.count, round(point.value, 9)) for point in receiver.points() if point.metric == "spancost.owner.cost"
    }
    assert {(25_001, 0.012)} == told


def test_owners_that_nobody_records_are_bounded_and_counted(receiver: Receiver) -> None:
    """Where the worker hangs, what waits for the histogram stops growing, and what is lost is told."""
    hang = threading.Event()
    with Program(receiver.endpoint, span_processor=lambda _: SpanProcessor()) as program:
        with run_agent(program.tracer, "agent"):
            call(program.tracer)
        program.exporter.worker.submit(hang.wait)
        for _ in range(20_100):
            with run_agent(program.tracer, "agent"):
                pass
        assert 20_000 == len(program.exporter.queues)
        assert 0 < program.exporter.internals()["spancost.internal.dropped_events"] <= 101
        hang.set()


def test_the_dearest_owners_have_their_names_in_the_histogram(receiver: Receiver) -> None:
    """A hundred that cost next to nothing don't take the name from one that costs nearly everything."""
    with Program(receiver.endpoint) as program:
        for number in range(100):
            with run_agent(program.tracer, f"cheap-{number}"):
                call(program.tracer, 1, 0)
        for _ in range(3):
            with run_agent(program.tracer, "dear"):
                call(program.tracer, 10**6, 0)
        program.flush()
    told = {
        point.attributes["spancost.owner.name"]: point.value
        for point in receiver.points()
        if point.metric == "spancost.owner.cost"
    }
    assert told["dear"] > 5.9


def test_models_in_the_histogram_of_calls_are_bounded(receiver: Receiver) -> None:
    """Each name of a model is a series: beyond a hundred they are `_other`."""
    with Program(receiver.endpoint, operation_cost=True) as program:
        for number in range(300):
            call(program.tracer, gen_ai__response__model="gpt-5.2", gen_ai__request__model=f"gpt-5.2-{number}")
        program.flush()
    told = {
        tuple(sorted(point.attributes.items())): point.count or 0
        for point in receiver.points()
        if point.metric == "gen_ai.client.operation.cost"
    }
    assert 110 > len(told)
    assert 300 == sum(told.values())


def _operation_costs(receiver: Receiver) -> list[tuple[int, float]]:
    return [
        (point.count or 0, point.value) for point in receiver.points() if point.metric == "gen_ai.client.operation.cost"
    ]


def test_a_charge_that_waited_is_in_the_histogram_of_calls(receiver: Receiver) -> None:
    """A call inside an open call is recorded once, when the counters have it, whoever asks for them."""
    with Program(receiver.endpoint, operation_cost=True) as program:
        with program.tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}):
            call(program.tracer, 100, 10)
            program.flush()
        program.flush()
    (first, *_) = _operation_costs(receiver)
    assert (1, 0.00045) == first


def test_what_is_taken_back_is_not_recorded_again(receiver: Receiver) -> None:
    """Two charges that turn out to be one call were recorded; that they are one is no third record."""
    told = {"gen_ai__response__id": "chatcmpl-0123456789abcdef"}
    with Program(receiver.endpoint, operation_cost=True) as program:
        call(program.tracer, 100, 10, **told)
        with program.tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}) as outer:
            call(program.tracer, 100, 10)
            program.flush()
            outer.set_attributes(
                {
                    "gen_ai.request.model": "gpt-5.2",
                    "gen_ai.usage.input_tokens": 100,
                    "gen_ai.usage.output_tokens": 10,
                    "gen_ai.response.id": "chatcmpl-0123456789abcdef",
                }
            )
        program.flush()
        assert (450_000_000, 1) == program.spent
    assert 2 == max(count for count, _ in _operation_costs(receiver))


class _Timers(Worker):
    """A worker whose timers wait to be run by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.timers: list[tuple[float, Task]] = []

    def later(self, seconds: float, task: Task) -> None:
        self.timers.append((seconds, task))


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return what spancost has logged."""
    caplog.set_level(logging.DEBUG)
    _warn_of_silence.cache_clear()
    return lambda: [record.getMessage() for record in caplog.records if record.name.startswith("spancost")]


def _exporting(environ: dict[str, str], **providers: Any) -> tuple[CostExporter, _Timers]:
    worker = _Timers()
    exporter = CostExporter(engine_of(Config()), worker=worker, environ=environ, **providers)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(CostSpanProcessor(exporter))
    for _ in range(3):
        call(provider.get_tracer("program"), 1, 1)
    assert worker.drain(5)
    return exporter, worker


@pytest.mark.parametrize(("told", "seconds"), [("", 65), ("1000", 6), ("no number", 65), ("-5", 65)])
def test_that_nobody_reads_is_said_once(quiet: Callable[[], list[str]], told: str, seconds: float) -> None:
    """After the first interval without a reader there is one warning that names the two ways out."""
    _, worker = _exporting({"OTEL_METRIC_EXPORT_INTERVAL": told})
    ((waited, warn),) = worker.timers
    assert seconds == waited
    assert [] == quiet()
    warn()
    (warning,) = quiet()
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in warning
    assert "OTEL_METRICS_EXPORTER=none" in warning
    _, worker = _exporting({"OTEL_METRIC_EXPORT_INTERVAL": told})
    worker.timers[0][1]()
    assert 1 == len(quiet()), "however many exporters a program makes"


def test_where_somebody_reads_or_nobody_should_nothing_is_said(quiet: Callable[[], list[str]]) -> None:
    """A reader that collected, or OTEL_METRICS_EXPORTER=none, is no reason for a warning."""
    reader = InMemoryMetricReader()
    _, worker = _exporting({}, meter_provider=MeterProvider([reader], shutdown_on_exit=False))
    reader.collect()
    worker.timers[0][1]()
    _, worker = _exporting({"OTEL_METRICS_EXPORTER": "none"})
    worker.timers[0][1]()
    assert [] == quiet()


def test_our_own_providers_come_and_go(receiver: Receiver) -> None:
    """Our own pipeline is made when first asked for, once, and flushed at its end."""
    own = pipeline.Own({"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}, Resource.get_empty)
    before = threading.active_count()
    assert own.flush(1)
    assert before == threading.active_count()
    assert own.meter_provider() is own.meter_provider()
    assert own.logger_provider() is own.logger_provider()
    own.shutdown()
    assert own.flush(1)
    nothing = pipeline.Own({}, Resource.get_empty)
    assert (None, None) == (nothing.meter_provider(), nothing.logger_provider())
