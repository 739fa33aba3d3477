"""What Claude's servers used beyond an answer is counted with it, wherever a span tells it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import call

from spancost.calls import Call, Usage, read_call
from spancost.calls.dialects import emitter_of
from spancost.calls.iterations import with_iterations
from spancost.calls.names import CALL_NAMES

_CACHE = {
    "cache_read_input_tokens": 2,
    "cache_creation_input_tokens": 3,
    "cache_creation": {"ephemeral_1h_input_tokens": 1},
}
_COMPACTION = {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500} | _CACHE
_MESSAGE = {"type": "message", "input_tokens": 23_000, "output_tokens": 1_000}
_ADVICE = {"type": "advisor_message", "model": "claude-opus-4-6", "input_tokens": 900, "output_tokens": 70}

_WHOLE = Usage(203_005, 4_500, 2, 3, 1)
"""What the first two used together."""


def _of_openinference(*steps: Any) -> tuple[dict[str, Any], str]:
    told = {"llm.token_count.prompt": 23_000, "llm.token_count.completion": 1_000}
    return told | {"metadata": json.dumps({"usage_iterations": steps})}, "openinference.instrumentation.anthropic"


def _of_logfire(*steps: Any) -> tuple[dict[str, Any], str]:
    usage = {"input_tokens": 23_000, "output_tokens": 1_000, "iterations": steps}
    return call(23_000, 1_000) | {"gen_ai.usage.raw": json.dumps(usage, separators=(",", ":"))}, "logfire.anthropic"


def _of_mlflow(*steps: Any) -> tuple[dict[str, Any], str]:
    usage = {"input_tokens": 23_000, "output_tokens": 1_000, "iterations": steps}
    told = {"mlflow.chat.tokenUsage": json.dumps({"input_tokens": 23_000, "output_tokens": 1_000})}
    answer = json.dumps({"content": [], "usage": usage})
    return told | {"mlflow.spanType": '"CHAT_MODEL"', "mlflow.spanOutputs": answer}, "mlflow.tracing.provider"


_EMITTERS = pytest.mark.parametrize("of", [_of_openinference, _of_logfire, _of_mlflow])


def _read(told: dict[str, Any], scope: str) -> Call:
    emitter = emitter_of(scope)
    return with_iterations(read_call(told, emitter), emitter, told)


@_EMITTERS
def test_a_compaction_is_counted_with_the_answer(of: Any) -> None:
    """The answer's counts leave it out, and have what the message's own steps used."""
    assert (_WHOLE, False) == _read(*of(_COMPACTION, _MESSAGE))[4:6]
    assert (Usage(23_000, 1_000), False) == _read(*of(_MESSAGE, _MESSAGE))[4:6]


def test_steps_tell_which_of_the_tokens_written_are_kept_for_an_hour() -> None:
    """OpenInference tells it nowhere else."""
    told, scope = _of_openinference(_MESSAGE | _CACHE, _MESSAGE | _CACHE)
    told["llm.token_count.prompt_details.cache_write"] = 6
    assert Usage(23_000, 1_000, cache_write=6, cache_write_1h=2) == _read(told, scope).usage


@_EMITTERS
def test_what_another_model_advised_makes_it_a_lower_bound(of: Any) -> None:
    """Its tokens have another price, and no span of their own."""
    assert (Usage(23_000, 1_000), True, "last_request") == _read(*of(_MESSAGE, _ADVICE))[4:7]


@_EMITTERS
@pytest.mark.parametrize("steps", [[], ["compaction"], [None], [{"type": "compaction"}], [{"type": ["compaction"]}]])
def test_steps_that_tell_nothing_change_nothing(of: Any, steps: list[Any]) -> None:
    """Nor does a text that can't be read."""
    assert (Usage(23_000, 1_000), False) == _read(*of(*steps))[4:6]


@_EMITTERS
@given(
    count=st.one_of(
        st.integers(max_value=-1), st.integers(min_value=10**10), st.text("ab-. "), st.none(), st.booleans()
    )
)
def test_impossible_counts_of_a_step_are_no_tokens(of: Any, count: Any) -> None:
    """The answer's own hold."""
    assert (Usage(23_000, 1_000), False) == _read(*of({"type": "compaction", "input_tokens": count}))[4:6]


def test_anthropics_own_spans_tell_the_sum_of_compactions() -> None:
    """Beside the answer's counts, under names of its own. Without a cache all of it was fresh."""
    told = call(23_000, 1_000) | {
        "anthropic.usage.compaction.input_tokens": 180_000,
        "anthropic.usage.compaction.output_tokens": 3_500,
    }
    for scope in ("com.anthropic.sdk.python", "com.anthropic.sdk.typescript"):
        assert (Usage(203_000, 4_500), False) == _read(told, scope)[4:6]
    cached = told | {"gen_ai.usage.cache_read.input_tokens": 2_000}
    usage = Usage(203_000, 4_500, cache_read=182_000)
    assert (usage, True, "no_cache_usage") == _read(cached, "com.anthropic.sdk.python")[4:7]
    assert not told.keys() - CALL_NAMES, "of a recorded span it is kept"


def test_a_call_of_which_nothing_is_told_stays_without_usage() -> None:
    """A compaction alone is no answer."""
    told = {"gen_ai.operation.name": "chat", "anthropic.usage.compaction.input_tokens": 180_000}
    assert _read(told, "com.anthropic.sdk.python").usage is None
