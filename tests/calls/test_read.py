"""A span's attributes, however spelled and however wrong, read as one model call."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded.recording import RUNS
from strategies import attribute_values
from support import call

from spancost.calls import MARKERS, Kind, Usage, dialects, kind_at_start, kind_of, read_call
from spancost.calls.dialects import DIALECTS, Field, Layer, emitter_of
from spancost.calls.names import CALL_NAMES
from spancost.calls.shapes import SPELLINGS
from spancost.money import PICO

_COUNTS = {
    Field.INPUT: "input",
    Field.OUTPUT: "output",
    Field.CACHE_READ: "cache_read",
    Field.CACHE_WRITE: "cache_write",
    Field.CACHE_WRITE_1H: "cache_write_1h",
    Field.REASONING: "reasoning",
    Field.AUDIO_INPUT: "audio_input",
    Field.AUDIO_OUTPUT: "audio_output",
    Field.AUDIO_CACHE_READ: "audio_cache_read",
}
_EVERY_NAME = sorted(name for names in SPELLINGS.values() for name in names)


def _usage(**counts: int) -> dict[str, Any]:
    told = {field: name for field, name in _COUNTS.items() if name in counts}
    return {SPELLINGS[field][0]: counts[name] for field, name in told.items()}


# -- Kinds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "kind"), sorted({pair for dialect in DIALECTS for pair in dialect.operations.items()})
)
def test_every_operation_of_a_dialect_has_a_kind(operation: str, kind: str) -> None:
    """What a span is stands in its operation, at its start and at its end alike."""
    attributes = {"gen_ai.operation.name": operation}
    assert (kind, kind) == (kind_at_start(attributes), kind_of(attributes))


def test_operations_have_one_name_whoever_tells_them() -> None:
    """What leaves says `chat` and `embeddings`, as the conventions do."""
    named = {"openinference.span.kind": "EMBEDDING", "llm.token_count.prompt": 3}
    assert ("embeddings", False) == (read_call(named).operation, read_call(named).partial)
    assert "chat" == read_call({"gen_ai.operation.name": "acompletion"}).operation
    spoken = {spoken for dialect in DIALECTS for spoken in dialect.spoken.values()}
    assert {"chat", "embeddings", "text_completion"} == spoken


@pytest.mark.parametrize("operation", ["create_agent", "retrieval", "fetch_response", "search_memory"])
def test_operations_that_bill_nothing_are_no_calls_whatever_they_repeat(operation: str) -> None:
    """A response that is fetched again was billed when it was made."""
    assert Kind.OTHER == kind_of(call(10, 5) | {"gen_ai.operation.name": operation})


@pytest.mark.parametrize("operation", ["predict", "", 5, None])
def test_an_operation_we_do_not_know_is_a_call_where_it_tells_usage(operation: Any) -> None:
    """Operations named after us, or not at all, are calls if they used tokens and nothing if not."""
    named = {"gen_ai.operation.name": operation, "gen_ai.request.model": "gpt-5.2"}
    assert kind_of(named) is None
    assert Kind.CALL == kind_of(named | {"gen_ai.usage.prompt_tokens": 3})
    assert Kind.CALL == kind_of(named | {"gen_ai.usage.output_tokens": 0})


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("LLM", Kind.CALL),
        ("embedding", Kind.CALL),
        ("agent", Kind.AGENT),
        ("Kinds.TOOL", Kind.TOOL),
        ("CHAIN", Kind.OTHER),
        ("anything", Kind.CALL),
        (5, Kind.CALL),
    ],
)
@pytest.mark.parametrize("name", ["nobodys.span.kind", "nobodys.span_type"])
def test_a_product_that_no_table_names_says_itself_what_its_spans_are(name: str, word: Any, kind: str) -> None:
    """What an agent's span or a step's repeats of the calls below it is no call; where the word is nobody's, it is."""
    assert kind == kind_of({"gen_ai.request.model": "gpt-5.2", "gen_ai.usage.input_tokens": 3, name: word})


