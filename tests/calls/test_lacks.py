"""What of a call's usage its span doesn't tell, by who wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from spancost.calls import CACHE_UNTOLD, Call, read_call
from spancost.calls.dialects import emitter_of

_HIDES = "openinference.instrumentation.haystack"
_TELLS = "openinference.instrumentation.openai"
_READ = "llm.token_count.prompt_details.cache_read"


def _read(scope: str, input_: int = 5_000, **more: Any) -> Call:
    told = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-5.2", "llm.provider": "openai"}
    counts = {"llm.token_count.prompt": input_, "llm.token_count.completion": 10}
    return read_call({**told, **counts, **more}, emitter_of(scope))


def test_input_whose_cached_part_is_not_told_is_all_that_was_used() -> None:
    """It is no lower bound: cached tokens are in it, and cost less than it says."""
    call = _read(_HIDES)
    assert (False, CACHE_UNTOLD) == (call.partial, call.reason)
    assert call.usage is not None
    assert (5_000, 0) == (call.usage.input, call.usage.cache_read)


@pytest.mark.parametrize(
    ("scope", "input_", "more"),
    [
        (_TELLS, 5_000, {}),
        (_HIDES, 1_023, {}),
        (_HIDES, 5_000, {_READ: 0}),
        (_HIDES, 5_000, {_READ: 1_024}),
    ],
    ids=["told by an instrumentation that would tell", "too short to be kept", "told as none", "told"],
)
def test_nothing_is_said_where_nothing_is_hidden(scope: str, input_: int, more: dict[str, int]) -> None:
    """No provider keeps so little, and who tells a count of them has told all."""
    assert (False, "") == _read(scope, input_, **more)[5:7]


def test_what_was_written_to_a_cache_is_looked_for_where_it_costs_more() -> None:
    """Traceloop's spans of LangChain tell what was read from one alone; with Claude alone writing has a price."""

    def reason(model: str, **more: int) -> str:
        told = {"gen_ai.operation.name": "chat", "gen_ai.request.model": model, "gen_ai.usage.input_tokens": 5_000}
        counts = {"gen_ai.usage.output_tokens": 10, "gen_ai.usage.cache_read.input_tokens": 0}
        return read_call({**told, **counts, **more}, emitter_of("opentelemetry.instrumentation.langchain")).reason

    assert [CACHE_UNTOLD, ""] == [reason("claude-sonnet-4-5"), reason("gpt-5.2")]
    assert "" == reason("claude-sonnet-4-5", **{"gen_ai.usage.cache_write.input_tokens": 0})


def test_traceais_spans_of_claude_under_langchain_hold_the_cache_only_beside_a_total() -> None:
    """They name LangChain's provider alone, and tell a total only where LangChain had counted the input together."""

    def read(provider: str, **more: int) -> tuple[str, bool, str]:
        told = {"gen_ai.span.kind": "LLM", "gen_ai.request.model": "claude-haiku-4-5", "ls_provider": provider}
        counts = {"gen_ai.usage.input_tokens": 2_115, "gen_ai.usage.output_tokens": 38}
        call = read_call({**told, **counts, **more}, emitter_of("traceai_langchain"))
        return call.provider, call.partial, call.reason

    assert ("anthropic", True, "no_cache_usage") == read("anthropic")
    assert ("anthropic", False, CACHE_UNTOLD) == read("anthropic", **{"gen_ai.usage.total_tokens": 2_153})
    assert ("openai", False, CACHE_UNTOLD) == read("openai")


def test_mastras_first_exporter_leaves_out_what_was_written_to_claudes_cache() -> None:
    """It tells what was read, beside the input, and the sum of a model's steps: nothing of what they wrote."""

    def read(provider: str, read_: int) -> tuple[int, bool, str]:
        told = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "claude-haiku-4-5", "gen_ai.system": provider}
        counts = {"gen_ai.usage.input_tokens": 3_000, "gen_ai.usage.output_tokens": 78}
        more = {"mastra.span.type": "model_generation", "gen_ai.usage.cached_input_tokens": read_}
        call = read_call({**told, **counts, **more}, emitter_of("@mastra/otel"))
        assert call.usage is not None
        return call.usage.input, call.partial, call.reason

    assert (5_048, True, "no_cache_usage") == read("anthropic.messages", 2_048)
    assert (3_000, True, "no_cache_usage") == read("anthropic.messages", 0)
    assert (3_000, False, "") == read("openai.chat", 2_048)


def test_langwatch_tells_no_cached_tokens() -> None:
    """What it counts of a client it is handed has them inside."""
    told = {"langwatch.span.type": "llm", "gen_ai.request.model": "openai/gpt-4o"}
    counts = {"gen_ai.usage.prompt_tokens": 1_328, "gen_ai.usage.completion_tokens": 32}
    assert CACHE_UNTOLD == read_call({**told, **counts}, emitter_of("langwatch")).reason


@pytest.mark.parametrize("scope", ["opentelemetry.instrumentation.genai.anthropic", "pydantic-ai"])
def test_what_claudes_stream_guessed_at_first_is_no_usage_where_nothing_says_that_it_ended(scope: str) -> None:
    """A stream that broke off may leave a span without an error, with the output of the first event."""

    def read(output: int, model: str = "claude-sonnet-4-5", **more: Any) -> tuple[int, bool, str]:
        told = {"gen_ai.operation.name": "chat", "gen_ai.request.model": model, "gen_ai.usage.input_tokens": 2_000}
        call = read_call({**told, "gen_ai.usage.output_tokens": output, **more}, emitter_of(scope))
        assert call.usage is not None
        return call.usage.output, call.partial, call.reason

    ended = {"gen_ai.response.finish_reasons": ("end_turn",)}
    assert (0, True, "half_usage") == read(1)
    assert (1, False, "") == read(1, **ended)
    assert (9, False, "") == read(9)
    assert (1, False, "") == read(1, "gpt-5.2")
