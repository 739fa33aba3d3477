"""What the span of a bare request tells, and what a span was that a library has written over."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spancost.calls import Kind, Usage, read_call
from spancost.calls.bare import MARK, WRITER, answer_of, is_bare_request, kind_beneath, was_kept

_OPENAI = {
    "prompt_tokens": 2500,
    "completion_tokens": 40,
    "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": None},
    "completion_tokens_details": {"reasoning_tokens": 8},
}
_RESPONSES = {
    "input_tokens": 2500,
    "input_tokens_details": {"cached_tokens": 1024},
    "output_tokens": 40,
    "output_tokens_details": {"reasoning_tokens": 8},
}
_CLAUDE = {
    "input_tokens": 500,
    "cache_creation_input_tokens": 1000,
    "cache_read_input_tokens": 1000,
    "cache_creation": {"ephemeral_5m_input_tokens": 700, "ephemeral_1h_input_tokens": 300},
    "output_tokens": 40,
}
_BEDROCK = {"inputTokens": 500, "cacheReadInputTokens": 1500, "cacheWriteInputTokens": 500, "outputTokens": 40}
_GEMINI = {
    "promptTokenCount": 2500,
    "cachedContentTokenCount": 1024,
    "candidatesTokenCount": 32,
    "thoughtsTokenCount": 8,
}


def _bare(usage: object, provider: str = "openai", key: str = "usage", **more: Any) -> dict[str, Any]:
    first = f"llm.{provider}."
    return {f"{first}messages": "[{'role': 'user'}]", f"{first}{key}": repr(usage)} | {
        first + name: value for name, value in more.items()
    }


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (_bare(_OPENAI), Usage(2500, 40, 1024, 0, 0, 8)),
        (_bare(_RESPONSES, "None"), Usage(2500, 40, 1024, 0, 0, 8)),
        (_bare(_CLAUDE, "anthropic"), Usage(2500, 40, 1000, 1000, 300)),
        (_bare(_BEDROCK, "bedrock"), Usage(2500, 40, 1500, 500)),
        (_bare(_GEMINI, "gemini", "usageMetadata"), Usage(2500, 40, 1024, 0, 0, 8)),
    ],
)
def test_the_usage_is_read_whichever_provider_answered(attributes: dict[str, Any], expected: Usage) -> None:
    """As Python writes it, the input with its cached tokens."""
    assert is_bare_request("raw_gen_ai_request", attributes)
    assert expected == read_call(answer_of(attributes), WRITER).usage


def test_who_answered_is_read() -> None:
    """Id, model and provider; of Responses LiteLLM calls the provider `None`."""
    call = read_call(answer_of(_bare(_OPENAI, id="chatcmpl-1", model="gpt-4o-2024-08-06")), WRITER)
    assert ("openai", ("gpt-4o-2024-08-06",), "chatcmpl-1") == (call.provider, call.models, call.response_id)
    assert read_call(answer_of(_bare(_RESPONSES, "None", id="resp_1")), WRITER).provider == ""
    gemini = answer_of(_bare(_GEMINI, "gemini", "usageMetadata", responseId="r", modelVersion="gemini-2.5-flash"))
    assert ("r", ("gemini-2.5-flash",)) == (read_call(gemini, WRITER).response_id, read_call(gemini, WRITER).models)


def test_an_embedding_is_known_by_its_list() -> None:
    """It has no output, which is nothing that was left out."""
    call = read_call(answer_of(_bare({"prompt_tokens": 9, "total_tokens": 9}, "None", object="list")), WRITER)
    assert ("embeddings", Usage(9), False) == (call.operation, call.usage, call.partial)


@pytest.mark.parametrize(
    "usage", ["__import__('os').abort()", "{", "[1]", "{'prompt_tokens': 1" + " " * 9_000 + "}", 7]
)
def test_a_usage_that_cannot_be_read_tells_nothing(usage: object) -> None:
    """No text is run, and none of any length is parsed."""
    call = read_call(answer_of({"llm.openai.id": "x", "llm.openai.usage": usage}), WRITER)
    assert (None, "no_usage") == (call.usage, call.reason)


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers()))))
def test_whatever_stands_there_reading_raises_nothing(usage: dict[str, Any]) -> None:
    """An answer is another program's text."""
    read_call(answer_of(_bare(usage)), WRITER)
    read_call(answer_of(_bare({"prompt_tokens": usage, "completion_tokens_details": usage})), WRITER)


def test_a_bare_request_is_known_by_its_name_or_its_answer() -> None:
    """Of a stream of Claude's nothing stands on it; a `generation_name` of the program's may stand in the name's place."""
    assert is_bare_request("raw_gen_ai_request", {})
    assert is_bare_request("my answer", {"llm.openai.id": "x"})
    assert not is_bare_request("redis", {"call_type": "x", "llm.openai.messages": "x", "llm.usage": "x"})


@pytest.mark.parametrize("text", ["{'id': 'x'}", "EmbeddingResponse(model='text-embedding-3-small')"])
def test_an_answer_that_the_library_had_kept_is_known(text: str) -> None:
    """Its text is all that is told, as Python writes it; what came from a provider and is no JSON is none."""
    kept = {"llm.openai.stringified_raw_response": text}
    assert was_kept(kept)
    assert not was_kept(kept | {"llm.openai.model": "gpt-5.2"})
    assert not was_kept({"llm.openai.stringified_raw_response": 'data: {"id": "x"}'})
    assert not was_kept({})


@pytest.mark.parametrize(
    ("name", "attributes", "kind"),
    [
        ("GET /", {}, None),
        ("invoke_agent boss", {}, Kind.AGENT),
        ("boss", {"gen_ai.agent.name": "boss"}, Kind.AGENT),
        ("boss", {"openinference.span.kind": "AGENT"}, Kind.AGENT),
        ("execute_tool search", {}, Kind.TOOL),
        ("run", {"gen_ai.workflow.name": "w"}, Kind.WORKFLOW),
    ],
)
def test_what_a_span_was_is_told_by_what_nobody_wrote_over(name: str, attributes: dict[str, Any], kind: str) -> None:
    """Its operation is that of the last call."""
    over = {"gen_ai.operation.name": "acompletion", "llm.request.type": "acompletion", MARK: "{}"}
    assert kind == kind_beneath(name, attributes | over)
