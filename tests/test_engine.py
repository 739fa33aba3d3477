"""The engine on plain values: from the starts and ends of spans to costs, totals and crossings."""

from __future__ import annotations

import math
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support import BOOK, NOW, Clock, Player, agent, call, cost, tool, workflow

from spancost.budgets import State, parse_line
from spancost.calls import Kind, Usage
from spancost.money import PICO, usd
from spancost.rollup import Totals

_UTC = ZoneInfo("UTC")


# -- The worked example -----------------------------------------------------------------------------------------------


def test_the_worked_example() -> None:
    """A coordinator and its sub-agents cost what the README's first tree says, to the pico-dollar."""
    play = Player()
    coordinator = play.start(agent("coordinator"))
    play.play(call(1500, 500), coordinator)
    code_agent = play.start(agent("code_agent"), coordinator)
    play.play(call(2000, 800), code_agent)
    syntax_analyzer = play.start(agent("syntax_analyzer"), code_agent)
    last = play.play(call(500, 200, model="gemini-3-pro"), syntax_analyzer)
    for span in (syntax_analyzer, code_agent, coordinator):
        play.end(span)
    told = play.owner(coordinator)
    assert (0.012, 0.02125, 0.03325) == (usd(told.direct), usd(told.children), usd(told.total))
    assert (18 * 10**9, 3_250_000_000) == (play.owner(code_agent).direct, play.owner(code_agent).children)
    assert 3_250_000_000 == play.owner(syntax_analyzer).total
    assert (3, 4000, 1500) == (told.calls, told.input, told.output)
    assert last.charge is not None
    assert "coordinator/code_agent/syntax_analyzer" == last.charge.agent_path
    assert [] == play.corrections


# -- One span ---------------------------------------------------------------------------------------------------------


def test_a_plain_span_costs_nothing_and_says_nothing() -> None:
    """A span that is no model call and has none below it gets no outcome at all."""
    play = Player()
    root = play.start()
    assert play.end(play.start({"http.method": "GET"}, root)) is None
    assert play.end(root) is None
    assert len(play.engine.tree) == 0


def test_a_bare_call_is_a_charge_and_no_owner() -> None:
    """A call that is the root of its trace carries its amount, and no totals beside it."""
    play = Player()
    outcome = play.play(call(10, 5))
    assert outcome.charge is not None
    assert (cost(10, 5), "override", "local") == (outcome.charge.amount, outcome.charge.status, outcome.charge.source)
    assert outcome.kind is None
    assert outcome.totals is None
    assert {} == play.owners


def test_a_request_that_was_refused_is_no_call() -> None:
    """The provider answered with an error and billed nothing; where it may have worked, a call is not known to be free."""
    play = Player()
    boss = play.start(agent("boss"))
    refused = play.end(play.start(call(), boss), {"error.type": "openai.RateLimitError"}, error="")
    assert refused is not None
    assert refused.charge is None
    lost = play.end(play.start(call(), boss), {"error.type": "openai.APIConnectionError"}, error="")
    assert lost is not None
    assert lost.charge is not None
    assert "no_usage" == lost.charge.reason
    billed = play.end(play.start(call(10, 5), boss), {"error.type": "openai.RateLimitError"}, error="")
    assert billed is not None
    assert billed.charge is not None
    assert "partial" == billed.charge.status
    play.end(boss)
    assert (2, 1, 1, cost(10, 5)) == (
        play.owner(boss).calls,
        play.owner(boss).partial,
        play.owner(boss).unpriced,
        play.owner(boss).total,
    )


def test_the_instrumentation_decides_what_its_numbers_mean() -> None:
    """Bedrock's input leaves the cache out, and its scope says that it is Bedrock's."""
    play = Player()
    told = call(3000, 5, gen_ai__usage__cache_read__input_tokens=2000)
    told = {name.replace("__", "."): value for name, value in told.items()}
    outcome = play.play(told, scope="opentelemetry.instrumentation.botocore.bedrock-runtime")
    assert outcome.charge is not None
    assert Usage(5000, 5, cache_read=2000) == outcome.charge.call.usage


@pytest.mark.parametrize(
    ("scope", "partial"), [("opentelemetry.instrumentation.google_genai", 1), ("ai", 0), ("tracer of the program", 0)]
)
def test_a_call_that_ran_tools_and_asked_again_is_a_lower_bound(scope: str, partial: int) -> None:
    """Its span tells the last request alone; elsewhere the tools that one answer asks for run inside its call's span."""
    play = Player()
    boss = play.start(agent("boss"))
    asking = play.start(call(), boss, scope=scope)
    running = play.start(tool("calc"), asking)
    play.play(call(10, 5), running)
    play.end(running)
    play.end(asking, call(100, 50))
    play.end(boss)
    told = play.owner(boss)
    assert (2, partial, cost(110, 55)) == (told.calls, told.partial, told.total)


