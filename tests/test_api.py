"""What a program calls by itself: whom a call is for, calls that nothing instruments, the cost so far."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from otlp_receiver import Receiver
from sdk_program import Program, call, run_agent

import spancost
from spancost import installation, recorded
from spancost.config import Config
from spancost.faults import faults
from spancost.setup import Setup

pytestmark = pytest.mark.sdk

_RESOURCE = {"service.name": "program", "spancost.tenant": "of the resource"}


@pytest.fixture
def program(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """Yield a program whose set-up is the process's, as if it had been installed."""
    with Program(
        receiver.endpoint, dimensions=("user", "session", "team", "tenant", "plan"), resource=_RESOURCE
    ) as running:
        setup = Setup(Config())
        setup.engine, setup.exporter = running.engine, running.exporter
        monkeypatch.setattr(installation, "_setup", setup)
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", running.tracing)
        yield running


def _who(receiver: Receiver, program: Program) -> list[dict[str, Any]]:
    """Return whom the calls were counted for, a series each."""
    program.flush()
    names = {
        "user.id": "user",
        "session.id": "session",
        "spancost.team": "team",
        "spancost.tenant": "tenant",
        "gen_ai.agent.name": "agent",
        "gen_ai.workflow.name": "workflow",
        "plan": "plan",
    }
    return [
        {
            names[name]: value
            for name, value in point.attributes.items()
            if name in names and value not in ("(none)", "of the resource")
        }
        for point in receiver.points()
        if point.metric == "spancost.calls"
    ]


def test_attribution_reaches_the_calls_inside_and_no_other(receiver: Receiver, program: Program) -> None:
    """User, session, team, tenant, agent, workflow and any attribute hold for the block, also where it raises."""
    told = {
        "user": "ada",
        "session": "s1",
        "team": "search",
        "tenant": "acme",
        "agent": "helper",
        "workflow": "nightly",
        "plan": "gold",
    }
    with pytest.raises(KeyError), spancost.attribute(**told):  # noqa: PT012 - the exception must come out of the block
        call(program.tracer)
        raise KeyError
    call(program.tracer)
    assert [told, {}] == _who(receiver, program)


def test_the_inner_attribution_goes_before_the_outer(receiver: Receiver, program: Program) -> None:
    """A block in a block changes what it names and keeps the rest."""
    with spancost.attribute(user="ada", team="search"), spancost.attribute(user="bob"):
        call(program.tracer)
    assert [{"user": "bob", "team": "search"}] == _who(receiver, program)


def test_span_then_ancestors_then_baggage_then_resource(receiver: Receiver, program: Program) -> None:
    """Each place is asked only for what those before it don't say."""
    with spancost.attribute(user="of baggage", session="of baggage", team="of baggage"):
        with program.tracer.start_as_current_span(
            "request", attributes={"user.id": "of an ancestor", "session.id": "of an ancestor"}
        ):
            call(program.tracer, user__id="of the span")
    program.flush()
    (told,) = [point.attributes for point in receiver.points() if point.metric == "spancost.calls"]
    assert ("of the span", "of an ancestor", "of baggage", "of the resource", "(none)") == tuple(
        told[name] for name in ("user.id", "session.id", "spancost.team", "spancost.tenant", "plan")
    )


def test_what_is_set_on_an_ancestor_later_is_inherited(receiver: Receiver, program: Program) -> None:
    """A framework that learns the user while the request runs says so in time for the next call."""
    with program.tracer.start_as_current_span("request") as request:
        call(program.tracer)
        request.set_attribute("user.id", "ada")
        call(program.tracer)
    assert [{}, {"user": "ada"}] == _who(receiver, program)


def test_attribution_goes_with_the_context_into_threads(receiver: Receiver, program: Program) -> None:
    """Wherever OpenTelemetry's context goes the attribution goes: into a thread run in it, and not into another."""
    with spancost.attribute(user="ada"), ThreadPoolExecutor(1) as pool:
        pool.submit(copy_context().run, call, program.tracer).result()
        thread = threading.Thread(target=call, args=(program.tracer, 1, 1))
        thread.start()
        thread.join()
    assert [{"user": "ada"}, {}] == _who(receiver, program)