def test_what_a_span_says_by_the_conventions_goes_before_a_products_word() -> None:
    """An attribute of somebody's own is asked only where no operation is known."""
    assert Kind.CALL == kind_of(call(10, 5) | {"gen_ai.operation.name": "chat", "nobodys.span.kind": "agent"})


def test_an_answer_with_an_id_is_a_call_though_nothing_tells_its_usage() -> None:
    """Unknown is not zero: of a stream that told no usage some spans tell no more than that."""
    attributes = {"gen_ai.request.model": "gpt-5.2", "gen_ai.response.id": "chatcmpl-1"}
    assert Kind.CALL == kind_of(attributes)
    assert ("no_usage", None) == (read_call(attributes).reason, read_call(attributes).usage)


def test_spans_of_others_have_no_kind() -> None:
    """A span that none of the conventions speaks of is not looked at any further."""
    assert kind_of({"http.method": "POST", "gen_ai.usage.input_tokens": 5}) is None
    assert kind_at_start({"http.method": "POST"}) is None
    assert kind_of({}) is None


def test_every_dialect_says_how_it_is_recognised() -> None:
    """A span without a marker is skipped: each operation's attribute must be one."""
    for dialect in DIALECTS:
        assert dialect.markers <= MARKERS
        assert set(dialect.fields.get(Field.OPERATION, ())) <= dialect.markers


def test_no_two_dialects_mean_different_fields_by_one_name() -> None:
    """Then it doesn't matter which dialect a span is of, nor whether it is of two at once."""
    meant: dict[str, int] = {}
    for dialect in DIALECTS:
        for field, names in dialect.fields.items():
            assert {field} == {meant.setdefault(name, field) for name in names}


@pytest.mark.parametrize("scope", ["anthropic", "traceai_anthropic"])
def test_a_client_that_hides_its_cache_tells_a_lower_bound(scope: str) -> None:
    """Of Claude's cache nothing is told: it may have been read, and written, and billed."""
    told = read_call(call(89, 43, model="claude-sonnet-4-5"), emitter_of(scope))
    assert (True, "no_cache_usage") == (told.partial, told.reason)
    cached = call(89, 43, model="claude-sonnet-4-5") | {"gen_ai.usage.cache_read.input_tokens": 0}
    assert not read_call(cached, emitter_of(scope)).partial, "what is told of it is believed"


def test_each_emitter_stands_in_one_dialect_and_names_its_recording() -> None:
    """What is said of an instrumentation is said once, and shown by a run of the test data."""
    emitters = [emitter for dialect in DIALECTS for emitter in dialect.emitters]
    assert len(emitters) == len({emitter.scope for emitter in emitters})
    for emitter in emitters:
        assert emitter is emitter_of(emitter.scope)
        assert not emitter.recorded or (RUNS / f"{emitter.recorded}.jsonl.gz").exists()


def test_scopes_we_do_not_know_are_told_apart_within_bounds() -> None:
    """An instrumentation nobody knows is taken for a framework's, and names without end are not kept."""
    assert emitter_of("somebody") is emitter_of("somebody")
    assert ("somebody.else", Layer.FRAMEWORK) == (emitter_of("somebody.else").scope, emitter_of("somebody.else").layer)
    assert [str(number) for number in range(1000)] == [emitter_of(str(number)).scope for number in range(1000)]
    assert 300 > len(dialects._UNKNOWN)


# -- Spellings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "name"), [(field, name) for field in _COUNTS for name in SPELLINGS[field]])
def test_every_spelling_of_every_count_is_read(field: int, name: str) -> None:
    """Old and new names of one count mean the same."""
    around = {other: 100 for other in (Field.INPUT, Field.OUTPUT) if other != field}
    told = read_call({SPELLINGS[other][0]: count for other, count in around.items()} | {name: 7})
    assert told.usage is not None
    assert 7 == getattr(told.usage, _COUNTS[field])