def test_a_tool_inside_the_span_of_one_request_does_not_make_it_several() -> None:
    """In JavaScript ADK runs an answer's tools inside `call_llm`, which is one request all the same."""
    play = Player()
    asking = play.start(call(), scope="gcp.vertex.agent", name="call_llm")
    play.end(play.start(tool("calc"), asking))
    outcome = play.end(asking, call(100, 50))
    assert outcome is not None
    assert outcome.charge is not None
    assert not outcome.charge.call.partial


def test_a_tool_that_runs_on_after_its_call_is_no_sign_that_it_was_asked_again() -> None:
    """Nothing of what it did can have been sent within the call's span."""
    play = Player()
    asking = play.start(call(), scope="opentelemetry.instrumentation.google_genai")
    running = play.start(tool("calc"), asking)
    outcome = play.end(asking, call(100, 50))
    play.end(running)
    assert outcome is not None
    assert outcome.charge is not None
    assert "override" == outcome.charge.status


def test_a_call_that_sums_up_its_steps_is_as_many_calls() -> None:
    """Mastra's bridge writes one span for all the requests of an agent's turn, and one for each inside, without usage."""
    play = Player()
    boss = play.start(agent("boss"))
    told = play.start(call(), boss, scope="@mastra/otel-bridge")
    for _ in range(3):
        play.end(play.start({"gen_ai.operation.name": "model_step"}, told))
    play.end(told, call(300, 60))
    play.play(call(), boss)
    play.end(boss)
    owner = play.owner(boss)
    assert (4, 1, 300, cost(300, 60)) == (owner.calls, owner.unpriced, owner.input, owner.total)


def test_a_call_that_sums_up_what_its_client_tells_in_its_steps_is_counted_once() -> None:
    """Each step's request is told of by the client's instrumentation, too: those are the calls."""
    play = Player()
    told = play.start(call(), scope="@mastra/otel-bridge")
    for output in (10, 20):
        step = play.start({"gen_ai.operation.name": "model_step"}, told)
        play.play(call(100, output), step, scope="@opentelemetry/instrumentation-openai")
        play.end(step)
    outcome = play.end(told, call(200, 30))
    play.settle()
    assert outcome is not None
    assert outcome.duplicate_of is not None
    assert (2, cost(200, 30)) == (play.engine.spent.calls, play.counted)


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ([call(100, 10), call()], (200, 30)),
        ([call(), call()], (200, 30)),
        ([call(100, 10), None], (200, 30)),
        ([call(100, 10), call(100, 19)], (200, 29)),
        ([call(100, 10), call(120, 20)], (220, 30)),
    ],
    ids=["one tells nothing", "none tells anything", "one is not seen", "one token less", "twenty more"],
)
def test_a_call_that_sums_up_its_steps_and_what_is_told_in_them_are_the_same_calls(
    inside: list[dict[str, object] | None], told: tuple[int, int]
) -> None:
    """Whoever knows of more tokens tells of all of them."""
    play = Player()
    around = play.start(call(), scope="@mastra/otel-bridge")
    for each in inside:
        step = play.start({"gen_ai.operation.name": "model_step"}, around)
        if each is not None:
            play.play(each, step, scope="@opentelemetry/instrumentation-openai")
        play.end(step)
    play.end(around, call(200, 30))
    play.settle()
    spent = play.engine.spent
    assert (2, 0, cost(*told), cost(*told)) == (spent.calls, spent.unpriced, spent.direct, play.counted)


@pytest.mark.parametrize("is_inside", [True, False])
def test_a_request_that_two_tell_of_is_one_of_those_that_are_summed_up(is_inside: bool) -> None:
    """In one step of three, one in the other or side by side: the sum tells of more, and nothing is counted beside it."""
    play = Player()
    around = play.start(call(), scope="@mastra/otel-bridge")
    step = play.start({"gen_ai.operation.name": "model_step"}, around)
    outer = play.start(call(), step, scope="openinference.instrumentation.openai")
    inner = play.start(call(), outer if is_inside else step, scope="@opentelemetry/instrumentation-openai")
    play.end(inner, call(100, 10))
    play.end(outer, call(100, 10))
    play.end(step)
    for _ in range(2):
        play.end(play.start({"gen_ai.operation.name": "model_step"}, around))
    play.end(around, call(300, 30))
    play.settle()
    assert (3, cost(300, 30), cost(300, 30)) == (play.engine.spent.calls, play.engine.spent.direct, play.counted)


