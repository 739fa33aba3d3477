"""Cache inside input and reasoning inside output, wherever an emitter puts them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support import call

from spancost.calls import Usage, read_call
from spancost.calls.dialects import Emitter, emitter_of
from spancost.calls.inside import TOTALS

_UNKNOWN = Emitter("acme.instrumentation.llm")


@st.composite
def _usages(draw: st.DrawFn) -> Usage:
    read, write, fresh = draw(st.integers(0, 5_000)), draw(st.integers(0, 5_000)), draw(st.integers(1, 5_000))
    reasoning, visible = draw(st.integers(0, 5_000)), draw(st.integers(1, 5_000))
    return Usage(read + write + fresh, reasoning + visible, read, write, reasoning=reasoning)


def _written(usage: Usage, *, cache_beside: bool, reasoning_beside: bool, **more: Any) -> dict[str, Any]:
    """Return what an emitter writes that puts the one or the other beside."""
    return call(
        usage.input - cache_beside * (usage.cache_read + usage.cache_write),
        usage.output - reasoning_beside * usage.reasoning,
        **{
            "gen_ai.usage.cache_read.input_tokens": usage.cache_read,
            "gen_ai.usage.cache_write.input_tokens": usage.cache_write,
            "gen_ai.usage.reasoning.output_tokens": usage.reasoning,
        },
        **more,
    )


@given(_usages(), st.booleans(), st.booleans(), st.sampled_from(TOTALS))
def test_a_total_says_what_lies_beside(usage: Usage, cache: bool, reasoning: bool, name: str) -> None:
    """Whatever an emitter nobody knows puts beside, its total is of all of it: the same usage is read."""
    assume(usage.reasoning != usage.cache_read + usage.cache_write)
    told = _written(usage, cache_beside=cache, reasoning_beside=reasoning) | {name: usage.input + usage.output}
    assert usage == read_call(told, _UNKNOWN).usage


@given(_usages(), st.integers(0, 30_000))
def test_a_total_that_fits_nothing_changes_nothing(usage: Usage, total: int) -> None:
    """Some totals count more than a prompt and an answer; then the conventions hold."""
    cached = usage.cache_read + usage.cache_write
    beside = total - usage.input - usage.output
    assume(beside not in (cached, usage.reasoning, cached + usage.reasoning))
    told = _written(usage, cache_beside=False, reasoning_beside=False)
    assert usage == read_call(told | {"gen_ai.usage.total_tokens": total}, _UNKNOWN).usage


@pytest.mark.parametrize(
    "scope",
    [
        "opentelemetry.instrumentation.google_generativeai",
        "opentelemetry.instrumentation.vertexai",
        "openinference.instrumentation.vertexai",
    ],
)
def test_reasoning_that_stands_in_the_total_alone_is_output(scope: str) -> None:
    """Some spans of Gemini tell the answer's words and the total of all; a total that can't be tells nothing."""
    emitter = emitter_of(scope)
    told = {"gen_ai.usage.total_tokens": 1519, "gen_ai.usage.cache_read.input_tokens": 1024}
    assert Usage(1359, 160, 1024, reasoning=128) == read_call(call(1359, 32, **told), emitter).usage
    for total in (1391, 1000, 0, 10**9):
        told["gen_ai.usage.total_tokens"] = total
        assert Usage(1359, 32, 1024) == read_call(call(1359, 32, **told), emitter).usage


@given(_usages())
def test_two_parts_of_one_size_are_not_told_apart_by_a_total(usage: Usage) -> None:
    """Then it says that one of them lies beside, and not which."""
    usage = usage._replace(cache_read=usage.reasoning, cache_write=0, input=usage.reasoning + usage.input)
    told = _written(usage, cache_beside=False, reasoning_beside=False)
    total = usage.input + usage.output + usage.reasoning
    assert usage == read_call(told | {"gen_ai.usage.total_tokens": total}, _UNKNOWN).usage


@pytest.mark.parametrize(
    ("scope", "input_"),
    [
        # The former is known to put it inside, the latter beside.
        ("opentelemetry.instrumentation.genai.openai", 1_000),
        ("opentelemetry.instrumentation.botocore.bedrock-runtime", 1_600),
    ],
)
def test_of_an_emitter_we_know_no_total_is_asked(scope: str, input_: int) -> None:
    """What a recording has shown holds, whatever a total adds up."""
    told = call(1_000, 50, **{"gen_ai.usage.cache_read.input_tokens": 600})
    for total in (1_050, 1_650):
        read = read_call(told | {"gen_ai.usage.total_tokens": total}, emitter_of(scope)).usage
        assert read is not None
        assert input_ == read.input


def test_more_cached_than_input_lies_beside_without_a_total() -> None:
    """It can't lie inside; and a total that was added up from the two is no reason to think so."""
    told = call(10, 50, **{"gen_ai.usage.cache_read.input_tokens": 600})
    for total in ({}, {"gen_ai.usage.total_tokens": 60}, {"gen_ai.usage.total_tokens": "60"}):
        assert Usage(610, 50, 600) == read_call(told | total, _UNKNOWN).usage
