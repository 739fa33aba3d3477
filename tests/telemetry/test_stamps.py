"""Cost on spans, on the bytes a receiver decoded: an in-memory exporter shares the object and proves nothing."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import (
    ConcurrentMultiSpanProcessor,
    ReadableSpan,
    Span,
    SpanProcessor,
    SynchronousMultiSpanProcessor,
    TracerProvider,
)
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import SpanContext, Status, StatusCode
from otlp_receiver import ReceivedSpan, Receiver
from sdk_program import Program, call, run_agent
from support import NOW, run_at_once
from support import call as call_attributes

from spancost.telemetry import stamps

pytestmark = pytest.mark.sdk

_THREADS = 4
# 6 cases of each: 51,072 spans.
_BATCHED, _SIMPLE = 8_000, 512

_batch = partial(BatchSpanProcessor, max_queue_size=_BATCHED, max_export_batch_size=512, schedule_delay_millis=5)


def _mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the SDK call `_on_ending` while the span is mutable, as the specification says and no version does yet."""
    end = Span.__dict__["end"]

    def mended(self: Any, end_time: int | None = None) -> None:
        processor = self._span_processor
        if self.is_recording():
            processor._on_ending(self)
        self._span_processor = _Ended(processor)
        end(self, end_time)

    monkeypatch.setattr(Span, "end", mended)


class _Ended:
    """A span processor that has seen the ending."""

    def __init__(self, processor: SpanProcessor) -> None:
        self.on_end = processor.on_end

    def _on_ending(self, span: Span) -> None:
        pass


