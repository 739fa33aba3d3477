"""Counts that stand in a JSON text are read as if they were told plainly, where nothing else tells them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import call

from spancost.calls import Kind, Usage, kind_of, read_call
from spancost.calls.dialects import DIALECTS
from spancost.calls.texts import only_usage, opened

_RAW = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
_TEXT = "langsmith.metadata.usage_metadata"
_NAMES = sorted(name for dialect in DIALECTS for name in dialect.texts)
_TOLD = [(name, told) for each in DIALECTS for name, fields in each.texts.items() for told in fields.values()]
_PATHS = sorted({path for _, told in _TOLD for sums in told for path in sums.split(" + ")})


def _text(**counts: Any) -> dict[str, str]:
    return {_TEXT: json.dumps(counts)}


def test_the_parts_of_input_and_output_are_read_from_the_text() -> None:
    """LangSmith tells input and output plainly, and their parts in LangChain's own words."""
    told = _text(
        input_tokens=2111,
        output_tokens=166,
        input_token_details={"cache_read": 20, "cache_creation": 0, "ephemeral_5m_input_tokens": 1536}
        | {"ephemeral_1h_input_tokens": 512},
        output_token_details={"reasoning": 128},
    )
    usage = Usage(2111, 166, cache_read=20, cache_write=2048, cache_write_1h=512, reasoning=128)
    assert (usage, usage) == (read_call(told).usage, read_call(call(2111, 166) | told).usage)


def test_what_is_told_plainly_holds() -> None:
    """A text fills what nothing else tells, and changes nothing that something does."""
    told = _text(input_tokens=5, output_tokens=7, input_token_details={"cache_read": 3})
    plain = call(100, 50) | {"gen_ai.usage.cache_read.input_tokens": 0}
    assert Usage(100, 50) == read_call(plain | told).usage


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", '{"input_tokens": null}', "[" * 4_000, "{" * 4_000, '{"a": "' + "x" * 5_000 + '"}', 5, None],
)
def test_a_text_that_cannot_be_read_tells_nothing(text: Any) -> None:
    """Whatever stands there, nothing is raised and nothing is made up."""
    assert {} == opened({_TEXT: text})
    assert Usage(3, 4) == read_call(call(3, 4) | {_TEXT: text}).usage


@pytest.mark.parametrize("count", [-1, 10**20])
def test_impossible_counts_of_a_text_are_a_reason(count: int) -> None:
    """They are no money, as those told plainly are not."""
    assert (None, "invalid_usage") == read_call(_text(input_tokens=count, output_tokens=1))[4:7:2]


@given(
    st.sampled_from(_NAMES),
    st.dictionaries(
        st.sampled_from(_PATHS),
        st.integers() | st.floats() | st.text() | st.none() | st.booleans() | st.lists(st.integers()),
    ),
)
def test_no_text_raises(name: str, counts: dict[str, Any]) -> None:
    """Any JSON is read or passed over."""
    read_call({name: json.dumps(counts)})
    read_call({name: json.dumps({"input_token_details": counts, "output_token_details": 5})})


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "true", '"12"', '"12abc"', "1.5", "[1]", "-400", "1e300"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("langsmith.metadata.usage_metadata", '{"input_tokens": WRONG, "output_tokens": 1000}'),
        ("langsmith.metadata.usage_metadata", '{"input_tokens": 1000, "output_tokens": WRONG}'),
        ("langfuse.observation.usage_details", '{"input": WRONG, "output": 1000, "cache_read_input_tokens": 500}'),
        ("langfuse.observation.usage_details", '{"input": 1000, "output": 1000, "input_cached_tokens": WRONG}'),
        ("langfuse.observation.usage_details", '{"prompt_tokens": WRONG, "input": 7, "output": 1000}'),
        ("gen_ai.usage.raw", '{"prompt_tokens": WRONG, "completion_tokens": 1000}'),
        ("mlflow.chat.tokenUsage", '{"input_tokens": WRONG, "output_tokens": WRONG}'),
        ("mlflow.chat.tokenUsage", '{"input_tokens": 1000, "output_tokens": 9, "cache_read_input_tokens": WRONG}'),
    ],
)
def test_what_is_no_count_in_a_text_is_invalid_and_not_absent(name: str, text: str, wrong: str) -> None:
    """As under a plain attribute: the call is unpriced with that reason, whatever else the text tells."""
    read = read_call({"gen_ai.operation.name": "chat", name: text.replace("WRONG", wrong)})
    assert (None, "invalid_usage") == (read.usage, read.reason)


