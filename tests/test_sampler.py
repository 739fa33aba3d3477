"""Sampled traces: every call is counted, and what is exported is what would have been without us."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from opentelemetry import context, propagate, trace
from opentelemetry.sdk.trace import IdGenerator, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    ParentBased,
    ParentBasedTraceIdRatio,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import TraceState
from otlp_receiver import Receiver
from sdk_program import PRICES, Program, call, run_agent

import spancost
from spancost.faults import faults
from spancost.sampler import CostSampler, put_on

pytestmark = pytest.mark.sdk

_TRACES = 2000


class _Ids(IdGenerator):
    """The same ids in every run."""

    def __init__(self) -> None:
        self._random = Random(9)

    def generate_span_id(self) -> int:
        return self._random.getrandbits(64)

    def generate_trace_id(self) -> int:
        return self._random.getrandbits(128)


class _Custom(Sampler):
    """A sampler of a program's: what it decides is handed in."""

    def __init__(self, decide: Callable[..., SamplingResult]) -> None:
        self.decide = decide

    def should_sample(
        self, parent_context: Any, trace_id: int, name: str, kind: Any = None, attributes: Any = None, links: Any = None
    ) -> SamplingResult:
        return self.decide(name, attributes)

    def get_description(self) -> str:
        return "Custom"


def _dropping(*names: str) -> Sampler:
    """Drop the spans of these names, and no other."""

    def decide(name: str, attributes: Any) -> SamplingResult:
        return SamplingResult(*((Decision.DROP,) if name in names else (Decision.RECORD_AND_SAMPLE, attributes)))

    return _Custom(decide)


def _program(receiver: Receiver, sampler: Sampler, **how: Any) -> Program:
    return Program(
        receiver.endpoint,
        tracer_provider=TracerProvider(sampler, id_generator=_Ids(), shutdown_on_exit=False),
        **how,
    )


def _metric(receiver: Receiver, name: str) -> dict[str, float]:
    """Return the counter by agent."""
    found = Counter[str]()
    for point in receiver.points():
        if point.metric == name:
            found[str(point.attributes.get("gen_ai.agent.name"))] += point.value
    return dict(found)


def _serve(tracer: trace.Tracer) -> None:
    """Answer one request as a server does that asks an agent, and a second model by itself."""
    with tracer.start_as_current_span("POST /ask", attributes={"http.route": "/ask"}, kind=trace.SpanKind.SERVER):
        with tracer.start_as_current_span("SELECT", attributes={"db.system": "sqlite"}, kind=trace.SpanKind.CLIENT):
            pass
        with run_agent(tracer, "clerk"), tracer.start_as_current_span("lookup", attributes={"step": 1}):
            call(tracer)
        call(tracer, 500, 200, "gemini-3-pro")


