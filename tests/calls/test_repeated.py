"""What a span around a call repeats of its usage."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spancost.calls import Usage
from spancost.calls.repeated import repeated_usage


def _message(**told: Any) -> dict[str, Any]:
    usage = {"input_tokens": 1303, "output_tokens": 160, "total_tokens": 1463, "input_token_details": {"cache_read": 0}}
    return {"content": "…", "usage_metadata": {**usage, **told}}


def test_reasoning_is_found_in_the_last_message() -> None:
    """Of the messages that a task returns the last is the call's own."""
    earlier = _message(input_tokens=5, output_token_details={"audio": 0, "reasoning": 100})
    text = json.dumps({"messages": [earlier, _message(output_token_details={"audio": 0, "reasoning": 128})]})
    assert Usage(1303, 160, reasoning=128) == repeated_usage({"gen_ai.task.output": text})
    assert Usage(1303, 160, reasoning=128) == repeated_usage({"traceloop.entity.output": text})


@pytest.mark.parametrize("details", [{}, {"reasoning": 0}, {"reasoning": 161}, {"reasoning": -1}, {"reasoning": "128"}])
def test_what_tells_no_reasoning_tells_nothing(details: dict[str, Any]) -> None:
    """None, or more of it than output, adds nothing to what the call's own span says."""
    assert repeated_usage({"gen_ai.task.output": json.dumps(_message(output_token_details=details))}) is None


@given(st.text(), st.integers(0, 200))
def test_no_content_makes_a_fault(text: str, cut: int) -> None:
    """Content is whatever people and models write, and may be cut anywhere."""
    repeated_usage({"gen_ai.task.output": text})
    whole = json.dumps(_message(output_token_details={"reasoning": 128}))
    told = repeated_usage({"gen_ai.task.output": text + whole[:cut]})
    assert told is None or told[:2] == (1303, 160)


def test_a_long_text_is_read_at_its_end() -> None:
    """A megabyte of documents before the message costs nothing, and one after it hides it."""
    message = json.dumps(_message(output_token_details={"reasoning": 128}))
    assert repeated_usage({"gen_ai.task.output": "{" * 10**6 + message}) is not None
    assert repeated_usage({"gen_ai.task.output": message + "{" * 10**6}) is None
    assert repeated_usage({"gen_ai.task.output": 5}) is None