def test_attribution_goes_under_an_agent_in_a_thread_without_context(receiver: Receiver, program: Program) -> None:
    """A pool's thread has lost the baggage; the agent above, which began with it, has not."""
    with spancost.attribute(user="ada"), run_agent(program.tracer, "helper") as agent, ThreadPoolExecutor(1) as pool:
        pool.submit(call, program.tracer, context=trace.set_span_in_context(agent, context.Context())).result()
    assert [{"agent": "helper", "user": "ada"}] == _who(receiver, program)


def test_attribution_goes_with_the_headers_into_another_process(receiver: Receiver, program: Program) -> None:
    """W3C baggage carries it: what is extracted on the other side attributes the calls there."""
    headers: dict[str, str] = {}
    with spancost.attribute(user="ada", team="search"):
        propagate.inject(headers)
    assert "user.id=ada,spancost.team=search" == headers["baggage"]
    token = context.attach(propagate.extract(headers))
    try:
        with run_agent(program.tracer, "remote"):
            call(program.tracer)
    finally:
        context.detach(token)
    assert [{"agent": "remote", "user": "ada", "team": "search"}] == _who(receiver, program)
    assert {} == dict(baggage.get_all())


def test_a_recorded_call_is_a_span_and_a_charge(receiver: Receiver, program: Program) -> None:
    """What nothing instruments is counted under the current agent, priced, and visible as a span of its own."""
    with run_agent(program.tracer, "helper"):
        spancost.record_call(provider="openai", model="gpt-5.2", usage={"input": 1500, "output": 500})
        spancost.record_call(provider="openai", model="gpt-5.2", usage=spancost.Usage(1500, 500))
    program.flush()
    calls = [span for span in receiver.spans() if span.name == "chat gpt-5.2"]
    assert [(0.012, "helper", 3)] * 2 == [
        (span.attributes["gen_ai.usage.cost.amount"], span.attributes["spancost.agent.path"], span.kind)
        for span in calls
    ]
    owner = next(span for span in receiver.spans() if span.name == "invoke_agent helper")
    assert (0.024, 2, 3000) == tuple(
        owner.attributes[f"spancost.{name}"] for name in ("cost.total", "calls.total", "tokens.input")
    )


def test_a_recorded_call_tells_all_it_is_told(receiver: Receiver, program: Program) -> None:
    """Cache, reasoning, operation, id and further attributes are on the span, and of one id only one is counted."""
    for _ in range(2):
        spancost.record_call(
            provider="openai",
            model="gpt-5.2",
            operation="embeddings",
            response_id="r1",
            usage={"input": 1500, "output": 500, "cache_read": 1000, "cache_write": 100, "reasoning": 200},
            attributes={"user.id": "ada"},
        )
    program.flush()
    first, second = receiver.spans()
    assert ("embeddings gpt-5.2", "r1", 1000, 100, 200, "ada") == (
        first.name,
        *(
            first.attributes[name]
            for name in (
                "gen_ai.response.id",
                "gen_ai.usage.cache_read.input_tokens",
                "gen_ai.usage.cache_write.input_tokens",
                "gen_ai.usage.reasoning.output_tokens",
                "user.id",
            )
        ),
    )
    assert first.span_id == second.attributes["spancost.dedup.duplicate_of"]
    assert 1 == program.spent[1]