def test_a_call_may_sum_up_any_number_of_steps() -> None:
    """Of the calls inside a span no more than sixteen are looked at."""
    play = Player()
    around = play.start(call(), scope="@mastra/otel-bridge")
    for _ in range(40):
        step = play.start({"gen_ai.operation.name": "model_step"}, around)
        play.play(call(100, 10), step, scope="@opentelemetry/instrumentation-openai")
        play.end(step)
    play.end(around, call(4000, 400))
    play.settle()
    assert (40, cost(4000, 400)) == (play.engine.spent.calls, play.counted)


def _told_by_spring(*calls: tuple[int, int], cached: str = "", tools: bool = True) -> list[Usage | None]:
    """Return what the calls of one turn used, as the engine reads what Spring AI tells of each."""
    play = Player()
    turn = play.start({"spring.ai.kind": "advisor"})
    used: list[Usage | None] = []
    for input_, output in calls:
        told = {"gen_ai.usage.input_tokens": str(input_), "gen_ai.usage.output_tokens": str(output)}
        if cached:
            told["gen_ai.usage.cache_read.input_tokens"] = cached
        outcome = play.play(call() | told, turn, scope="org.springframework.boot")
        assert outcome.charge is not None
        used.append(outcome.charge.call.usage)
        if tools:
            play.end(play.start({"gen_ai.operation.name": "framework", "spring.ai.kind": "tool_call"}, turn))
    return used


def test_calls_that_each_tell_the_sum_of_their_turn_have_used_what_they_tell_beyond_it() -> None:
    """Spring AI 1 adds up the calls between which it ran tools; its version 2, which tells of the cache, does not."""
    own = [Usage(100, 10), Usage(120, 20), Usage(150, 30)]
    assert own == _told_by_spring((100, 10), (220, 30), (370, 60))
    assert own == _told_by_spring((100, 10), (120, 20), (150, 30))
    assert own == _told_by_spring((100, 10), (120, 20), (150, 30), tools=False)
    assert [Usage(100, 10), Usage(220, 30)] == _told_by_spring((100, 10), (220, 30), tools=False)


def test_what_is_worked_out_of_a_sum_is_marked_and_holds_only_behind_a_tool() -> None:
    """A program may run the tools itself, and then each call tells its own: no span says which it was."""
    play = Player()
    turn = play.start({"spring.ai.kind": "advisor"})
    told: list[tuple[int, bool]] = []
    for input_, runs_tool in ((100, True), (220, False), (500, False)):
        counts = {"gen_ai.usage.input_tokens": str(input_), "gen_ai.usage.output_tokens": "10"}
        outcome = play.play(call() | counts, turn, scope="org.springframework.boot")
        assert outcome.charge is not None
        assert outcome.charge.call.usage is not None
        told.append((outcome.charge.call.usage.input, outcome.charge.call.estimated))
        if runs_tool:
            play.end(play.start({"gen_ai.operation.name": "framework", "spring.ai.kind": "tool_call"}, turn))
    assert [(100, False), (120, True), (500, False)] == told
    assert [Usage(100, 10), Usage(220, 30)] == _told_by_spring((100, 10), (220, 30), cached="0")


def test_a_stream_that_is_told_of_afterwards_is_one_call() -> None:
    """Logfire's span of the request knows nothing; its log at the stream's end does, and the provider's library, too."""
    play = Player(clock=(clock := Clock()))
    request = play.start(call(), scope="logfire.anthropic")
    native = play.start(call(), request, scope="com.anthropic.sdk.python")
    clock.now_ns += 10**9
    play.end(request)
    clock.now_ns += 10**9
    play.end(native, call(100, 50))
    clock.now_ns += 10**6
    play.play(call(100, 50), trace_id=2, scope="logfire.anthropic")
    play.play(call(), trace_id=3, scope="logfire.openai")
    play.settle()
    assert (cost(100, 50), 2, 1) == (play.counted, play.engine.spent.calls, play.engine.spent.unpriced)


def test_an_answer_from_a_library_s_memory_is_no_call() -> None:
    """DSPy tells of one as of a call, without usage either way; only a connection takes longer."""
    dspy = "openinference.instrumentation.dspy"
    told = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-5.2", "llm.provider": "openai"}

    def counts(length: int, scope: str) -> bool:
        outcome = Player().engine.end(1, 1, None, "LM", told, NOW, {}, scope, NOW + length)
        return outcome is not None and outcome.charge is not None

    others = "openinference.instrumentation.litellm"
    assert (False, True, True) == (counts(300_000, dspy), counts(20_000_000, dspy), counts(300_000, others))


