"""The processor's contract with the SDK that calls it: what its hooks do, and above all what they don't."""

from __future__ import annotations

import contextvars
import io
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import localcontext
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from otlp_receiver import Receiver
from sdk_program import Program, call, run_agent

from spancost.assembly import engine_of
from spancost.config import Config
from spancost.exporter import CostExporter
from spancost.processor import CostSpanProcessor

pytestmark = pytest.mark.sdk


def _discard(exporter: Any) -> SpanProcessor:
    return SpanProcessor()


def test_the_worked_example_in_any_backend(receiver: Receiver) -> None:
    """The README's first tree: each agent's direct, children and total, to the last digit, on received spans."""
    with Program(receiver.endpoint) as program, run_agent(program.tracer, "coordinator"):
        call(program.tracer, 1500, 500)
        with run_agent(program.tracer, "code_agent"):
            call(program.tracer, 2000, 800)
            with run_agent(program.tracer, "syntax_analyzer"):
                call(program.tracer, 500, 200, "gemini-3-pro")
    told = {
        span.attributes["gen_ai.agent.name"]: tuple(
            span.attributes[f"spancost.cost.{part}"] for part in ("direct", "children", "total", "total_nano_usd")
        )
        for span in receiver.spans()
        if span.name.startswith("invoke_agent")
    }
    assert {
        "coordinator": (0.012, 0.02125, 0.03325, 33_250_000),
        "code_agent": (0.018, 0.00325, 0.02125, 21_250_000),
        "syntax_analyzer": (0.00325, 0.0, 0.00325, 3_250_000),
    } == told
    paths = {span.attributes.get("spancost.agent.path") for span in receiver.spans()}
    assert {None, "coordinator", "coordinator/code_agent", "coordinator/code_agent/syntax_analyzer"} == paths


def test_a_tool_carries_its_total_and_nothing_else(receiver: Receiver) -> None:
    """A span that owns nothing says what is below it; a span with nothing below it is left alone."""
    with Program(receiver.endpoint) as program, run_agent(program.tracer, "agent"):
        with program.tracer.start_as_current_span("search", attributes={"gen_ai.operation.name": "execute_tool"}):
            call(program.tracer)
        with program.tracer.start_as_current_span("plain"):
            pass
    spans = {span.name: span.attributes for span in receiver.spans()}
    assert {"gen_ai.operation.name": "execute_tool", "spancost.cost.total": 0.012} == spans["search"]
    assert {} == spans["plain"]


def test_a_duplicate_points_at_the_span_that_has_the_money(receiver: Receiver) -> None:
    """A framework's span around its client's span of the same call has no amount and names the other."""
    with Program(receiver.endpoint) as program:
        with program.tracer.start_as_current_span("chat gpt-5.2", kind=trace.SpanKind.CLIENT) as outer:
            outer.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5.2"})
            inner = call(program.tracer, gen_ai__response__id="r1")
            outer.set_attributes({"gen_ai.usage.input_tokens": 1500, "gen_ai.usage.output_tokens": 500})
            outer.set_attribute("gen_ai.response.id", "r1")
    spans = {span.span_id: span.attributes for span in receiver.spans()}
    duplicate = spans[f"{outer.get_span_context().span_id:016x}"]
    assert "duplicate" == duplicate["spancost.dedup.role"]
    assert f"{inner.get_span_context().span_id:016x}" == duplicate["spancost.dedup.duplicate_of"]
    assert [0.012] == [each["gen_ai.usage.cost.amount"] for each in spans.values() if "spancost.cost.nano_usd" in each]
    assert "gen_ai.usage.cost.amount" not in duplicate
    assert (12 * 10**9, 1) == program.spent


def test_an_amount_that_is_there_is_never_overwritten(receiver: Receiver) -> None:
    """Where the span says what the provider charged, that holds, and what we computed stands beside it."""
    said = {
        "gen_ai.usage.cost.amount": 0.5,
        "gen_ai.usage.cost.currency": "USD",
        "gen_ai.usage.cost.source": "provider",
    }
    with Program(receiver.endpoint) as program:
        call(program.tracer, **said)
    (span,) = receiver.spans()
    assert said == {name: span.attributes[name] for name in said}
    assert (500_000_000, "reported", 0.012) == tuple(
        span.attributes[f"spancost.{name}"] for name in ("cost.nano_usd", "pricing.status", "cost.computed")
    )


def test_children_on_other_threads_find_their_parent(receiver: Receiver) -> None:
    """The tree goes by span ids: it doesn't matter on which thread a span starts or ends."""
    with Program(receiver.endpoint) as program:
        with run_agent(program.tracer, "agent") as agent, ThreadPoolExecutor(4) as pool:
            context = trace.set_span_in_context(agent)
            for _ in range(20):
                pool.submit(call, program.tracer, context=context)
    totals = [span.attributes.get("spancost.cost.total") for span in receiver.spans() if span.name.startswith("invoke")]
    assert [0.24] == totals