@pytest.fixture(params=[BatchSpanProcessor, SimpleSpanProcessor], ids=["batch", "simple"])
def span_processor(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("mode", ["subtree", "all"])
@pytest.mark.parametrize(
    "sampler",
    [ParentBasedTraceIdRatio(0.01), TraceIdRatioBased(0.01), ALWAYS_OFF],
    ids=["by the root", "each by its trace", "none"],
)
def test_at_one_percent_every_call_is_counted_and_no_other_span_exported(
    mode: str, sampler: Sampler, receiver: Receiver, span_processor: Any
) -> None:
    """Metrics are exact over 2,000 traces; the spans that leave are those that would have, down to each id."""
    with _program(receiver, sampler, span_processor=span_processor) as program:
        for _ in range(_TRACES):
            _serve(program.tracer)
    without = {(span.trace_id, span.span_id, span.name) for span in receiver.spans()}
    receiver.clear()
    with _program(receiver, CostSampler(sampler, mode), span_processor=span_processor) as program:
        for _ in range(_TRACES):
            _serve(program.tracer)
        assert program.exporter.flush()
    assert without == {(span.trace_id, span.span_id, span.name) for span in receiver.spans()}
    assert (sampler is ALWAYS_OFF) == (not without)
    assert 5 * _TRACES * 0.05 > len(without)
    clerk, itself = 1500 * PRICES["gpt-5.2"][0] + 500 * PRICES["gpt-5.2"][1], 500 * 2_500_000 + 200 * 10_000_000
    assert (_TRACES * (clerk + itself), 2 * _TRACES) == program.spent
    calls, cost = _metric(receiver, "spancost.calls"), _metric(receiver, "spancost.cost")
    assert {"clerk": _TRACES, "None": _TRACES} == calls
    assert {"clerk": _TRACES * clerk / 10**12, "None": _TRACES * itself / 10**12} == pytest.approx(cost)
    tokens = sum(point.value for point in receiver.points() if point.metric == "spancost.tokens")
    assert _TRACES * (2000 + 700) == tokens
    owners = {
        (point.attributes["spancost.owner.kind"], point.count)
        for point in receiver.points()
        if point.metric == "spancost.owner.cost"
    }
    assert ("agent", _TRACES) in owners
    assert (mode == "all") == (("root", _TRACES) in owners)


@pytest.mark.parametrize("mode", ["subtree", "all"])
def test_what_is_exported_carries_what_it_would_without_sampling(mode: str, receiver: Receiver) -> None:
    """A sampled root has its whole total, stamped on the bytes that left."""
    sampler = ParentBased(_dropping("POST /drop"))
    with _program(receiver, CostSampler(sampler, mode)) as program:
        with program.tracer.start_as_current_span("POST /drop", attributes={"http.route": "/drop"}):
            call(program.tracer)
        _serve(program.tracer)
    stamped = {span.name: span.attributes.get("spancost.cost.total") for span in receiver.spans()}
    kept = ["POST /ask", "SELECT", "invoke_agent clerk", "lookup", "chat gpt-5.2", "chat gemini-3-pro"]
    assert dict(zip(kept, (0.01525, None, 0.012, 0.012, None, None), strict=True)) == stamped


@pytest.mark.parametrize("mode", ["subtree", "all"])
def test_a_root_is_whole_where_children_drop_one_by_one(mode: str, receiver: Receiver) -> None:
    """Under a sampler that asks of no parent, an exported root tells the calls below it that were dropped."""
    with _program(receiver, CostSampler(_dropping("chat gpt-5.2", "lookup"), mode)) as program:
        _serve(program.tracer)
    (root,) = [span for span in receiver.spans() if span.name == "POST /ask"]
    assert {"POST /ask", "SELECT", "invoke_agent clerk", "chat gemini-3-pro"} == {
        span.name for span in receiver.spans()
    }
    assert (0.00325, 0.012, 0.01525, 2) == tuple(
        root.attributes[f"spancost.{name}"] for name in ("cost.direct", "cost.children", "cost.total", "calls.total")
    )


def test_a_root_that_was_dropped_has_its_total_in_the_metric(receiver: Receiver) -> None:
    """In `all` the histogram of owners has each local root with what it really cost."""
    with _program(receiver, CostSampler(ALWAYS_OFF, "all")) as program:
        for _ in range(3):
            _serve(program.tracer)
        assert program.exporter.flush()
    (roots,) = [point for point in receiver.points() if point.attributes.get("spancost.owner.kind") == "root"]
    assert [] == receiver.spans()
    assert (3, pytest.approx(3 * 0.01525)) == (roots.count, roots.value)


# -- What a sampler hands over ------------------------------------------------------------------------------------


def test_what_a_span_starts_with_and_what_the_sampler_adds_both_reach_it() -> None:
    """So does the trace state; where both name one attribute the sampler's holds, as in the SDK."""
    state = TraceState([("vendor", "1")])
    adding = _Custom(lambda name, _: SamplingResult(Decision.DROP, {"sampler.rule": "r7", "both": "sampler"}, state))
    span = (
        TracerProvider(CostSampler(adding, "all"))
        .get_tracer("program")
        .start_span("work", attributes={"gen_ai.operation.name": "chat", "both": "program"})
    )
    assert isinstance(span, trace.Span)
    attributes: Any = getattr(span, "attributes", None)
    assert {"gen_ai.operation.name": "chat", "both": "sampler", "sampler.rule": "r7"} == dict(attributes)
    assert (state, False) == (span.get_span_context().trace_state, span.get_span_context().trace_flags.sampled)


def test_a_sampler_that_records_itself_loses_nothing_either() -> None:
    """One that answers RECORD_ONLY without the initial attributes, as the SDK's AlwaysRecordSampler does."""
    losing = _Custom(lambda name, _: SamplingResult(Decision.RECORD_ONLY))
    result = CostSampler(losing).should_sample(None, 1, "GET /", attributes={"http.route": "/"})
    assert (Decision.RECORD_ONLY, {"http.route": "/"}) == (result.decision, dict(result.attributes))


def test_what_is_sampled_passes_as_it_is() -> None:
    """An attribute that a sampler of the program's takes off an exported span stays off."""
    told = SamplingResult(Decision.RECORD_AND_SAMPLE, {"kept": True})
    sampler = CostSampler(_Custom(lambda *_: told), "all")
    assert told is sampler.should_sample(None, 1, "chat", attributes={"secret": "s"})


def test_the_description_names_both() -> None:
    """The mode, and the sampler inside as it describes itself."""
    inside = ParentBasedTraceIdRatio(0.01)
    assert f"CostSampler{{subtree, {inside.get_description()}}}" == CostSampler(inside).get_description()
    assert "CostSampler{all, Custom}" == CostSampler(_dropping(), "all").get_description()


def test_a_trace_that_is_not_sampled_is_not_sampled_elsewhere(receiver: Receiver) -> None:
    """Whoever is called from a recorded span is told that the trace is not sampled."""
    with _program(receiver, CostSampler(ParentBased(ALWAYS_OFF), "all")) as program:
        with program.tracer.start_as_current_span("job") as span:
            carrier: dict[str, str] = {}
            propagate.inject(carrier)
    assert span.is_recording() is False
    assert (
        f"00-{span.get_span_context().trace_id:032x}-{span.get_span_context().span_id:016x}-"
        == (carrier["traceparent"][:-2])
    )
    assert 0 == int(carrier["traceparent"][-2:], 16) & 1


@pytest.mark.parametrize("mode", ["subtree", "all"])
def test_a_call_below_a_remote_parent_that_is_not_sampled_is_counted(mode: str, receiver: Receiver) -> None:
    """The service asked is the one that knows what it spent, whatever its caller sampled."""
    remote = trace.SpanContext(1, 2, is_remote=True, trace_flags=trace.TraceFlags(0))
    with _program(receiver, CostSampler(ParentBased(ALWAYS_ON), mode)) as program:
        token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(remote)))
        _serve(program.tracer)
        context.detach(token)
    assert ([], 2) == (receiver.spans(), program.spent[1])