@pytest.mark.parametrize("field", [field for field, names in SPELLINGS.items() if len(names) > 1])
@given(st.randoms(use_true_random=False))
def test_the_best_spelling_wins_in_any_order(field: int, random: Any) -> None:
    """Instrumentations write both: the newest name is taken, wherever it stands, and nothing is added up."""
    names = SPELLINGS[field]
    values = [
        rank + 1 if field in _COUNTS or field == Field.LIST_COST else f"value-{rank}" for rank in range(len(names))
    ]
    attributes = list(zip(names, values, strict=True))
    random.shuffle(attributes)
    told = read_call(_usage(input=100, output=100) | dict(attributes))
    if field in _COUNTS:
        assert told.usage is not None
        assert values[0] == getattr(told.usage, _COUNTS[field])
    elif field == Field.LIST_COST:
        assert PICO == told.stated_cost
    else:
        read = {
            Field.OPERATION: told.operation,
            Field.PROVIDER: told.provider,
            Field.RESPONSE_MODEL: told.models[0] if told.models else "",
            Field.REQUEST_MODEL: told.request_model,
            Field.RESPONSE_ID: told.response_id,
        }
        assert values[0] == read[field]


def test_empty_text_is_absent() -> None:
    """An empty attribute leaves room for the next spelling (LiteLLM writes dozens of them)."""
    told = read_call({"gen_ai.usage.input_tokens": "", "gen_ai.usage.prompt_tokens": 3, "gen_ai.provider.name": ""})
    assert told.usage is not None
    assert (3, "") == (told.usage.input, told.provider)


def test_models_are_the_responses_then_the_requests() -> None:
    """The dated model that answered is asked for its price first; the requested one is the label."""
    both = {"gen_ai.request.model": "gpt-5.2", "gen_ai.response.model": "gpt-5.2-2025-12-11"}
    told = read_call(both)
    assert (("gpt-5.2-2025-12-11", "gpt-5.2"), "gpt-5.2") == (told.models, told.request_model)
    assert ("m",) == read_call({"gen_ai.request.model": "m", "gen_ai.response.model": "m"}).models
    assert (("m",), "m") == read_call({"gen_ai.response.model": "m"})[1:3]


# -- What counts mean ---------------------------------------------------------------------------------------------


def test_a_cache_outside_the_input_is_put_inside() -> None:
    """Where input is less than what came from the cache, the emitter left the cache out of it."""
    told = read_call(_usage(input=10, output=5, cache_read=100, cache_write=20)).usage
    assert Usage(130, 5, 100, 20) == told


def test_a_call_that_came_all_from_the_cache_is_left_as_it_is() -> None:
    """Input that equals its cached part holds it already, and output that is all reasoning too."""
    assert Usage(100, 40, 80, 20, reasoning=40) == (
        read_call(_usage(input=100, output=40, cache_read=80, cache_write=20, reasoning=40)).usage
    )


def test_reasoning_outside_the_output_is_put_inside() -> None:
    """Where output is less than reasoning, the emitter left reasoning out of it."""
    assert Usage(10, 105, reasoning=100) == read_call(_usage(input=10, output=5, reasoning=100)).usage


def test_writes_for_an_hour_are_writes() -> None:
    """An emitter that tells only the hour-long part has told the least that was written."""
    told = read_call(_usage(input=100, output=5, cache_write_1h=30)).usage
    assert Usage(100, 5, cache_write=30, cache_write_1h=30) == told


@given(
    st.fixed_dictionaries(
        {}, optional={name: st.integers(0, 10**9) for name in _COUNTS.values() if "audio" not in name}
    )
)
def test_a_part_is_never_more_than_its_whole(counts: dict[str, int]) -> None:
    """Whatever an emitter says, uncached input and visible output are not negative."""
    usage = read_call(_usage(**counts)).usage
    assert (usage is None) == (not counts.get("input") and not counts.get("output"))
    if usage is not None:
        assert 0 <= usage.cache_read + usage.cache_write <= usage.input
        assert 0 <= usage.reasoning <= usage.output
        assert usage.cache_write_1h <= usage.cache_write