def test_a_task_that_repeats_a_calls_usage_tells_its_reasoning() -> None:
    """The tokens that were reasoning are in every sum, once, and the price is what it was."""
    play = Player()
    boss = play.start(agent("boss"))
    task = play.start({"gen_ai.operation.name": "execute_task"}, boss)
    play.play(call(100, 50), task)
    usage = '{"usage_metadata": {"input_tokens": 100, "output_tokens": 50, "output_token_details": {"reasoning": 30}}}'
    play.end(task, {"gen_ai.task.output": usage})
    play.end(boss)
    play.settle()
    told = play.owner(boss)
    assert (cost(100, 50), 1, 100, 50, 30) == (told.total, told.calls, told.input, told.output, told.reasoning)
    assert (30, 20) == (sum(row.reasoning for row in play.series), sum(row.output for row in play.series))


def test_what_a_task_told_of_a_call_s_reasoning_outlasts_further_records() -> None:
    """The client's own span ends later, in another trace, and knows of no reasoning."""
    play = Player()
    task = play.start({"gen_ai.operation.name": "execute_task"})
    play.play(call(100, 50), task, scope="opentelemetry.instrumentation.langchain")
    usage = '{"usage_metadata": {"input_tokens": 100, "output_tokens": 50, "output_token_details": {"reasoning": 30}}}'
    play.end(task, {"gen_ai.task.output": usage})
    play.play(call(100, 50), trace_id=2, scope="opentelemetry.instrumentation.openai_v2")
    play.settle()
    assert (1, 1) == (play.engine.spent.calls, play.engine.duplicates)
    assert 30 == play.owner(task).reasoning
    assert (30, 20) == (sum(row.reasoning for row in play.series), sum(row.output for row in play.series))


def test_an_agent_that_alone_tells_usage_is_charged_with_it() -> None:
    """Where no span below tells of a call, the agent's own numbers are all there is; its span carries what it owns."""
    play = Player(dimensions=("user",))
    boss = play.start(agent("boss"))
    lone = play.start({**call(100, 50), **agent("lone")}, boss, baggage={"user.id": "ada"})
    outcome = play.end(lone)
    assert outcome is not None
    assert (None, Kind.AGENT) == (outcome.charge, outcome.kind)
    play.end(boss)
    play.settle()
    assert (cost(100, 50), 0) == (play.owner(lone).direct, play.owner(lone).children)
    assert (0, cost(100, 50)) == (play.owner(boss).direct, play.owner(boss).children)
    assert cost(100, 50) == play.engine.spent.direct == play.counted
    assert [("lone", "ada")] == [
        (row.attributes["gen_ai.agent.name"], row.attributes["user.id"]) for row in play.series
    ]


def test_agents_whose_numbers_are_their_own_are_charged_beside_their_sub_agents() -> None:
    """Traceloop's agents of agno each tell their own calls', and no span tells of a call: together they are the sum."""
    play = Player()
    agno = "opentelemetry.instrumentation.agno"
    boss = play.start({**call(100, 50), **agent("boss")}, scope=agno)
    helper = play.start({**call(10, 5), **agent("helper")}, boss, scope=agno)
    writer = play.start({**call(7, 3), **agent("writer")}, boss, scope=agno)
    play.play(call(7, 3), writer, scope="com.anthropic.sdk.python")
    for span in (helper, writer, boss):
        play.end(span)
    told = play.owner(boss)
    assert (cost(100, 50), cost(10, 5) + cost(7, 3), 3) == (told.direct, told.children, told.calls)


@pytest.mark.parametrize(
    ("told_below", "calls"), [("chatcmpl-00001-of-the-last-call", 1), ("chatcmpl-00002-of-another", 2)]
)
def test_a_workflow_that_alone_tells_its_last_call_is_charged_with_it(told_below: str, calls: int) -> None:
    """OpenLIT's graphs: what one says it used is one call, by the id beside it, whatever its sub-agents used."""
    play = Player()
    last = call(100, 50, response_id="chatcmpl-00001-of-the-last-call")
    graph = play.start({**last, **workflow("graph")}, scope="openlit.instrumentation.langgraph")
    asked = play.start(tool("ask"), graph)
    play.play(call(100, 50, response_id=told_below), asked)
    play.end(asked)
    outcome = play.end(graph)
    assert outcome is not None
    assert (None, calls) == (outcome.charge, play.owner(graph).calls)
    assert calls * cost(100, 50) == play.owner(graph).total
    whole = play.start({**last, **workflow("whole")})
    play.end(whole)
    assert 0 == play.owner(whole).calls, "other workflows repeat what is below them"


def test_an_agent_that_repeats_what_is_below_it_is_not_charged() -> None:
    """Totals on an agent's span are its calls', and its sub-agents', told again; none is told where no number is."""
    play = Player()
    boss = play.start({**call(100, 50), **agent("boss")})
    helper = play.start({**call(100, 50), **agent("helper")}, boss)
    play.play(call(100, 50), helper)
    play.end(helper)
    play.end(boss)
    play.end(play.start(agent("idle")))
    assert (cost(100, 50), 1) == (play.engine.spent.direct, play.engine.spent.calls)