# -- What subtree records -----------------------------------------------------------------------------------------


@pytest.fixture
def tracer() -> trace.Tracer:
    """A tracer all of whose spans are dropped, under `subtree`."""
    return TracerProvider(CostSampler(ALWAYS_OFF), shutdown_on_exit=False).get_tracer("program")


@pytest.mark.parametrize(
    ("name", "attributes", "recorded"),
    [
        ("step", {"gen_ai.operation.name": "chat"}, True),
        ("step", {"openinference.span.kind": "LLM"}, True),
        ("step", {"traceloop.span.kind": "task"}, True),
        ("step", {"gen_ai.agent.name": "a"}, True),
        ("step", {"gen_ai.request.model": "gpt-5.2", "server.address": "h"}, True),
        ("chat gpt-5.2", {"server.address": "h"}, True),
        ("invoke_agent a", {"step": 1}, True),
        ("ChatOpenAI", {}, True),
        ("coordinator", None, True),
        ("POST", {"http.request.method": "POST"}, False),
        ("SELECT", {"db.system": "sqlite"}, False),
        ("chatter", {"step": 1}, False),
        (7, {"step": 1}, False),
    ],
)
def test_what_may_be_a_call_or_an_agent_is_recorded(
    tracer: trace.Tracer, name: Any, attributes: Any, recorded: bool
) -> None:
    """By attributes of any dialect, by the conventions' names, or because it doesn't say yet what it is."""
    assert recorded == tracer.start_span(name, attributes=attributes).is_recording()


def test_all_below_what_is_recorded_is_recorded(tracer: trace.Tracer) -> None:
    """So that a call is its agent's, however many spans of something else lie between, open or ended."""
    with run_agent(tracer, "agent") as agent:
        with tracer.start_as_current_span("POST", attributes={"http.request.method": "POST"}):
            assert tracer.start_span("SELECT", attributes={"db.system": "sqlite"}).is_recording()
    late = tracer.start_span("late", trace.set_span_in_context(agent), attributes={"step": 1})
    assert late.is_recording()


def test_all_below_what_is_dropped_is_judged_by_itself(tracer: trace.Tracer) -> None:
    """A dropped parent tells nothing of its children."""
    with tracer.start_as_current_span("POST /ask", attributes={"http.route": "/ask"}):
        assert not tracer.start_span("SELECT", attributes={"db.system": "sqlite"}).is_recording()
        assert tracer.start_span("chat gpt-5.2").is_recording()