@pytest.mark.parametrize(
    ("usage", "words"),
    [
        (
            {"inptu": 1500, "output": 500},
            "does not read 'inptu' of usage; the keys are input, output, cache_read, cache_write, reasoning",
        ),
        ({"output": 500, "seconds": 9, 5: 5}, "does not read 'seconds', 5 of usage; the keys are input, output"),
        (
            ["input", 1500],
            "usage of record_call must be a mapping or a spancost.Usage, got list; the call is counted as unpriced",
        ),
        (1500, "usage of record_call must be a mapping or a spancost.Usage, got int; the call is counted as unpriced"),
    ],
    ids=["misspelt", "several", "a list", "a number"],
)
def test_usage_that_is_not_read_is_named_once(
    receiver: Receiver, program: Program, caplog: pytest.LogCaptureFixture, usage: Any, words: str
) -> None:
    """A misspelt count must not pass for none: one warning names it, the call is counted, and nothing is raised."""
    for _ in range(3):
        spancost.record_call(provider="openai", model="gpt-5.2", usage=usage)
    program.flush()
    (warning,) = caplog.messages
    assert words in warning
    assert ["chat gpt-5.2"] * 3 == [span.name for span in receiver.spans()]
    assert 3 == program.spent[1]


_RIGHT = {"provider": "openai", "model": "gpt-5.2", "usage": {"input": 1500, "output": 500}}


class _Array:
    """A value whose comparisons are no truth."""

    def __eq__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"usage": 5}, "invalid_usage", "usage of record_call must be a mapping or a spancost.Usage, got int"),
        (
            {"usage": [("input", 5)]},
            "invalid_usage",
            "usage of record_call must be a mapping or a spancost.Usage, got li",
        ),
        ({"attributes": 5}, "override", "attributes of record_call must be a mapping of attributes by name, got int"),
        (
            {"attributes": [("a", 1)]},
            "override",
            "attributes of record_call must be a mapping of attributes by name, got",
        ),
        ({"attributes": {5: "five", "plan": "gold"}}, "override", "got a name of type int; that one is not taken"),
        ({"provider": None}, "override", "provider of record_call must be text, got NoneType; it is not read"),
        ({"model": 5}, "unknown_model", "model of record_call must be text, got int; it is not read"),
        ({"operation": ["chat"]}, "override", "operation of record_call must be text, got list; it is not read"),
        ({"response_id": 5}, "override", "response_id of record_call must be text, got int; it is not read"),
        (
            {"cost": "0.01"},
            "override",
            "cost of record_call must be USD, above 0 and under 10000000, got str; the call is",
        ),
        (
            {"cost": 0},
            "override",
            "cost of record_call must be USD, above 0 and under 10000000, got 0; the call is",
        ),
        (
            {"usage": {"input": 10, "output": 5, "cache_read": 6, "cache_write": 5}},
            "invalid_usage",
            "usage of record_call says more cache_read and cache_write than input, which includes them; the call is",
        ),
        (
            {"usage": {"input": 10, "output": 5, "reasoning": 6}},
            "invalid_usage",
            "usage of record_call says more reasoning than output, which includes them; the call is counted as unpriced",
        ),
        (
            {"usage": {"input": -5, "output": 5}},
            "invalid_usage",
            "input in usage of record_call must be a whole number",
        ),
        ({"usage": {"input": 5, "output": True}}, "invalid_usage", "under 10000000000, got bool; the call is counted"),
        ({"usage": {"input": "5", "output": 5}}, "invalid_usage", "under 10000000000, got str; the call is counted"),
        (
            {"usage": {"input": float("nan"), "output": 5}},
            "invalid_usage",
            "got float; the call is counted as unpriced",
        ),
        ({"usage": {"input": 10**10, "output": 5}}, "invalid_usage", "got more; the call is counted as unpriced"),
        ({"usage": {"input": _Array(), "output": 5}}, "invalid_usage", "got _Array; the call is counted as unpriced"),
        (
            {"attributes": {"gen_ai.usage.input_tokens": 10}},
            "override",
            "an argument of record_call goes before 'gen_ai.usage.input_tokens' of its attributes",
        ),
        (
            {"attributes": {"gen_ai.request.model": "gpt-4o"}},
            "override",
            "an argument of record_call goes before 'gen_ai.request.model' of its attributes",
        ),
        (
            {"cost": 1e-14},
            "override",
            "cost of record_call must be USD, above 0 and under 10000000, got 0; the call is",
        ),
        (
            {"cost": -0.01},
            "override",
            "cost of record_call must be USD, above 0 and under 10000000, got less; the call is",
        ),
        (
            {"cost": 10**400},
            "override",
            "cost of record_call must be USD, above 0 and under 10000000, got no number; the",
        ),
        (
            {"cost": 1e300},
            "override",
            "cost of record_call must be USD, above 0 and under 10000000, got 10000000 or more;",
        ),
    ],
    ids=lambda told: "-".join(told) if isinstance(told, dict) else "",
)
@pytest.mark.parametrize("sdk", ["SDK", "no SDK"])
def test_a_wrong_argument_is_one_warning_and_the_call_counts(
    receiver: Receiver,
    program: Program,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    sdk: str,
    wrong: dict[str, Any],
    status: str,
    words: str,
) -> None:
    """The warning names the argument, what came and what is wanted; what else is told of the call stands."""
    recorded._warn.cache_clear()
    if sdk != "SDK":
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", trace.NoOpTracerProvider())
    for _ in range(2):
        spancost.record_call(**{**_RIGHT, **wrong})
    program.flush()
    (warning,) = caplog.messages
    assert words in warning
    assert (2 * (12 * 10**9 if status == "override" else 0), 2) == program.spent
    assert {"override" if status == "override" else "unpriced": 2} == {
        point.attributes["spancost.pricing.status"]: point.value
        for point in receiver.points()
        if point.metric == "spancost.calls"
    }
    spans = receiver.spans()
    assert (2 if sdk == "SDK" else 0) == len(spans)
    assert {status} >= {span.attributes.get("spancost.pricing.reason", status) for span in spans}
    # What is told to the engine of a usage that is none is no attribute for a backend to sum.
    assert {None, 1500, 10, 5} >= {span.attributes.get("gen_ai.usage.input_tokens") for span in spans}


