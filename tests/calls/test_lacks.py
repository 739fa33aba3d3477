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