def test_what_an_agent_says_is_charged_where_the_calls_below_it_told_nothing() -> None:
    """Streams may tell no usage: the agent's word is then the only one, until one of them speaks after all."""
    play = Player()
    boss = play.start(agent("boss"))
    play.play(call(), boss)
    late = play.start(call(), boss)
    play.end(boss, {**call(100, 50), **agent("boss")})
    assert (cost(100, 50), 1) == (play.owner(boss).total, play.owner(boss).unpriced)
    play.end(late, call())
    assert (cost(100, 50), 2) == (play.owner(boss).total, play.owner(boss).unpriced), "it told nothing either"
    play.play(call(70, 30), boss)
    play.settle()
    assert cost(70, 30) == play.owner(boss).total == play.engine.spent.direct == play.counted


def test_what_an_agent_says_is_not_charged_where_an_open_span_holds_its_calls() -> None:
    """A span between that ends late, or never, keeps what a call told from the agent; it was told all the same."""
    play = Player(*parse_line("agent=0.001/day", ZoneInfo("UTC")))
    boss = play.start(agent("boss"))
    between = play.start({}, boss)
    play.play(call(100, 50), between)
    outcome = play.end(boss, {**call(100, 50), **agent("boss")})
    assert outcome is not None
    assert () == outcome.crossings
    assert (cost(100, 50), 1) == (play.engine.spent.direct, play.engine.spent.calls)
    play.end(between)
    play.settle()
    assert cost(100, 50) == play.owner(boss).total == play.counted == play.booked


@pytest.mark.parametrize(("input_", "calls"), [(110, 2), (111, 3)], ids=["their sum", "more"])
def test_what_an_agent_says_is_not_charged_where_it_is_the_sum_of_calls_that_lost_their_parent(
    input_: int, calls: int
) -> None:
    """The span between was made by a provider that nobody sees, or is in no file; calls of other traces are others'."""
    play = Player(clock=(clock := Clock()))
    boss = play.start(agent("boss"))
    for tokens in ((100, 50), (10, 5)):
        play.play(call(*tokens), parent=77)
    clock.now_ns += 1
    play.end(boss, {**call(input_, 55), **agent("boss")})
    assert calls == play.engine.spent.calls


def test_what_an_agent_says_is_taken_back_when_a_call_below_is_told_of_elsewhere() -> None:
    """A call below it told nothing; its framework's span in another trace, which ends last, tells what it used."""
    play = Player(clock=(clock := Clock()))
    boss = play.start(agent("boss"))
    around = play.start(call(), trace_id=2, scope="some.framework")
    silent = play.start(call(response_id="r"), boss, scope="opentelemetry.instrumentation.genai.openai")
    clock.now_ns += 10**9
    play.end(silent, call(response_id="r"))
    play.end(boss, {**call(100, 50), **agent("boss")})
    assert cost(100, 50) == play.owner(boss).total
    play.end(around, call(90, 40, response_id="r"))
    play.settle()
    assert cost(90, 40) == play.owner(boss).total == play.engine.spent.direct == play.counted
    assert 1 == play.owner(boss).calls


@pytest.mark.parametrize(
    ("address", "calls"), [("research.example.com", 0), ("api.openai.com", 1), ("", 1)], ids=["own", "provider", "none"]
)
def test_what_an_agent_in_another_service_used_is_counted_there(address: str, calls: int) -> None:
    """Its span here repeats what that service counts; of one that a provider runs it is the only word."""
    play = Player()
    where = {"server.address": address} if address else {}
    boss = play.start(agent("boss"))
    remote = play.start({**call(100, 50), **agent("remote"), **where}, boss)
    play.end(play.start({"http.request.method": "POST"}, remote, name="POST"))
    play.end(remote)
    play.end(boss)
    assert (calls * cost(100, 50), calls) == (play.owner(boss).total, play.owner(boss).calls)
    assert play.owner(remote).total == play.engine.spent.direct == play.counted == play.owner(boss).total


def test_a_span_around_a_call_is_none_where_its_instrumentation_is_known_to_call_it_one() -> None:
    """OpenInference's spans of LlamaIndex: one around each call with tools says LLM, and tells nothing."""
    play = Player()
    told = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-5.2"}
    around = play.start(told, name="OpenAI._prepare_chat_with_tools", scope="openinference.instrumentation.llama_index")
    assert play.play(told, around, scope="openinference.instrumentation.llama_index").charge is not None
    outcome = play.end(around)
    assert outcome is not None
    assert (None, None, 1) == (outcome.charge, outcome.duplicate_of, play.engine.spent.calls)


