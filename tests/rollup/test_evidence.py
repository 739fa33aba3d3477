"""What speaks for two records being of one call, and what against it."""

from __future__ import annotations

import pytest
from support import call

from spancost.calls import Usage, read_call
from spancost.rollup.evidence import agree, share_model


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("gpt-4-0613", "gpt-4"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-haiku-4-5@20251001", "anthropic/claude-haiku-4-5"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-haiku-4-5"),
        ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"),
        ("us.amazon.nova-pro-v1:0", "us.amazon.nova-pro"),
        ("gemini-2.0-flash-001", "gemini-2.0-flash"),
        ("mistral-large-2411", "mistral-large"),
        ("mistral-large-latest", "mistral-large"),
    ],
)
def test_a_version_is_of_its_family(model: str, family: str) -> None:
    """What was asked for, and what answered for it."""
    assert share_model(read_call(call(model=model)), read_call(call(model=family)))
    assert share_model(read_call(call(model=family)), read_call(call(model=model)))


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4-32k", "gpt-4"),
        ("claude-opus-4-1", "claude-opus-4"),
        ("claude-sonnet-4-5", "claude-sonnet-4"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4"),
        ("gpt-5-mini", "gpt-5"),
        ("o3-pro-2025-06-10", "o3"),
    ],
)
def test_a_longer_name_may_be_another_model_s(model: str, family: str) -> None:
    """It is asked for by that name, has a price of its own, and never answers for the other."""
    assert not share_model(read_call(call(model=model)), read_call(call(model=family)))


def test_a_record_of_the_answer_alone_agrees_with_one_of_all_that_was_used() -> None:
    """Of what Claude's servers did before they answered most instrumentations tell nothing."""
    answer = read_call(call(23_000, 1_000))
    whole = answer._replace(usage=Usage(203_000, 4_500), answer=answer.usage)
    silently = answer._replace(usage=whole.usage)
    for other in (answer, whole, silently):
        assert agree(whole, other, may_be_partial=False)
        assert agree(other, whole, may_be_partial=False)
    assert not agree(answer, silently, may_be_partial=False)
    assert not agree(whole, read_call(call(23_000, 900)), may_be_partial=False)