@pytest.mark.parametrize("mode", ["subtree", "all"])
@pytest.mark.parametrize("nested", [True, False], ids=["parent and child", "two traces"])
def test_a_call_that_two_layers_report_is_counted_once(mode: str, nested: bool, receiver: Receiver) -> None:
    """The framework's span and its client's are both dropped, and are one call."""
    with _program(receiver, CostSampler(ALWAYS_OFF, mode)) as program:
        framework = program.tracing.get_tracer("openinference.instrumentation.langchain")
        client = program.tracing.get_tracer("openinference.instrumentation.openai")
        outer = framework.start_span("ChatOpenAI")
        call(client, context=trace.set_span_in_context(outer) if nested else context.Context())
        outer.set_attributes({"openinference.span.kind": "LLM", "llm.model_name": "gpt-5.2"})
        outer.set_attributes({"llm.token_count.prompt": 1500, "llm.token_count.completion": 500})
        outer.end()
        assert 1 == program.engine.duplicates
    assert (12 * 10**9, 1) == program.spent
    assert {"None": 1} == _metric(receiver, "spancost.calls")


def test_a_dropped_call_that_passes_a_threshold_is_told_where_it_happened(receiver: Receiver) -> None:
    """The log record has the span's ids, and says that its trace was not sampled."""
    with (
        _program(receiver, CostSampler(ALWAYS_OFF), budgets="agent=0.01/day") as program,
        run_agent(program.tracer, "clerk"),
    ):
        spent = call(program.tracer).get_span_context()
    told = {record.event_name for record in receiver.records()}
    assert {"spancost.budget.threshold", "spancost.budget.breach"} == told
    assert {(f"{spent.trace_id:032x}", f"{spent.span_id:016x}")} == {
        (record.trace_id, record.span_id) for record in receiver.records()
    }


def test_the_sampler_inside_is_asked_with_what_we_are_asked_with() -> None:
    """With the trace state where we are given one, and else without: not every sampler takes it."""
    asked: list[Any] = []

    class Asked(_Custom):
        def should_sample(self, *given: Any) -> SamplingResult:
            asked.append(given)
            return SamplingResult(Decision.DROP)

    state = TraceState([("vendor", "1")])
    sampler = CostSampler(Asked(lambda *_: SamplingResult(Decision.DROP)))
    sampler.should_sample(None, 1, "chat", trace.SpanKind.CLIENT, {"a": 1}, (), state)
    sampler.should_sample(None, 1, "chat")
    assert [(None, 1, "chat", trace.SpanKind.CLIENT, {"a": 1}, (), state), (None, 1, "chat", None, None, None)] == asked


# -- In a program -------------------------------------------------------------------------------------------------


def test_it_can_be_pickled_and_stand_inside_another() -> None:
    """As samplers of the SDK can: in a `ParentBased` it decides of roots."""
    used = CostSampler(ParentBasedTraceIdRatio(0.5), "all")
    used.is_here = lambda _: True
    copied = pickle.loads(pickle.dumps(used))
    assert CostSampler(ParentBasedTraceIdRatio(0.5), "all").get_description() == copied.get_description()
    tracer = TracerProvider(ParentBased(CostSampler(ALWAYS_OFF))).get_tracer("program")
    assert tracer.start_span("chat").is_recording()


def test_a_wrong_mode_is_told_where_it_is_written() -> None:
    """The program's own mistake, at its start."""
    with pytest.raises(ValueError, match="CostSampler: got the mode 'everything'; write one of subtree, all"):
        CostSampler(ALWAYS_OFF, "everything")


def test_where_all_is_off_it_decides_as_the_one_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pays for a span that nobody counts."""
    monkeypatch.setenv("SPANCOST_DISABLED", "true")
    sampler = CostSampler(ALWAYS_OFF, "all")
    assert Decision.DROP is sampler.should_sample(None, 1, "chat").decision
    assert "CostSampler{off, AlwaysOffSampler}" == sampler.get_description()


def test_an_exception_of_the_sampler_inside_is_the_program_s() -> None:
    """It passes as if we weren't there."""

    def broken(*_: object) -> SamplingResult:
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        CostSampler(_Custom(broken)).should_sample(None, 1, "chat")