def test_half_a_usage_is_partial_and_none_is_a_reason() -> None:
    """Input alone or output alone is a lower bound; neither is no usage, and so is nothing of both."""
    assert (True, "half_usage") == read_call(_usage(input=3))[5:7]
    assert (True, "half_usage") == read_call(_usage(output=3))[5:7]
    assert (None, False, "no_usage") == read_call(_usage(cache_read=3))[4:7]
    # LiteLLM writes zeros for a stream that told nothing. No request is without input.
    assert (None, False, "no_usage") == read_call(_usage(input=0, output=0))[4:7]


@pytest.mark.parametrize("operation", ["embeddings", "aembedding"])
def test_embeddings_are_complete_without_output(operation: str) -> None:
    """There is none, and nobody tells any."""
    told = read_call(_usage(input=3) | {"gen_ai.operation.name": operation})
    assert (Usage(3), False) == told[4:6]


def test_an_answer_that_broke_off_is_a_lower_bound() -> None:
    """What was told until then was used, whatever more was."""
    told = read_call(call(100, 50), error="the connection broke")
    assert (Usage(100, 50), True) == told[4:6]


def test_the_last_of_several_requests_of_one_span_is_a_lower_bound() -> None:
    """OpenInference writes beside the answer what the model asked for before it, where Google's library ran the tools."""
    told = call(100, 50) | {"message.tool_calls.0.tool_call.function.name": "calc"}
    google = emitter_of("openinference.instrumentation.google_genai")
    assert (Usage(100, 50), True) == read_call(told, google)[4:6]
    assert (Usage(100, 50), False) == read_call(call(100, 50), google)[4:6]
    assert (Usage(100, 50), False) == read_call(told, emitter_of("openinference.instrumentation.openai"))[4:6]
    assert not told.keys() - CALL_NAMES, "of a recorded span it is kept"


@pytest.mark.parametrize(("provider", "partial"), [("anthropic", True), ("openai", False)])
def test_an_answer_of_claude_whose_cache_nothing_tells_of_is_a_lower_bound(provider: str, partial: bool) -> None:
    """Spring AI leaves it out where the answer is streamed; else it tells it beside the input, all as text."""
    streamed = {"gen_ai.system": provider, "gen_ai.usage.input_tokens": "67", "gen_ai.usage.output_tokens": "40"}
    spring = emitter_of("org.springframework.boot")
    assert (Usage(67, 40), partial) == read_call(streamed, spring)[4:6]
    whole = streamed | {"gen_ai.usage.cache_read.input_tokens": "0"}
    assert (Usage(67, 40), False) == read_call(whole, spring)[4:6]
    cached = whole | {"gen_ai.usage.cache_creation.input_tokens": "50"}
    told = Usage(117 if partial else 67, 40, cache_write=50)
    assert (told, False) == read_call(cached, spring)[4:6]


def test_the_first_guess_of_a_stream_that_broke_off_is_dropped() -> None:
    """Claude's first event tells a token or so of output, and only the last one what there was."""
    names = {"gen_ai.request.model": "claude-sonnet-4-5"}
    assert (Usage(100), True) == read_call(call(100, 1) | names, error="")[4:6]
    assert (Usage(100, 50), True) == read_call(call(100, 50) | names, error="")[4:6]
    assert (Usage(100, 1), True) == read_call(call(100, 1), error="")[4:6]


def test_input_that_leaves_the_cache_out_is_made_whole() -> None:
    """Bedrock's own numbers do, which can't be seen where the cached part is the smaller one."""
    told = _usage(input=3000, output=5, cache_read=2000, cache_write=48)
    bedrock = emitter_of("opentelemetry.instrumentation.botocore.bedrock-runtime")
    assert Usage(5048, 5, cache_read=2000, cache_write=48) == read_call(told, bedrock).usage
    assert Usage(3000, 5, cache_read=2000, cache_write=48) == read_call(told).usage


