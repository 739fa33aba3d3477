"""What is named as a help where calls have no amount, or agents no call."""

from __future__ import annotations

import pytest

from spancost.ledger.remedies import remedy, remedy_of_silence
from spancost.ledger.silence import ELSEWHERE, NO_CALL, OWN_WORD

_INCLUDE = 'stream_options={"include_usage": True}'
_INCLUDE_IN_JAVASCRIPT = "stream_options: {include_usage: true}"


@pytest.mark.parametrize(
    ("scope", "helps"),
    [
        ("openinference.instrumentation.openai", _INCLUDE),
        ("opentelemetry.instrumentation.genai.openai", _INCLUDE),
        ("langfuse-sdk", _INCLUDE),
        ("logfire.openai", _INCLUDE),
        ("mlflow.tracing.provider", _INCLUDE),
        ("litellm", _INCLUDE),
        ("openinference.instrumentation.litellm", _INCLUDE),
        ("@opentelemetry/instrumentation-openai", _INCLUDE_IN_JAVASCRIPT),
        ("io.opentelemetry.openai-java-1.1", "includeUsage(true)"),
        ("@arizeai/openinference-instrumentation-openai", "@opentelemetry/instrumentation-openai"),
        ("@traceloop/instrumentation-openai", "@opentelemetry/instrumentation-openai"),
        ("openlit.instrumentation.langchain", "stream_usage=True"),
        ("openinference.instrumentation.langchain", "stream_usage=True"),
        ("openinference.instrumentation.llama_index", "additional_kwargs"),
        ("openinference.instrumentation.openai_agents", "ModelSettings(include_usage=True)"),
        ("opentelemetry.instrumentation.openai_agents", "opentelemetry-instrumentation-genai-openai"),
        ("openinference.instrumentation.dspy", "opentelemetry-instrumentation-genai-dspy"),
        ("pydantic-ai", "read it to its end"),
        ("openinference.instrumentation.groq", "install opentelemetry-instrumentation-groq in its place"),
        ("opentelemetry.instrumentation.groq", "read the stream to its end"),
        ("mistralai_sdk_tracer", "read the stream to its end"),
        ("openinference.instrumentation.mistralai", "read the stream to its end"),
        ("opentelemetry.instrumentation.mistralai", "read the stream to its end"),
        ("opentelemetry.instrumentation.together", "spancost.record_call()"),
        ("nobody-knows", "let the instrumentation record usage"),
    ],
)
def test_a_call_without_usage_has_the_help_of_its_instrumentation(scope: str, helps: str) -> None:
    """What switches usage on differs from library to library, and some instrumentations never tell it."""
    assert helps in remedy("no_usage", scope)


def test_what_asks_for_a_streams_usage_is_not_named_as_all_that_may_be_the_matter() -> None:
    """A stream that was asked for it and left, or a request that timed out, looks the same."""
    for scope in ("openinference.instrumentation.openai", "opentelemetry.instrumentation.genai.langchain"):
        assert "read streams to their end; of a request that failed" in remedy("no_usage", scope)


def test_a_lower_bound_has_a_help_of_its_own() -> None:
    """What switches all usage on is no help where a stream was left, or where a client's cache isn't told."""
    assert "stream_options" not in remedy("half_usage", "openinference.instrumentation.openai")
    assert "openai_continuous_usage_stats" in remedy("half_usage", "pydantic-ai")
    assert "genai-anthropic" in remedy("no_cache_usage", "openlit.instrumentation.langchain")
    assert "openinference-instrumentation-anthropic" in remedy("no_cache_usage", "com.anthropic.sdk.python")
    assert "another model for advice" in remedy("last_request", "openinference.instrumentation.anthropic")
    assert "[[price]]" in remedy("no_class_price", "pydantic-ai")
    assert remedy("cut_off", "litellm") == remedy("cut_off", "") != ""


@pytest.mark.parametrize(
    ("scope", "helps"),
    [
        ("litellm", "LITELLM_OTEL_V2=true"),
        ("opentelemetry.instrumentation.openai_v2", "opentelemetry-instrumentation-genai-openai in its place"),
        ("@opentelemetry/instrumentation-openai", "@arizeai/openinference-instrumentation-openai beside it"),
        ("openinference.instrumentation.haystack", "such as opentelemetry-instrumentation-genai-openai"),
    ],
)
def test_cached_tokens_that_are_not_told_are_told_by_another_instrumentation(scope: str, helps: str) -> None:
    """Which one depends on what asks the model."""
    assert helps in remedy("cache_untold", scope)


def test_a_guess_is_cured_by_what_has_usage_told() -> None:
    """An instrumentation guesses only where the provider told nothing."""
    scope = "openlit.instrumentation.langchain"
    assert remedy("guessed_usage", scope) == remedy("no_usage", scope)
    assert "have the provider tell them" in remedy("guessed_usage", "")


def test_another_reason_has_the_same_help_whoever_tells_of_it() -> None:
    """A model without a price has none under any instrumentation."""
    assert remedy("unknown_model", "litellm") == remedy("unknown_model", "") != ""


def test_a_model_that_its_instrumentation_does_not_name_needs_another_one() -> None:
    """OpenLIT says `anthropic` where a stream's model should stand; what it does name may have no price all the same."""
    said = remedy("unknown_model", "openlit.instrumentation.langchain")
    assert said.startswith(remedy("unknown_model", ""))
    assert "opentelemetry-instrumentation-genai-anthropic" in said


@pytest.mark.parametrize(
    "scope",
    ["openinference.instrumentation.crewai", "opentelemetry.instrumentation.crewai.instrumentation", "crewai"],
)
def test_crewais_agents_without_a_call_are_told_of_its_private_provider(scope: str) -> None:
    """What CrewAI itself tells of its calls never comes to a processor."""
    said = remedy_of_silence(NO_CALL, scope)
    assert "CrewAI traces its calls on a private provider" in said
    assert "opentelemetry-instrumentation-genai-openai" in said


def test_what_helps_other_agents_depends_on_the_reason_alone() -> None:
    """An agent asked in another service is one whoever tells of it."""
    assert "private" not in remedy_of_silence(NO_CALL, "other") != ""
    for reason in (ELSEWHERE, OWN_WORD):
        assert remedy_of_silence(reason, "crewai") == remedy_of_silence(reason, "other") != ""