@pytest.fixture(params=["public", "dict", "wrap"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return each way of writing, on an SDK where it works; what is wrapped is unwrapped afterwards."""
    monkeypatch.setattr(Span, "end", Span.__dict__["end"])
    if request.param == "public":
        _mended(monkeypatch)
    return request.param


@pytest.fixture
def unwrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the SDK's own end of spans back afterwards."""
    monkeypatch.setattr(Span, "end", Span.__dict__["end"])


def _in_threads(work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("last", [False, True], ids=["added first", "added last"])
@pytest.mark.parametrize(("span_processor", "spans"), [(_batch, _BATCHED), (SimpleSpanProcessor, _SIMPLE)])
def test_every_span_that_leaves_is_stamped(
    receiver: Receiver, way: str, last: bool, span_processor: Callable[[OTLPSpanExporter], SpanProcessor], spans: int
) -> None:
    """Whatever the order of processors and however they export, no model span reaches a backend without its cost."""
    with Program(receiver.endpoint, way=way, last=last, span_processor=span_processor) as program:

        def work() -> None:
            for _ in range(spans // _THREADS // 4):
                with run_agent(program.tracer, "worker"):
                    for _ in range(3):
                        call(program.tracer, 100, 10)

        _in_threads(work)
    received = receiver.spans()
    assert spans == len(received)
    calls = [span for span in received if span.name == "chat gpt-5.2"]
    agents = [span for span in received if span.name == "invoke_agent worker"]
    assert {(0.00045, "override")} == {_cost(span) for span in calls}
    assert {0.00135} == {span.attributes.get("spancost.cost.total") for span in agents}
    assert len(calls) == 3 * len(agents)
    assert (450_000 * 1000 * len(calls), len(calls)) == program.spent


def _cost(span: ReceivedSpan) -> tuple[Any, Any]:
    return span.attributes.get("gen_ai.usage.cost.amount"), span.attributes.get("spancost.pricing.status")


def test_an_owner_says_every_sum_of_what_lies_below_it(receiver: Receiver) -> None:
    """Each number is of its own kind: complete, broken and unpriced calls, and every part of their tokens."""
    with Program(receiver.endpoint) as program, run_agent(program.tracer, "planner"):
        parts = {"cache_read.input": 200, "cache_write.input": 30, "reasoning.output": 4}
        told = {f"gen_ai.usage.{name}_tokens": count for name, count in parts.items()}
        call(program.tracer, 1001, 50, **told)
        call(program.tracer, 300, 0, status=Status(StatusCode.ERROR))
        call(program.tracer, 7, 1, model="nobody-knows-it")
    owner = next(span for span in receiver.spans() if span.name == "invoke_agent planner")
    amount = sum(
        span.attributes.get("spancost.cost.nano_usd", 0) for span in receiver.spans() if span.name.startswith("chat")
    )
    assert {
        "spancost.cost.direct": amount / 10**9,
        "spancost.cost.children": 0.0,
        "spancost.cost.total": amount / 10**9,
        "spancost.cost.total_nano_usd": amount,
        "spancost.cost.bucket": "<0.01",
        "spancost.calls.total": 3,
        "spancost.calls.partial": 1,
        "spancost.calls.unpriced": 1,
        "spancost.tokens.input": 1308,
        "spancost.tokens.output": 51,
        "spancost.tokens.cache_read": 200,
        "spancost.tokens.cache_write": 30,
        "spancost.tokens.reasoning": 4,
    } == {key: value for key, value in owner.attributes.items() if key.startswith("spancost")}


def test_a_tool_says_all_that_lies_below_it(receiver: Receiver) -> None:
    """What agents below it own, too; and nothing but the total."""
    with Program(receiver.endpoint) as program:
        with program.tracer.start_as_current_span("root"):
            with program.tracer.start_as_current_span("tool", attributes={"gen_ai.operation.name": "execute_tool"}):
                call(program.tracer)
                with run_agent(program.tracer, "inner"):
                    call(program.tracer)
    told = {span.name: span.attributes for span in receiver.spans()}
    assert {"gen_ai.operation.name": "execute_tool", "spancost.cost.total": 0.024} == told["tool"]
    assert (0.012, 0.012) == (told["root"]["spancost.cost.direct"], told["root"]["spancost.cost.children"])


def test_the_worst_state_stands_on_each_span_and_on_its_root(receiver: Receiver) -> None:
    """A call's own crossing stands beside what a call inside it did, and the root has the worst, whoever came last."""
    with Program(receiver.endpoint, budgets="agent=0.015/day") as program:
        with program.tracer.start_as_current_span("root"):
            with run_agent(program.tracer, "one"):
                with program.tracer.start_as_current_span("outer", attributes=call_attributes(9000, 1000)) as outer:
                    call(program.tracer, 10, 1, gen_ai__response__id="another-response-1")
                    outer.set_attribute("gen_ai.response.id", "another-response-2")
            with run_agent(program.tracer, "two"):
                call(program.tracer)
    told = {span.name: span.attributes.get("spancost.budget.state") for span in receiver.spans()}
    assert {"outer": "breach", "root": "breach"} == {name: told[name] for name in ("outer", "root")}
    (warned,) = [span for span in receiver.spans() if span.attributes.get("spancost.budget.state") == "warn"]
    assert "chat gpt-5.2" == warned.name


def test_a_call_without_a_price_says_whose_it_is(receiver: Receiver) -> None:
    """The agent path stands on each charge, with an amount or without."""
    with Program(receiver.endpoint) as program:
        with run_agent(program.tracer, "outer"), run_agent(program.tracer, "inner"):
            call(program.tracer, model="nobody's")
    (span,) = [span for span in receiver.spans() if span.name.startswith("chat")]
    assert ("outer/inner", "unpriced") == (
        span.attributes["spancost.agent.path"],
        span.attributes["spancost.pricing.status"],
    )


def test_an_agent_that_repeats_a_call_of_another_trace_says_what_it_owns(receiver: Receiver) -> None:
    """It is an owner and no record of that call: it carries totals, and is called no duplicate."""
    told = {"gen_ai.usage.input_tokens": 1500, "gen_ai.usage.output_tokens": 500, "gen_ai.request.model": "gpt-5.2"}
    with Program(receiver.endpoint) as program:
        call(program.tracer, gen_ai__response__id="response-0123456789")
        with run_agent(program.tracer, "a", **told, **{"gen_ai.response.id": "response-0123456789"}):
            pass
    (agent,) = [span for span in receiver.spans() if span.name == "invoke_agent a"]
    assert "spancost.dedup.role" not in agent.attributes
    assert "spancost.cost.total" in agent.attributes
    assert (12 * 10**9, 1) == program.spent


@pytest.mark.parametrize(
    ("amount", "nano"),
    [(2.5e-9, 2), (3.5e-9, 4), (2.501e-9, 3), (0.02, 20_000_000)],
    ids=["half", "odd", "more", "all"],
)
@pytest.mark.parametrize("name", ["gen_ai.usage.cost.amount", "operation.cost"])
def test_nano_dollars_are_rounded_half_to_even(receiver: Receiver, name: str, amount: float, nano: int) -> None:
    """Whether the amount stands on the span already or is written by us, after a library's price list."""
    with Program(receiver.endpoint) as program:
        call(program.tracer, model="nobody-knows-it", **{name: amount})
    (span,) = receiver.spans()
    assert nano == span.attributes["spancost.cost.nano_usd"]


def test_a_span_counts_with_the_end_that_it_was_given(receiver: Receiver) -> None:
    """Told afterwards, a call took as long as is said, not as long as the telling."""
    with Program(receiver.endpoint) as program:
        tracer = program.tracing.get_tracer("openinference.instrumentation.dspy")
        told = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-5.2"}
        for length in (10**6, 10**9):  # from memory, and from the provider
            tracer.start_span("LM.__call__", start_time=NOW, attributes=told).end(NOW + length)
    assert (0, 1) == program.spent


@pytest.mark.parametrize(("name", "told"), [("currency", "EUR"), ("source", "provider")])
def test_what_a_span_says_of_an_amount_is_never_overwritten(receiver: Receiver, way: str, name: str, told: str) -> None:
    """A currency or a source without an amount stays, and ours stands beside it, where no sum of amounts takes it."""
    with Program(receiver.endpoint, way=way) as program:
        call(program.tracer, 100, 10, **{f"gen_ai__usage__cost__{name}": told})
    (span,) = receiver.spans()
    assert {f"gen_ai.usage.cost.{name}": told} == {
        key: value for key, value in span.attributes.items() if key.startswith("gen_ai.usage.cost")
    }
    assert (0.00045, 450_000) == (span.attributes["spancost.cost.computed"], span.attributes["spancost.cost.nano_usd"])
    assert (450_000_000, 1) == program.spent


def test_a_span_that_many_threads_end_at_once_is_counted_once(receiver: Receiver, way: str) -> None:
    """Whichever of them comes first, and where processors run in a pool: two facades of one engine among them."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with Program(receiver.endpoint, way=way) as program:
            for _ in range(300):
                span = program.tracer.start_span("chat gpt-5.2", attributes=call_attributes(1500, 500))
                run_at_once([span.end] * 3)
    finally:
        sys.setswitchinterval(interval)
    assert (300 * 12_000_000_000, 300) == program.spent


def test_the_state_of_a_budget_stands_on_a_root_without_totals(receiver: Receiver) -> None:
    """A record in another trace knows what a broken stream used, and that is too much: its own local root says so."""
    told = {"gen_ai__response__id": "chatcmpl-0123456789"}
    with Program(receiver.endpoint, budgets="team=0.012/day") as program:
        with program.tracer.start_as_current_span("first"):
            call(program.tracer, 1500, 0, status=Status(StatusCode.ERROR), **told)
        with program.tracer.start_as_current_span("second"):
            call(program.tracer, **told)
    first, second = (span for span in receiver.spans() if span.name in ("first", "second"))
    assert "spancost.budget.state" not in first.attributes
    assert {"spancost.budget.state": "breach"} == second.attributes


def test_a_span_made_anew_without_its_scope_is_counted(receiver: Receiver) -> None:
    """Wrappers that pass on a span of their own making may leave the instrumentation out."""
    with Program(receiver.endpoint) as program:
        program.processor.on_end(
            ReadableSpan("chat gpt-5.2", SpanContext(1, 2, is_remote=False), attributes=call_attributes(1500, 500))
        )
    assert (12_000_000_000, 1) == program.spent


def test_spans_are_stamped_where_processors_run_in_a_pool(receiver: Receiver, way: str) -> None:
    """The SDK's concurrent multi processor, which calls hooks on threads of its own, exports stamped spans."""
    provider = TracerProvider(active_span_processor=ConcurrentMultiSpanProcessor(3), shutdown_on_exit=False)
    with Program(receiver.endpoint, way=way, tracer_provider=provider, last=True) as program:
        for _ in range(100):
            call(program.tracer, 100, 10)
    assert [(0.00045, "override")] * 100 == [_cost(span) for span in receiver.spans()]


def test_a_processor_inside_another_counts_in_every_way(receiver: Receiver, way: str) -> None:
    """A charge counts even where our processor is hidden inside somebody's own multi processor."""
    program = Program(receiver.endpoint, way=way)
    hidden = SynchronousMultiSpanProcessor()
    hidden.add_span_processor(program.processor)
    with program:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(hidden)
        call(provider.get_tracer("program"), 100, 10)
    assert (450_000_000, 1) == program.spent


def test_wrapping_the_end_of_spans_twice_changes_nothing(unwrapped: None, receiver: Receiver) -> None:
    """A second processor that has to wrap `Span.end` finds it wrapped."""
    Program(receiver.endpoint, way="wrap").__exit__()
    once = Span.__dict__["end"]
    Program(receiver.endpoint, way="wrap").__exit__()
    assert once is Span.__dict__["end"]


def test_the_probe_finds_the_way_that_works() -> None:
    """On the SDKs of today attributes of an ending span are frozen, and the dict inside takes them."""
    assert "dict" == stamps.probe()


def test_the_probe_prefers_the_public_way_where_the_sdk_is_mended(
    unwrapped: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once an SDK lets a span be written on while it is ending, nothing private is touched."""
    _mended(monkeypatch)
    assert "public" == stamps.probe()


def test_the_probe_falls_back_to_wrapping(unwrapped: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an SDK never calls `_on_ending`, the end of spans has to be wrapped."""
    monkeypatch.setattr(SynchronousMultiSpanProcessor, "_on_ending", lambda self, span: None)
    assert "wrap" == stamps.probe()


def test_the_probe_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Setting an attribute on an ended span is a question here, not a warning to the program."""
    stamps.probe()
    assert [] == caplog.records


class _Watcher(SpanProcessor):
    """Keeps each span that ended beside a copy of what it said then."""

    def __init__(self) -> None:
        self.seen: list[tuple[ReadableSpan, dict[str, Any], int]] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.seen.append((span, dict(span.attributes or {}), len(span.events)))


@pytest.fixture
def encoding() -> Iterator[Callable[[list[ReadableSpan]], None]]:
    """Yield a function that has spans encoded again and again, as an exporter's thread does; a failure fails the test."""
    stop = threading.Event()
    failures: list[Exception] = []
    threads: list[threading.Thread] = []

    def encode(spans: list[ReadableSpan]) -> None:
        while not stop.is_set():
            try:
                encode_spans(spans)
            except RuntimeError as failure:  # dictionary changed size during iteration: a whole batch lost
                failures.append(failure)

    def start(spans: list[ReadableSpan]) -> None:
        threads.append(threading.Thread(target=encode, args=(spans,)))
        threads[-1].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join()
    assert [] == failures


def test_no_ended_span_is_ever_touched(
    receiver: Receiver, way: str, encoding: Callable[[list[ReadableSpan]], None]
) -> None:
    """While an exporter encodes an ended owner, late children and breaches leave it as it was."""
    watcher = _Watcher()
    with Program(receiver.endpoint, way=way, budgets="team=0.01/day", before=(watcher,)) as program:
        with run_agent(program.tracer, "coordinator"):
            with run_agent(program.tracer, "streamer") as streamer:
                pass
            context = trace.set_span_in_context(streamer)
        encoding([span for span, _, _ in watcher.seen])
        for _ in range(1000):
            call(program.tracer, 100, 10, context=context)
        assert 1002 == len(watcher.seen)
        for span, attributes, events in watcher.seen:
            assert (attributes, events) == (dict(span.attributes or {}), len(span.events))


def test_how_a_span_ended_is_known(receiver: Receiver, way: str) -> None:
    """An error makes a lower bound of what was told, its text or its last event a refusal; its scope says whose numbers."""
    with Program(receiver.endpoint, way=way) as program:
        call(program.tracer, status=Status(StatusCode.ERROR, "the connection broke"))
        call(program.tracer, 0, 0, status=Status(StatusCode.ERROR, "RateLimitError: slow down"))
        call(program.tracer, status=Status(StatusCode.OK))
        bedrock = program.tracing.get_tracer("opentelemetry.instrumentation.botocore.bedrock-runtime")
        call(bedrock, 1000, 500, gen_ai__usage__cache_read__input_tokens=500)
        silent = program.tracer.start_span("chat", attributes={"gen_ai.operation.name": "chat"})
        silent.set_status(Status(StatusCode.ERROR))
        silent.record_exception(ValueError("before"))
        silent.add_event("exception", {"exception.type": "InternalServerError", "exception.message": "Error code: 500"})
        silent.add_event("done")
        silent.end()
    told = sorted((span.start_ns, span.attributes) for span in receiver.spans())
    statuses = [attributes.get("spancost.pricing.status") for _, attributes in told]
    assert ["partial", None, "override", "override", None] == statuses
    reasons = [attributes.get("spancost.pricing.reason") for _, attributes in told]
    assert ["cut_off", None, None, None, None] == reasons
    assert 0.012 == told[3][1]["gen_ai.usage.cost.amount"]