def test_every_part_of_usage_has_its_price(program: Program, receiver: Receiver) -> None:
    """Hour-long cache writes and audio cost what a span that tells them would cost, and stand in no wrong attribute."""
    usage = spancost.Usage(1000, 100, cache_read=0, cache_write=1000, cache_write_1h=1000)
    spancost.record_call(provider="anthropic", model="claude-sonnet-4-5", usage=usage)
    spancost.record_call(provider="anthropic", model="claude-sonnet-4-5", usage=usage._asdict())
    # 1,000 written for an hour at 6 USD a million, 100 out at 15.
    assert (2 * 7_500_000_000, 2) == program.spent
    told = {"input": 1000, "output": 100, "audio_input": 1000, "audio_output": 100}
    spancost.record_call(provider="openai", model="gpt-realtime", usage=told)
    # 32 and 64 USD a million.
    assert (2 * 7_500_000_000 + 38_400_000_000, 3) == program.spent
    program.flush()
    assert {"exact"} == {span.attributes["spancost.pricing.status"] for span in receiver.spans()}


def test_half_a_character_costs_the_program_no_batch(program: Program, receiver: Receiver) -> None:
    """A model's name goes into the span's: one that OTLP can't carry would take the program's own spans with it."""
    with trace.get_tracer("program").start_as_current_span("its own"):
        spancost.record_call(provider="openai", model="m\ud800", usage=None, operation="chat\ud800")
    program.flush()
    assert ["chat? m?", "its own"] == [span.name for span in receiver.spans()]