@pytest.fixture
def fenced(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Have sockets and files opened on this thread noted, and return what was."""
    opened: list[str] = []
    me = threading.get_ident()

    def fence(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def noted(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == me:
                opened.append(f"{name}{args[:2]}")
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, noted)

    fence(socket, "socket")
    fence(socket, "create_connection")
    fence(io, "open")
    fence(io, "open_code")
    monkeypatch.setattr("builtins.open", io.open)
    return lambda: opened


def test_hooks_open_no_socket_and_no_file(receiver: Receiver, fenced: Callable[[], list[str]]) -> None:
    """Starts, ends, breaches and corrections all leave the network and the disk to the worker."""
    with Program(receiver.endpoint, budgets="user=0.01/day", operation_cost=True) as program:
        call(program.tracer, model="gpt-4o")  # the price list is read with the first call that needs it
        fenced().clear()
        with run_agent(program.tracer, "agent") as agent:
            call(program.tracer, user__id="ada")
            call(program.tracer, user__id="ada", model="gpt-4o-mini")
        call(program.tracer, context=trace.set_span_in_context(agent))
        opened = list(fenced())
        program.flush()
    assert [] == opened
    assert {"spancost.budget.breach", "spancost.cost.correction"} <= {each.event_name for each in receiver.records()}


def test_hooks_set_no_context_variable() -> None:
    """Setting one inside the setting of another crashes CPython, and garbage collections run our hooks right there."""
    program = Program("http://127.0.0.1:9", budgets="user=0.01/day", span_processor=_discard, operation_cost=True)
    names: list[str] = []

    def work() -> None:
        agent = program.tracer.start_span("agent", attributes={"gen_ai.operation.name": "invoke_agent"})
        below = trace.set_span_in_context(agent, Context())
        call(program.tracer, context=below, user__id="ada")
        call(program.tracer, context=below, model="gpt-4o", user__id="ada")
        agent.end()
        call(program.tracer, context=below, model="claude-sonnet-4-5", gen_ai__usage__cost__amount=0.25)
        names.extend(variable.name for variable in contextvars.copy_context())

    # A context of its own, in which decimal has none of its own yet.
    thread = threading.Thread(target=contextvars.Context().run, args=(work,))
    thread.start()
    thread.join()
    assert 3 == program.spent[1]
    assert [] == names


def test_the_check_for_context_variables_sees_decimals() -> None:
    """What the test above looks for does show up where decimal computes in a context of its own."""

    def work() -> list[str]:
        with localcontext():
            pass
        return [variable.name for variable in contextvars.copy_context()]

    assert ["decimal_context"] == contextvars.Context().run(work)


def test_flushing_a_provider_hands_everything_over(receiver: Receiver) -> None:
    """`force_flush` of the provider leaves nothing queued: events are with the logger provider."""
    with Program(receiver.endpoint, budgets="user=0.01/day") as program:
        call(program.tracer, user__id="ada")
        assert program.tracing.force_flush()
        assert 0 == program.exporter.worker.waiting
        program.logs.force_flush()
        assert 3 == len(receiver.records())


def test_a_processor_alone_takes_the_environments_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """`CostSpanProcessor()` is whole: engine, prices and budgets as the environment says."""
    monkeypatch.setenv("SPANCOST_BUDGETS", "user=0.0001/day")
    provider = TracerProvider(shutdown_on_exit=False)
    exporter = CostExporter()
    provider.add_span_processor(CostSpanProcessor(exporter))
    span = call(provider.get_tracer("program"), model="gpt-4o", user__id="ada")
    assert "breach" == span.attributes["spancost.budget.state"]  # type: ignore[attr-defined]
    assert "gpt-4o" in span.attributes["spancost.pricing.model"]  # type: ignore[attr-defined]


def test_more_sinks_hear_what_the_exporter_hears(receiver: Receiver) -> None:
    """Whoever else takes outcomes, as the console does, gets each of them with its span's context."""

    class Listener:
        def __init__(self) -> None:
            self.heard: list[int] = []

        def take(self, outcome: Any, context: Any) -> None:
            self.heard.append(context.span_id)

        def flush(self, timeout: float) -> bool:
            return True

    listener = Listener()
    exporter = CostExporter(engine_of(Config()))
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(CostSpanProcessor(exporter, sinks=(listener,)))
    span = call(provider.get_tracer("program"))
    assert [span.get_span_context().span_id] == listener.heard