def test_one_providers_input_may_leave_the_cache_out() -> None:
    """OpenInference's agno passes on what each provider calls input, and Anthropic means what is not cached."""
    agno = emitter_of("openinference.instrumentation.agno")
    told = _usage(input=2357, output=40, cache_write=768)
    assert Usage(3125, 40, cache_write=768) == read_call(told | {"llm.provider": "Anthropic"}, agno).usage
    assert Usage(2357, 40, cache_write=768) == read_call(told | {"llm.provider": "OpenAI"}, agno).usage


@pytest.mark.parametrize(
    ("model", "output"),
    [
        ("openai/gpt-5-mini", 495),
        ("gemini-2.5-flash", 943),
        ("projects/p/publishers/google/models/gemini-2.5-pro", 943),
    ],
)
def test_reasoning_that_adk_added_to_what_litellm_told_is_taken_out(model: str, output: int) -> None:
    """Gemini tells its thoughts beside its output, where ADK is right to add them; all that LiteLLM speaks to doesn't."""
    adk = emitter_of("gcp.vertex.agent")
    told = _usage(input=1140, output=943, reasoning=448) | {"gen_ai.request.model": model}
    assert Usage(1140, output, reasoning=448) == read_call(told, adk).usage
    assert Usage(1140, 943, reasoning=448) == read_call(told).usage


def test_tokens_that_an_instrumentation_guessed_are_not_told() -> None:
    """OpenLIT counts those of a stream that tells none itself, and prices them: neither is known of the call."""
    openlit = emitter_of("openlit.instrumentation.openai")
    guess = call(14, 21) | {"gen_ai.usage.cost": 0.000245}
    assert (None, False, "no_usage", None) == read_call(guess, openlit)[4:8]
    assert (Usage(14, 21), False, "", 245_000_000) == read_call(guess | _usage(cache_read=0), openlit)[4:8]
    assert Usage(14, 21) == read_call(guess).usage
    embedding = {"gen_ai.operation.name": "embeddings", "gen_ai.usage.input_tokens": 68}
    assert Usage(68) == read_call(embedding, openlit).usage