class _Whole:
    """A count as libraries of arrays have it: no int, but as good as one."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __index__(self) -> int:
        return self._count


def test_whole_numbers_of_any_class_are_counts(program: Program) -> None:
    """A float without a fraction, or a number of an array library, is the count it is; None is not told."""
    for count in (1500, 1500.0, _Whole(1500), IntEnum("Count", {"MANY": 1500}).MANY):  # type: ignore[attr-defined]
        told = {"input": count, "output": 500, "reasoning": None, "cache_read": _Whole(0)}
        spancost.record_call(provider="openai", model="gpt-5.2", usage=told)  # type: ignore[arg-type]
    assert (4 * 12 * 10**9, 4) == program.spent


def test_an_enumerations_member_is_the_text_it_is(receiver: Receiver, program: Program) -> None:
    """Providers and models are often kept in an enumeration of strings: its member is priced as what it equals."""

    class Model(str, Enum):  # noqa: UP042 - the older way, whose str() is not its value
        BEST = "gpt-5.2"

    spancost.record_call(**{**_RIGHT, "model": Model.BEST})
    program.flush()
    assert ["chat gpt-5.2"] == [span.name for span in receiver.spans()]
    assert (12 * 10**9, 1) == program.spent


def test_our_own_fault_in_a_recorded_call_stays_with_us(
    planted: None, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapping that breaks while it is read, or whatever else may raise inside, ends in our own counter."""

    class Broken(dict[str, int]):
        def __iter__(self) -> Iterator[str]:
            raise RuntimeError

    spancost.record_call(provider="openai", model="gpt-5.2", usage=Broken(input=1))
    assert {"record_call": 1} == dict(faults)


def test_a_misspelt_count_leaves_a_lower_bound(receiver: Receiver, program: Program) -> None:
    """What was told of the call is priced, and its span says that it is not the whole."""
    spancost.record_call(provider="openai", model="gpt-5.2", usage={"imput": 1500, "output": 500})
    program.flush()
    (span,) = receiver.spans()
    assert ("partial", 0.0075) == tuple(
        span.attributes[name] for name in ("spancost.pricing.status", "gen_ai.usage.cost.amount")
    )


def test_a_usage_without_parts_writes_none(receiver: Receiver, program: Program) -> None:
    """Cache and reasoning are on the span where there were any; input and output always."""
    spancost.record_call(provider="openai", model="gpt-5.2", usage=spancost.Usage(1500, reasoning=0))
    program.flush()
    (span,) = receiver.spans()
    assert {"gen_ai.usage.input_tokens": 1500, "gen_ai.usage.output_tokens": 0} == {
        name: value for name, value in span.attributes.items() if name.endswith("_tokens")
    }


@pytest.mark.parametrize("cost", [Decimal("0.25"), 0.25])
def test_what_the_provider_charged_is_the_cost(receiver: Receiver, program: Program, cost: Decimal | float) -> None:
    """A cost told with the call goes before our own price."""
    spancost.record_call(provider="openai", model="gpt-5.2", usage={"input": 1500, "output": 500}, cost=cost)
    program.flush()
    (span,) = receiver.spans()
    assert ("reported", "provider", 0.25) == tuple(
        span.attributes[name]
        for name in ("spancost.pricing.status", "gen_ai.usage.cost.source", "gen_ai.usage.cost.amount")
    )
    assert (250 * 10**9, 1) == program.spent


@pytest.mark.parametrize("sampled_out", [True, False], ids=["sampled out", "no SDK"])
def test_a_call_counts_where_no_span_is_recorded(
    receiver: Receiver, program: Program, monkeypatch: pytest.MonkeyPatch, sampled_out: bool
) -> None:
    """Without an SDK, or where the sampler drops the span, a recorded call is counted and attributed all the same."""
    silent = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False) if sampled_out else trace.NoOpTracerProvider()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", silent)
    with spancost.attribute(user="ada"):
        spancost.record_call(provider="openai", model="gpt-5.2", usage={"input": 1500, "output": 500})
    assert (12 * 10**9, 1) == program.spent
    assert [{"user": "ada"}] == _who(receiver, program)


