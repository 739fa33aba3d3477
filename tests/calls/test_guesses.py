"""Counts that an instrumentation made up, told from those that a provider told."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spancost.calls import Usage, read_call
from spancost.calls.dialects import emitter_of
from spancost.calls.guesses import GUESSING, are_guessed, without_words
from spancost.calls.names import CALL_NAMES

_LANGCHAIN: Final = emitter_of("openlit.instrumentation.langchain")
_LITELLM: Final = emitter_of("litellm")

_ROLES: Final = {"system": "system", "human": "user", "ai": "assistant", "tool": "tool"}
"""LangChain's names of who speaks, and what OpenLIT writes for them."""

_TOOL_CALL: Final = {"type": "tool_call", "id": "call_1", "name": "calc", "arguments": "{}"}


def _message(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "content": words}


def _span(asked: list[tuple[str, str]], answer: str, usage: tuple[int, int], **more: Any) -> dict[str, Any]:
    """Return what OpenLIT writes of a call of LangChain's."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.stream": True,
        "gen_ai.input.messages": json.dumps([_message(_ROLES[role], _text(words)) for role, words in asked]),
        "gen_ai.output.messages": json.dumps([_message("assistant", _text(answer))]),
        "gen_ai.usage.input_tokens": usage[0],
        "gen_ai.usage.output_tokens": usage[1],
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.usage.cache_creation.input_tokens": 0,
        **more,
    }


def _guess(text: str) -> int:
    """Count as OpenLIT does."""
    return -(-len(text) // 2)


_asked = st.lists(st.tuples(st.sampled_from(sorted(_ROLES)), st.text(max_size=40)), min_size=1, max_size=5)


@given(_asked, st.text(min_size=1, max_size=60))
def test_counts_of_words_are_a_guess_whatever_was_said(asked: list[tuple[str, str]], answer: str) -> None:
    """As LangChain writes messages, with its own names of who speaks, two characters make a token."""
    prompt = "\n".join(f"{role}: {words}" for role, words in asked)
    attributes = _span(asked, answer, (_guess(prompt), _guess(answer)))
    told = read_call(attributes, _LANGCHAIN)
    if any(words.endswith("...") for words in (answer, *(words for _, words in asked))):
        # It may have been cut: then how long it was can't be known.
        assert told.estimated
    else:
        assert (None, "no_usage", True) == (told.usage, told.reason, told.estimated)


@given(_asked, st.text(max_size=60), st.integers(1, 10**6), st.integers(1, 10**6))
def test_counts_that_words_do_not_explain_were_told(
    asked: list[tuple[str, str]], answer: str, input_: int, output: int
) -> None:
    """A provider's count is a guess for nobody, unless both of its numbers happen to be half a length."""
    prompt = "\n".join(f"{role}: {words}" for role, words in asked)
    if (input_, output) != (_guess(prompt), _guess(answer)) and not (prompt + answer).count("..."):
        told = read_call(_span(asked, answer, (input_, output)), _LANGCHAIN)
        assert (Usage(input_, output), False) == (told.usage, told.estimated)


def test_a_short_answer_that_is_half_as_long_by_chance_was_told() -> None:
    """`16` is one token, and half as long: what was asked tells."""
    asked = [("human", "What is four times four?")]
    assert read_call(_span(asked, "16", (14, 1)), _LANGCHAIN).usage == Usage(14, 1)
    assert read_call(_span(asked, "16", (16, 1)), _LANGCHAIN).usage is None


def test_what_is_no_text_is_not_measured() -> None:
    """Python's text of a list can't be had back: then the answer alone tells."""
    image = {"role": "user", "parts": [_text("Look."), {"type": "image", "url": "https://example.org/a.png"}]}
    attributes = _span([], "A cat on a mat.", (999, 8)) | {"gen_ai.input.messages": json.dumps([image])}
    assert read_call(attributes, _LANGCHAIN).usage is None
    assert read_call(attributes | {"gen_ai.usage.output_tokens": 5}, _LANGCHAIN).usage == Usage(999, 5)


def test_a_stream_without_content_may_be_a_guess_and_is_priced_as_one_that_may() -> None:
    """Programs that keep content off their spans: a stream whose counts nothing tells apart keeps them, marked."""
    words = _span([("human", "hi")], "hello", (5, 3))
    silent = {name: value for name, value in words.items() if not name.endswith("messages")}
    told = read_call(silent, _LANGCHAIN)
    assert (Usage(5, 3), True) == (told.usage, told.estimated)
    whole = read_call(silent | {"gen_ai.request.stream": False}, _LANGCHAIN)
    assert (Usage(5, 3), False) == (whole.usage, whole.estimated)
    cached = read_call(silent | {"gen_ai.usage.cache_read.input_tokens": 4}, _LANGCHAIN)
    assert (4, False) == (cached.usage and cached.usage.cache_read, cached.estimated)