@pytest.mark.usefixtures("planted")
def test_a_fault_of_ours_leaves_the_decision_as_it_was() -> None:
    """What can't be read, of a span or of an answer, is counted as our fault; the span is as the program wanted it."""

    class Unreadable(dict[str, Any]):
        def __bool__(self) -> bool:
            raise ArithmeticError

    told = SamplingResult(Decision.DROP)
    assert told is CostSampler(_Custom(lambda *_: told)).should_sample(None, 1, "chat", attributes=Unreadable())
    odd: Any = object()
    assert odd is CostSampler(_Custom(lambda *_: odd)).should_sample(None, 1, "chat")
    assert {"sampler": 2} == dict(faults)


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    """A provider that drops everything, and is no more set up than that."""
    made = TracerProvider(ALWAYS_OFF, shutdown_on_exit=False)
    yield made
    made.shutdown()


def test_tracers_that_a_provider_has_made_get_it_too(provider: TracerProvider) -> None:
    """Each of its own, before or after, and nobody else's."""
    other = TracerProvider(ALWAYS_OFF, shutdown_on_exit=False).get_tracer("other")
    before = provider.get_tracer("before")
    sampler = put_on(provider, "all")
    assert sampler is provider.sampler
    assert before.start_span("work").is_recording()
    assert provider.get_tracer("after").start_span("work").is_recording()
    assert not other.start_span("work").is_recording()


def test_a_tracer_with_a_sampler_of_its_own_keeps_it(provider: TracerProvider) -> None:
    """The program has given it one."""
    tracer: Any = provider.get_tracer("own")
    tracer.sampler = ALWAYS_ON
    put_on(provider, "all")
    assert tracer.sampler is ALWAYS_ON


def test_it_is_put_on_once(provider: TracerProvider) -> None:
    """One that is there already, put on by us or by the program, stays as it is."""
    sampler = put_on(provider, "subtree")
    assert put_on(provider, "all") is None
    assert sampler is provider.sampler


def test_it_is_one_of_spancost_s_names() -> None:
    """For programs that set OpenTelemetry up themselves."""
    assert CostSampler is spancost.CostSampler


@pytest.mark.sdk
def test_a_provider_made_before_us_is_sampled_by_ours_when_it_is_set(tmp_path: Path) -> None:
    """With a processor added by hand, and with `install` between making and setting it: calls count, once."""
    code = """
import sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
provider = TracerProvider(sampler=ALWAYS_OFF)
import spancost
if sys.argv[1] == "by hand":
    provider.add_span_processor(spancost.CostSpanProcessor())
else:
    spancost.install()
trace.set_tracer_provider(provider)
told = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5-mini", "gen_ai.usage.input_tokens": 1000}
with trace.get_tracer("program").start_as_current_span("chat", attributes=told):
    pass
print(spancost.installation.setup_of().engine.spent.calls, provider.sampler.get_description())
print(len(provider._active_span_processor._span_processors))
"""
    for door in ("by hand", "install"):
        for mode in ("subtree", "off"):
            environment = {**os.environ, "SPANCOST_SAMPLER": mode, "OTEL_METRICS_EXPORTER": "none"}
            done = subprocess.run(
                [sys.executable, "-c", code, door],
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            if mode == "subtree":
                assert ["1 CostSampler{subtree, AlwaysOffSampler}", "1"] == done.stdout.splitlines(), done.stderr
            else:
                assert ["0 AlwaysOffSampler", "1"] == done.stdout.splitlines()
                assert "Set SPANCOST_SAMPLER=subtree" in done.stderr


@pytest.mark.sdk
@pytest.mark.parametrize("door", ["by setting", "by hand", "before install"])
def test_a_span_that_starts_with_a_dimension_is_recorded_whoever_made_the_sampler(door: str) -> None:
    """Whom a call is for stands on a request's dropped span, under a name that only the settings tell."""
    code = """
import sys
import spancost
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
door = sys.argv[1]
if door == "by hand":
    spancost.install()
provider = TracerProvider(sampler=ALWAYS_OFF if door == "by setting" else spancost.CostSampler(ALWAYS_OFF))
spancost.install()
trace.set_tracer_provider(provider)
with trace.get_tracer("program").start_as_current_span("GET /", attributes={"customer.id": "c1"}) as span:
    print(span.is_recording())
with trace.get_tracer("program").start_as_current_span("GET /", attributes={"http.route": "/"}) as span:
    print(span.is_recording())
"""
    done = subprocess.run(
        [sys.executable, "-c", code, door],
        env={
            **os.environ,
            "OTEL_METRICS_EXPORTER": "none",
            "SPANCOST_DIMENSIONS": "customer.id",
            "SPANCOST_SAMPLER": "subtree" if door == "by setting" else "off",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ["True", "False"] == done.stdout.splitlines(), done.stderr