@pytest.mark.parametrize("operation", ["chat", "rerank", "image_generation", "execute_tool", "invoke_agent"])
@pytest.mark.parametrize("sdk", ["SDK", "sampled out", "no SDK"])
def test_whatever_its_operation_a_recorded_call_is_a_call(
    receiver: Receiver, program: Program, monkeypatch: pytest.MonkeyPatch, sdk: str, operation: str
) -> None:
    """Money that a provider charged is counted, and a call of which nothing is known too: the same in all set-ups."""
    silent = {
        "sampled out": TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False),
        "no SDK": trace.NoOpTracerProvider(),
    }
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", silent.get(sdk, program.tracing))
    told = {"provider": "cohere", "model": "rerank-v3.5", "usage": None, "operation": operation}
    with spancost.attribute(user="ada"):
        spancost.record_call(**told, cost=0.002)
        spancost.record_call(**told)
    program.flush()
    calls = {
        (point.attributes["spancost.pricing.status"], point.attributes["user.id"]): point.value
        for point in receiver.points()
        if point.metric == "spancost.calls"
    }
    assert {("reported", "ada"): 1, ("unpriced", "ada"): 1} == calls
    assert (2 * 10**9, 2, 1) == (*program.spent, program.engine.spent.unpriced)
    if sdk == "SDK":
        assert [("reported", operation), ("unpriced", operation)] == [
            (span.attributes["spancost.pricing.status"], span.attributes["gen_ai.operation.name"])
            for span in receiver.spans()
        ]


def test_a_recorded_call_of_any_operation_is_its_agents(receiver: Receiver, program: Program) -> None:
    """A reranking is direct cost of the agent that asked for it, and carries an amount and no totals."""
    with run_agent(program.tracer, "helper"):
        spancost.record_call(provider="cohere", model="rerank-v3.5", usage=None, operation="execute_tool", cost=0.002)
    program.flush()
    span, owner = receiver.spans()
    assert ("helper", 0.002) == (
        span.attributes["spancost.agent.path"],
        span.attributes["gen_ai.usage.cost.amount"],
    )
    assert "spancost.cost.total" not in span.attributes
    assert (0.002, 1) == (owner.attributes["spancost.cost.direct"], owner.attributes["spancost.calls.total"])


def test_a_span_that_nobody_counts_is_counted_by_the_call(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a provider records the span and has no processor of ours, the call counts all the same, and once."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", TracerProvider(shutdown_on_exit=False))
    spancost.record_call(provider="openai", model="gpt-5.2", usage={"input": 1500, "output": 500})
    assert (12 * 10**9, 1) == program.spent


def test_the_cost_so_far_is_exact_in_a_trace_and_outside(program: Program) -> None:
    """Inside a trace it is the trace's, open spans and all; outside it is the process's."""
    assert Decimal(0) == spancost.current_cost()
    with run_agent(program.tracer, "one"):
        call(program.tracer, 1, 0)
        with run_agent(program.tracer, "two"):
            call(program.tracer)
            assert Decimal("0.012003") == spancost.current_cost()
    with run_agent(program.tracer, "other"):
        assert Decimal(0) == spancost.current_cost()
    assert Decimal("0.012003") == spancost.current_cost()


def test_the_cost_so_far_of_a_trace_is_never_anothers(program: Program) -> None:
    """A trace that is not sampled, one that only a remote parent tells of, and a span that ended have spent nothing."""
    call(program.tracer)
    unsampled = TracerProvider(sampler=ALWAYS_OFF).get_tracer("program")
    with unsampled.start_as_current_span("request"):
        assert Decimal(0) == spancost.current_cost()
    remote = trace.NonRecordingSpan(trace.SpanContext(77, 99, is_remote=True, trace_flags=trace.TraceFlags(1)))
    with trace.use_span(remote):
        assert Decimal(0) == spancost.current_cost()
    with program.tracer.start_as_current_span("request") as ended:
        pass
    with trace.use_span(ended):
        assert Decimal(0) == spancost.current_cost()
    assert Decimal("0.012") == spancost.current_cost()


def test_flush_leaves_nothing_queued(receiver: Receiver, program: Program) -> None:
    """After a flush every event is with the logger provider, and every charge is in the counters."""
    with program.tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}):
        call(program.tracer)
        assert spancost.flush()
        program.metrics.force_flush()
    assert 1 in [point.value for point in receiver.points() if point.metric == "spancost.calls"]