# -- Stated costs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "stated"),
    [
        ({"gen_ai.usage.cost.amount": 0.5, "gen_ai.usage.cost.source": "provider"}, (PICO // 2, "provider")),
        ({"gen_ai.usage.cost.amount": 0.5}, (PICO // 2, "local")),
        ({"gen_ai.usage.cost.amount": 0.5, "gen_ai.usage.cost.currency": "USD"}, (PICO // 2, "local")),
        ({"gen_ai.usage.cost.amount": 0.5, "gen_ai.usage.cost.currency": "EUR"}, (None, "")),
        (
            {"gen_ai.usage.cost.amount": 0.5, "gen_ai.usage.cost.currency": "EUR", "operation.cost": 2},
            (2 * PICO, "local"),
        ),
        ({"operation.cost": 0.00001725}, (17_250_000, "local")),
        ({"operation.cost": 0}, (None, "")),
        ({"operation.cost": 0.0}, (None, "")),
        ({"operation.cost": -1.0}, (None, "")),
        ({"operation.cost": True}, (None, "")),
        ({"operation.cost": "0.5"}, (None, "")),
        ({"operation.cost": float("nan")}, (None, "")),
        ({"operation.cost": float("inf")}, (None, "")),
        ({"operation.cost": 1e308}, (None, "")),
        ({"operation.cost": 10**400}, (None, "")),
    ],
)
def test_a_stated_cost_is_taken_where_it_can_be_true(attributes: dict[str, Any], stated: tuple[Any, str]) -> None:
    """Dollars above zero, by whoever says so; other currencies and impossible amounts are not."""
    assert stated == read_call(attributes)[7:9]


@pytest.mark.parametrize("present", [0, 0.5, "x", True])
def test_an_amount_that_stands_on_the_span_is_known_to(present: Any) -> None:
    """Nobody may overwrite it, whether it can be used or not."""
    assert read_call({"gen_ai.usage.cost.amount": present}).amount_present
    assert not read_call({}).amount_present


# -- Hostile ------------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(_EVERY_NAME) | st.text(max_size=5), attribute_values(), max_size=12))
def test_no_attributes_whatever_raise_or_mislead(attributes: dict[str, Any]) -> None:
    """Any value under any name gives a call of the right types, and counts that can be true."""
    kind_at_start(attributes)
    kind_of(attributes)
    told = read_call(attributes)
    names = (told.provider, told.request_model, told.response_id, told.reason, told.stated_by, *told.models)
    assert {str} == {type(name) for name in names}
    assert (told.usage is None or told.partial) == bool(told.reason)
    if told.usage is not None:
        assert {int} == {type(count) for count in told.usage}
        assert min(told.usage) >= 0
    assert told.stated_cost is None or (type(told.stated_cost) is int and told.stated_cost >= 0)


@pytest.mark.parametrize(
    "name", ["gen_ai.request.model", "gen_ai.response.model", "gen_ai.provider.name", "gen_ai.response.id"]
)
def test_a_megabyte_in_the_place_of_a_name_is_not_kept(name: str) -> None:
    """Models, providers and ids are remembered: one that is longer than any real one is cut or left out."""
    told = read_call(call(1, 1) | {name: "x" * 10**6})
    longest = max(map(len, (told.provider, told.request_model, told.response_id, *told.models)))
    assert 1024 >= longest


def test_five_hundred_attributes_are_read_past() -> None:
    """Attributes that are not ours cost a look-up each and change nothing."""
    noise = {f"app.attribute.{number}": "x" * 100 for number in range(500)}
    assert read_call(call(10, 5)) == read_call(noise | call(10, 5) | noise)


def test_no_two_fields_share_a_name() -> None:
    """A name that stood for two fields would be read as one of them, silently."""
    for one, other in itertools.combinations(SPELLINGS.values(), 2):
        assert set() == set(one) & set(other)


def test_a_call_of_an_older_traceloop_is_one_before_it_tells_any_usage() -> None:
    """Its stream tells none, and no operation of the conventions: what is left is the type of the request."""
    told = {"gen_ai.system": "openai", "llm.request.type": "chat", "gen_ai.request.model": "gpt-4o"}
    assert (Kind.CALL, "no_usage") == (kind_of(told), read_call(told).reason)
    assert Kind.OTHER == kind_of(told | {"llm.request.type": "rerank"})
    assert Kind.WORKFLOW == kind_of(told | {"traceloop.span.kind": "workflow"})


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({}, Kind.AGENT),
        ({"traceloop.span.kind": "workflow"}, Kind.WORKFLOW),
        ({"traceloop.span.kind": "agent"}, Kind.AGENT),
        ({"gen_ai.workflow.nodes": ("planner", "critic")}, Kind.WORKFLOW),
        ({"gen_ai.workflow.nodes": ("model", "tools")}, Kind.AGENT),
        ({"gen_ai.workflow.nodes": ["agent", "tools"]}, Kind.AGENT),
        ({"gen_ai.workflow.nodes": "model"}, Kind.AGENT),
    ],
)
def test_a_runnable_that_calls_itself_an_agent_is_the_workflow_it_is(told: dict[str, Any], kind: str) -> None:
    """Traceloop's spans of LangChain: a graph around steps, or what a program runs, is nobody's agent."""
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "pipeline"} | told
    assert (kind, kind) == (kind_of(attributes), kind_at_start(attributes))
    assert Kind.CALL == kind_of(call(1, 1) | told), "only an agent is asked"