def test_an_owner_that_began_before_us_is_not_said_to_have_cost_nothing() -> None:
    """What it had spent by then isn't known: no totals are better than wrong ones."""
    play = Player()
    outcome = play.engine.end(1, 1, None, "invoke_agent early", agent("early"), NOW, {})
    assert outcome is not None
    assert (None, None) == (outcome.kind, outcome.totals)


def test_a_span_declared_a_call_is_one_whatever_it_says() -> None:
    """What is declared of an open span goes before its attributes; a span that is not open here is not taken."""
    play = Player(dimensions=("user",))
    told = {**call(10, 5), "gen_ai.operation.name": "execute_tool"}
    span = play.start({"gen_ai.operation.name": "rerank"}, baggage={"user.id": "ada"})
    assert play.engine.declare(span.trace_id, span.span_id, told)
    outcome = play.end(span)
    assert outcome is not None
    assert outcome.charge is not None
    assert (cost(10, 5), "execute_tool") == (outcome.charge.amount, outcome.charge.call.operation)
    assert "ada" in outcome.charge.who
    assert not play.engine.declare(span.trace_id, span.span_id, told)
    assert not play.engine.declare(span.trace_id, 77, told)


def test_a_tool_that_called_no_model_says_nothing_and_passes_on_what_comes_late() -> None:
    """It has nothing to be written; a call that starts below it when it has ended is the agent's all the same."""
    play = Player()
    root = play.start(agent("coordinator"))
    search = play.start(tool("search"), root)
    assert play.end(search) is None
    play.play(call(10, 5), search)
    play.end(root)
    assert (cost(10, 5), 0, 1) == (play.owner(root).direct, play.owner(root).children, play.owner(root).calls)


def test_a_tool_carries_the_total_below_it_and_is_no_owner() -> None:
    """What a tool's calls cost stands on the tool, and is the direct cost of the agent above."""
    play = Player()
    root = play.start(agent("a"))
    span = play.start(tool("search"), root)
    play.play(call(10, 5), span)
    outcome = play.end(span)
    assert outcome is not None
    assert outcome.totals is not None
    assert (None, cost(10, 5)) == (outcome.kind, outcome.totals.total)
    play.end(root)
    assert (cost(10, 5), 0) == (play.owner(root).direct, play.owner(root).children)


def test_a_plain_local_root_owns_what_no_agent_owns() -> None:
    """The root of a trace is an owner where it has charges below, whatever it is itself."""
    play = Player()
    root = play.start(name="GET /", parent=99)
    play.play(call(10, 5), root)
    play.play(call(4, 1), play.start(agent("a"), root))
    outcome = play.end(root)
    assert outcome is not None
    assert (Kind.ROOT, "GET /") == (outcome.kind, outcome.name)
    assert cost(10, 5) == play.owner(root).direct


def test_an_agent_without_calls_costs_nothing_and_says_so() -> None:
    """An agent that called no model has a total, and it is zero."""
    play = Player()
    outcome = play.play(agent("idle"))
    assert outcome.kind == Kind.AGENT
    assert Totals(0, 0, 0, 0, 0, 0, 0, 0, 0, 0) == outcome.totals


def test_a_span_that_says_what_it_is_after_its_start_is_understood() -> None:
    """Attributes set while the span was open count as those it began with."""
    play = Player()
    root = play.start()
    span = play.start(None, root)
    made = play.play(call(3, 1), span)
    play.end(span, agent("late"))
    assert made.charge is not None
    assert "" == made.charge.agent_path, "nobody could know yet"
    assert cost(3, 1) == play.owner(span).direct
    play.end(root)
    assert (0, cost(3, 1)) == (play.owner(root).direct, play.owner(root).children)


def test_a_call_without_usage_is_unpriced_and_counted() -> None:
    """Unknown is not zero: the owner says how many of its calls have no price."""
    play = Player()
    root = play.start(agent("a"))
    outcome = play.play(call(), root)
    play.play(call(7, 7, model="gpt-5.2"), root)
    play.end(root)
    assert outcome.charge is not None
    assert (None, "unpriced", "no_usage") == (
        outcome.charge.amount,
        outcome.charge.status,
        outcome.charge.reason,
    )
    assert (2, 1, cost(7, 7)) == (play.owner(root).calls, play.owner(root).unpriced, play.owner(root).total)


def test_a_call_of_an_unknown_model_keeps_its_tokens() -> None:
    """What has no price still has tokens, and a reason."""
    play = Player()
    root = play.start(agent("a"))
    outcome = play.play(call(7, 8, model="gpt-nobody-knows"), root)
    play.end(root)
    assert outcome.charge is not None
    assert "unknown_model" == outcome.charge.reason
    assert (7, 8, 1, 0) == (
        play.owner(root).input,
        play.owner(root).output,
        play.owner(root).unpriced,
        play.owner(root).total,
    )