def test_usage_in_an_answers_own_text_is_read() -> None:
    """Haystack's step of an agent says nothing else of the call that it made."""
    answer = {"model": "gpt-4o-2024-08-06", "usage": {"prompt_tokens": 1474, "completion_tokens": 36}}
    answer["usage"] |= {"prompt_tokens_details": {"cached_tokens": 1024}}
    text = json.dumps({"replies": [{"role": "assistant", "meta": answer, "content": [{"text": "x" * 20_000}]}]})
    told = {"haystack.agent.step.llm.output": text}
    call = read_call(told)
    assert (Kind.CALL, Usage(1474, 36, cache_read=1024), ("gpt-4o-2024-08-06",)) == (
        kind_of(told),
        call.usage,
        call.models,
    )
    assert read_call({"haystack.agent.step.llm.output": json.dumps({"replies": []})}).usage is None


@pytest.mark.parametrize(
    ("name", "text", "cost"),
    [
        ("mlflow.llm.cost", '{"input_cost": 0.001, "output_cost": 0.002, "total_cost": 0.003}', 3 * 10**9),
        ("langfuse.observation.cost_details", '{"input": 0.001, "output": 0.002, "total": 0.003}', 3 * 10**9),
        ("langfuse.observation.cost_details", '{"total_cost": 2}', 2 * 10**12),
        ("langfuse.observation.cost_details", '{"input": 0, "output": 0, "total": 0}', None),
        ("langfuse.observation.cost_details", '{"total": true}', None),
        ("mlflow.llm.cost", '{"total_cost": -1}', None),
        ("mlflow.llm.cost", '{"total_cost": NaN}', None),
        ("mlflow.llm.cost", "null", None),
    ],
)
def test_an_amount_in_a_text_is_a_librarys(name: str, text: str, cost: int | None) -> None:
    """It holds where we have no price; 0, and what is no amount, says nothing."""
    read = read_call({"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5, name: text})
    assert (cost, "" if cost is None else "local", False) == (read.stated_cost, read.stated_by, read.amount_present)


def test_the_usage_in_an_answer_as_it_came_is_all_that_is_read_of_it() -> None:
    """MLflow tells reasoning, and what an embedding used, in the answer alone; a text cut short tells none."""
    usage = {"input_tokens": 1215, "output_tokens": 163, "output_tokens_details": {"reasoning_tokens": 128}}
    answer = json.dumps({"id": "resp_1", "output": ["x" * 100_000], "usage": usage, "user": None})
    told = {"mlflow.spanType": '"CHAT_MODEL"', "mlflow.spanOutputs": answer}
    assert Usage(1215, 163, reasoning=128) == read_call(told).usage
    assert read_call(told | {"mlflow.spanOutputs": answer[:-40]}).usage is None
    assert read_call(told | {"mlflow.spanOutputs": json.dumps({"text": answer, "usage": None})}).usage is None
    vectors = json.dumps({"data": [[0.1] * 9_000], "usage": {"prompt_tokens": 68, "total_tokens": 68}})
    embedding = read_call({"mlflow.spanType": '"EMBEDDING"', "mlflow.spanOutputs": vectors})
    assert (Usage(68), False) == (embedding.usage, embedding.partial)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("OpenAIChatGenerator", {"replies": [{"content": "x", "meta": {"model": "gpt-4o", "usage": _RAW}}]}),
        ("OpenAIGenerator", {"replies": ["x"], "meta": [{"model": "gpt-4o", "usage": _RAW}]}),
        ("OpenAITextEmbedder", {"embedding": [0.25] * 9_000, "meta": {"model": "gpt-4o", "usage": _RAW}}),
    ],
)
def test_each_of_haystack_s_components_has_its_usage_where_its_answer_has_it(kind: str, told: dict[str, Any]) -> None:
    """Beside each reply, beside all replies, or beside a vector of any length."""
    read = read_call({"haystack.component.type": kind, "haystack.component.output": json.dumps(told)})
    assert read.usage is not None
    assert (100, 20, "gpt-4o") == (read.usage.input, read.usage.output, read.models[0])


def test_of_an_answer_as_it_came_nothing_but_its_usage_is_read() -> None:
    """ADK's stands on every call's span, with all that the model said; what that quotes of usage is no usage."""
    said = json.dumps(
        {"content": '"usageMetadata":{"thoughtsTokenCount":9}', "usageMetadata": {"a": 1}, "role": "model"}
    )
    assert '{"usageMetadata":{"a":1}}' == only_usage(said.replace(": ", ":").replace(", ", ","))
    assert "" == only_usage(json.dumps({"content": '"usageMetadata":{"thoughtsTokenCount":9}'}))
    assert "" == only_usage('{"usage_metadata":{"thoughts_token_count":9}}')