def test_an_answer_without_tokens_is_a_guess() -> None:
    """An answer of tool calls alone has no words, and no provider bills none."""
    answer = json.dumps([_message("assistant", _TOOL_CALL)])
    attributes = _span([("human", "hi")], "", (5, 0)) | {"gen_ai.output.messages": answer}
    assert read_call(attributes, _LANGCHAIN).usage is None
    assert read_call(attributes | {"gen_ai.usage.output_tokens": 17}, _LANGCHAIN).usage == Usage(5, 17)
    assert read_call(attributes).usage == Usage(5, 0)


def _litellms(usage: str) -> dict[str, Any]:
    """Return what LiteLLM's callback writes of a stream."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.prompt_tokens": 27,
        "gen_ai.usage.completion_tokens": 6,
        "metadata.usage_object": usage,
    }


@pytest.mark.parametrize(
    ("parts", "is_guess"),
    [
        # 1.75 to 1.100 of a stream without usage; of one with OpenAI's parts; 1.110 of one without usage, and of one of a
        # server's that has no parts.
        ("{'reasoning_tokens': 0, 'text_tokens': None}, 'prompt_tokens_details': None}", True),
        ("{'reasoning_tokens': 0, 'text_tokens': None}, 'prompt_tokens_details': {'cached_tokens': 0}}", False),
        ("{'reasoning_tokens': 0, 'text_tokens': 6}, 'prompt_tokens_details': None}", None),
        ("None, 'prompt_tokens_details': None}", False),
    ],
)
def test_a_stream_that_litellm_counted_lacks_the_parts_that_providers_tell(parts: str, is_guess: bool | None) -> None:
    """What it made up stands beside none of a prompt's parts; where a server may have told it, it is counted and marked."""
    usage = f"{{'completion_tokens': 6, 'prompt_tokens': 27, 'total_tokens': 33, 'completion_tokens_details': {parts}"
    told = read_call(_litellms(usage), _LITELLM)
    assert (is_guess is not False, None if is_guess else Usage(27, 6)) == (told.estimated, told.usage)


def test_a_stream_of_litellms_second_spans_may_be_counted_where_no_part_is_told() -> None:
    """From 1.110 on LiteLLM counts a stream that told no usage, and leaves cached tokens out, as where a server has none."""
    told = _litellms("") | {"litellm.request.streaming": True}
    del told["metadata.usage_object"]
    cached = {"gen_ai.usage.cache_read.input_tokens": 0}
    assert (Usage(27, 6), True) == (read_call(told, _LITELLM).usage, read_call(told, _LITELLM).estimated)
    assert not read_call(told | cached, _LITELLM).estimated
    assert not read_call(told | {"litellm.request.streaming": False}, _LITELLM).estimated
    assert not (told | cached).keys() - CALL_NAMES, "of a recorded span it is kept"


@given(st.one_of(st.text(), st.integers(), st.binary()), st.text())
def test_no_content_makes_a_fault(said: Any, more: str) -> None:
    """Content is whatever people and models write, may be cut anywhere, and another emitter's may mean anything."""
    whole = json.dumps([_message("assistant", _text(more))])
    for text in (said, whole[: len(whole) // 2], f'[{{"role": "{more}', '[{"role": "user", "parts": 5}]', whole + more):
        are_guessed({"gen_ai.output.messages": text, "gen_ai.input.messages": text}, _LANGCHAIN, Usage(5, 3))


@given(_asked)
def test_what_is_kept_of_messages_is_how_long_they_are(asked: list[tuple[str, str]]) -> None:
    """No word of them, and it reads as they did."""
    text = json.dumps([_message(_ROLES[role], _text(words)) for role, words in asked])
    kept = without_words(text)
    assert kept == "" or kept.isdecimal()
    assert without_words(kept) == kept


def test_only_who_guesses_is_asked() -> None:
    """Of any other emitter the same counts are what they are."""
    assert emitter_of("opentelemetry.instrumentation.genai.openai") not in GUESSING
    assert read_call(_span([("human", "hi")], "hello", (5, 3))).usage == Usage(5, 3)