def test_the_providers_own_number_goes_before_ours() -> None:
    """An amount that the provider billed is the cost; what we computed is kept beside it."""
    play = Player()
    stated = {"gen_ai.usage.cost.amount": 0.5, "gen_ai.usage.cost.source": "provider"}
    charge = play.play(call(10, 5, **stated)).charge
    assert charge is not None
    assert (PICO // 2, "reported", "provider") == (charge.amount, charge.status, charge.source)
    assert cost(10, 5) == charge.computed


@pytest.mark.parametrize("amount", [0.0, float("nan"), -3.0, float("inf")])
def test_what_we_computed_stands_beside_an_amount_that_cannot_be_the_cost(amount: float) -> None:
    """An amount that is there is never overwritten, and one that says nothing is not taken for the cost."""
    charge = Player().play(call(10, 5) | {"gen_ai.usage.cost.amount": amount}).charge
    assert charge is not None
    assert (cost(10, 5), cost(10, 5), "override") == (charge.amount, charge.computed, charge.status)
    silent = Player().play(call() | {"gen_ai.usage.cost.amount": amount}).charge
    assert silent is not None
    assert (None, "unpriced") == (silent.amount, silent.status)


def test_a_librarys_list_price_is_used_only_where_we_have_none() -> None:
    """Ours goes before what a library computed from a list of its own; where we have none, theirs is better."""
    play = Player()
    ours = play.play(call(10, 5, **{"operation.cost": 0.25})).charge
    theirs = play.play(call(10, 5, model="gpt-nobody-knows", **{"operation.cost": 0.25})).charge
    assert ours is not None
    assert theirs is not None
    assert (cost(10, 5), "override") == (ours.amount, ours.status)
    assert (PICO // 4, "reported", "local") == (theirs.amount, theirs.status, theirs.source)


def test_a_call_that_tells_half_of_its_usage_is_partial() -> None:
    """Input without output is a lower bound, and every total that holds it says so."""
    play = Player()
    root = play.start(agent("a"))
    charge = play.play(call(10), root).charge
    play.end(root)
    assert charge is not None
    assert (cost(10, 0), "partial", "half_usage") == (charge.amount, charge.status, charge.reason)
    assert 1 == play.owner(root).partial


@pytest.mark.parametrize(
    ("told", "error", "reason"),
    [
        (call(10, 5), "peer closed connection", "cut_off"),
        (call(10), "peer closed connection", "cut_off"),
        (call(10, 5), None, ""),
        (call(10, 5, model="gpt-4o") | {"gen_ai.usage.audio.input_tokens": 3}, None, "no_class_price"),
    ],
)
def test_a_lower_bound_says_why_it_is_one(told: dict[str, Any], error: str | None, reason: str) -> None:
    """The answer broke off, or tokens were used that the list has no price of; a whole amount says nothing."""
    play = Player()
    outcome = play.end(play.start(told), error=error)
    assert outcome is not None
    charge = outcome.charge
    assert charge is not None
    assert charge.amount
    assert (reason, "partial" if reason else "override") == (charge.reason, charge.status)


def test_half_a_call_of_an_unknown_model_lacks_a_price() -> None:
    """What would help is a price: that the answer broke off is not why there is no amount."""
    play = Player()
    for told, error in ((call(10), None), (call(10, 5), "peer closed connection")):
        outcome = play.end(play.start(told | {"gen_ai.request.model": "nobodys-model"}), error=error)
        assert outcome is not None
        assert outcome.charge is not None
        assert ("unpriced", "unknown_model") == (outcome.charge.status, outcome.charge.reason)


def test_a_recorded_call_is_counted_like_any_other() -> None:
    """A call that no span tells of reaches the counters, the budgets and the sums."""
    play = Player(*parse_line("user=1/day", _UTC))
    outcome = play.engine.record(0, 0, call(10, 5), {"user.id": "ada"}, {})
    assert cost(10, 5) == play.engine.spent.direct
    assert [cost(10, 5)] == [amounts.cost for _, amounts in outcome.counts]
    assert [("ada", cost(10, 5))] == [(each.key[1], each.usage) for _, each in play.engine.budgets.standings()]


# -- Hostile usage ----------------------------------------------------------------------------------------------------

_IMPOSSIBLE: list[Any] = [
    math.nan, math.inf, -math.inf, -5, -0.5, 1.5, 2**63 - 1, 2**64, 10**400, 1e308, 10**12, 10**10,
    "12abc", "-1", "1.5", "1" * 11, "१२", True, False, (1,), [1], {}, b"-1", object(),
]  # fmt: skip


@pytest.mark.parametrize("count", _IMPOSSIBLE, ids=lambda value: f"{type(value).__name__}-{value!r:.12}")
@pytest.mark.parametrize(
    "name",
    [
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.audio.input_tokens",
    ],
)
def test_impossible_token_counts_are_unpriced_with_a_reason(name: str, count: Any) -> None:
    """A count that can't be true makes the call unpriced, never money and never an exception."""
    play = Player(*parse_line("agent=1/day", _UTC))
    root = play.start(agent("a"))
    outcome = play.play(call(10, 5) | {name: count}, root)
    play.end(root)
    play.settle()
    assert outcome.charge is not None
    assert (None, "invalid_usage") == (outcome.charge.amount, outcome.charge.reason)
    assert (1, 1, 0) == (play.owner(root).calls, play.owner(root).unpriced, play.owner(root).total)
    assert (0, 0, 0) == (play.counted, play.booked, play.engine.spent.direct)


@pytest.mark.parametrize(("told", "tokens"), [(-0.0, 0), (12.0, 12), (None, 0), ("", 0), ("8", 8), (b"8", 8)])
def test_odd_but_possible_token_counts_are_read(told: Any, tokens: int) -> None:
    """Whole floats are counts, and digits, for Micrometer has texts alone; empty text and None are absent."""
    charge = Player().play(call(10, 5) | {"gen_ai.usage.cache_read.input_tokens": told}).charge
    assert charge is not None
    assert charge.call.usage is not None
    assert tokens == charge.call.usage.cache_read


@pytest.mark.parametrize("value", [5, 1.5, True, ("a",), b"x", math.nan])
@pytest.mark.parametrize(
    "name",
    [
        "gen_ai.request.model",
        "gen_ai.response.model",
        "gen_ai.provider.name",
        "gen_ai.response.id",
        "gen_ai.operation.name",
        "gen_ai.usage.cost.currency",
        "gen_ai.usage.cost.source",
    ],
)
def test_names_that_are_no_text_do_no_harm(name: str, value: Any) -> None:
    """A model, provider, id or operation of another type is as good as absent, wherever it would end up."""
    play = Player()
    play.play(call(10, 5) | {name: value}, play.start(agent("a")))
    play.settle()
    assert {str} == {type(told) for row in play.series for told in row.attributes.values()}


def test_a_response_model_that_is_no_text_is_no_model() -> None:
    """With no request's model beside it there is no model at all."""
    play = Player()
    attributes = call(10, 5) | {"gen_ai.response.model": 5}
    del attributes["gen_ai.request.model"]
    charge = play.play(attributes).charge
    assert charge is not None
    assert ("", (), "unknown_model") == (charge.call.request_model, charge.call.models, charge.reason)


# -- Budgets ----------------------------------------------------------------------------------------------------------


def test_a_charge_that_crosses_a_threshold_marks_its_span_and_its_root() -> None:
    """The budget's state stands on the span whose charge crossed it and on its local root."""
    play = Player(*parse_line("agent=0.00004/day", _UTC))
    root = play.start(name="GET /")
    worker = play.start(agent("a"), root)
    first = play.play(call(10, 0), worker)
    second = play.play(call(1, 0), worker)
    third = play.play(call(0, 1), worker)
    assert [State.WARN, None, State.BREACH] == [first.state, second.state, third.state]
    assert [75, 90, 100] == [each.threshold.percent for each in play.crossings if each.threshold]
    play.end(worker)
    outcome = play.end(root)
    assert outcome is not None
    assert State.BREACH == outcome.state


def test_real_prices_stand_beside_the_overrides() -> None:
    """The tests' price book is the real one: a model it does not override has its published price."""
    price = BOOK.price("anthropic", ("claude-sonnet-4-5",), Usage(10, 5), NOW)
    assert 10 * 3_000_000 + 5 * 15_000_000 == price.amount


def test_an_engine_forgets_its_parents_money_after_a_fork() -> None:
    """A forked child starts at nothing: what was open goes on in its parent."""
    play = Player(*parse_line("agent=1/day", _UTC))
    root = play.start(agent("a"))
    play.play(call(10, 5, response_id="r"), root)
    play.engine.forget()
    assert (0, 0, 0, 0) == (play.engine.spent.direct, play.engine.spent.calls, len(play.engine.tree), play.booked)
    assert play.play(call(10, 5, response_id="r")).charge is not None, "the child's own call"


def test_a_span_that_was_open_at_a_fork_is_the_parents_to_count() -> None:
    """Its end in the child, and in a child of that, is nothing; the same ids in another trace are another span."""
    play = Player()
    open_call = play.start(call(10, 5))
    play.engine.forget()
    assert play.end(open_call) is None
    grown = play.start(call(10, 5))
    play.engine.forget()
    assert (None, None) == (play.end(open_call), play.end(grown))
    assert 0 == play.engine.spent.calls
