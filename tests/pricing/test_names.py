"""One provider and one model under the names that spans carry."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from spancost.calls.usage import Usage
from spancost.pricing import PriceBook, names
from spancost.pricing.catalog import bundled
from spancost.pricing.lookup import canonical

BOOK = PriceBook()
NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()) * 10**9


def entry(provider: str, *models: str) -> tuple[str, str]:
    """Return the entry that answered, and the status or, where nothing did, the reason."""
    answer = BOOK.price(provider, models, Usage(1000, 100), NOON)
    return answer.model, answer.reason or answer.status


@pytest.mark.parametrize(
    ("told", "provider"),
    [
        # https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/#gen-ai-provider-name
        ("anthropic", "anthropic"),
        ("aws.bedrock", "aws"),
        ("azure.ai.inference", "azure"),
        ("azure.ai.openai", "azure"),
        ("cohere", "cohere"),
        ("deepseek", "deepseek"),
        ("gcp.gemini", "google"),
        ("gcp.gen_ai", "google"),
        ("gcp.vertex_ai", "google"),
        ("groq", "groq"),
        ("ibm.watsonx.ai", "ibm.watsonx.ai"),
        ("mistral_ai", "mistral"),
        ("moonshot_ai", "moonshotai"),
        ("openai", "openai"),
        ("perplexity", "perplexity"),
        ("x_ai", "x-ai"),
        # older gen_ai.system values
        ("az.ai.inference", "azure"),
        ("az.ai.openai", "azure"),
        ("gemini", "google"),
        ("vertex_ai", "google"),
        ("xai", "x-ai"),
        # what instrumentations and frameworks write
        ("OpenAI", "openai"),
        (" openai ", "openai"),
        ("openai.chat", "openai"),
        ("azure-openai.responses", "azure"),
        ("azure_openai", "azure"),
        ("google_genai", "google"),
        ("google", "google"),
        ("VertexAI", "google"),
        ("amazon_bedrock", "aws"),
        ("bedrock", "aws"),
        ("MistralAI", "mistral"),
        ("TogetherAI", "together"),
        ("together_ai", "together"),
        ("fireworks_ai", "fireworks"),
        ("openrouter", "openrouter"),
        ("z.ai", "zai"),
        # nobody we know
        ("vllm", "vllm"),
        ("ollama", "ollama"),
    ],
)
def test_a_provider_is_known_by_every_name_it_has(told: str, provider: str) -> None:
    """Each spelling means one table; a provider without a table keeps its own name."""
    assert provider == canonical(bundled(), told)


@pytest.mark.parametrize(
    "told",
    ["langchain", "langgraph", "strands-agents", "crewai", "autogen", "pydantic_ai",
     "gcp.vertex.agent", "litellm", "LlamaIndex", "openai_agents", "semantic kernel", ""],
)  # fmt: skip
def test_a_framework_is_no_provider(told: str) -> None:
    """A framework's name says nothing about who bills: then the model's name decides."""
    assert "" == canonical(bundled(), told)
    assert ("anthropic:claude-sonnet-4-5", "exact") == entry(told, "claude-sonnet-4-5-20250929")


@pytest.mark.parametrize(
    "told",
    [
        "127.0.0.1:8000",
        "10.0.0.7",
        "localhost",
        "localhost:4000",
        "http://llm.corp.example:8080/v1",
        "api.corp.example",
    ],
)
def test_the_address_of_a_server_is_no_provider(told: str) -> None:
    """LiveKit's spans name as provider the host that was asked: then the model's name decides, as for a framework."""
    assert "" == canonical(bundled(), told)
    assert ("anthropic:claude-sonnet-4-5", "exact") == entry(told, "claude-sonnet-4-5-20250929")


@pytest.mark.parametrize("told", ["api.openai.com", "https://api.openai.com:443/v1"])
def test_a_providers_own_address_is_that_provider(told: str) -> None:
    """It says who bills as well as the provider's name does."""
    assert "openai" == canonical(bundled(), told)


def test_a_provider_that_nobody_knows_is_no_address() -> None:
    """Who bills is told, and isn't whoever the model's name may point to."""
    assert "my-own.models" == canonical(bundled(), "my-own.models")


@pytest.mark.parametrize(
    ("provider", "model", "matched"),
    [
        ("openai", " gpt-5.2\n", "openai:gpt-5.2"),
        ("openai", "GPT-5.2", "openai:gpt-5.2"),
        ("openai", "openai/gpt-5.2", "openai:gpt-5.2"),
        ("openai", "gpt-5.2-2025-12-11", "openai:gpt-5.2"),
        ("openai", "gpt-5.2-20251211", "openai:gpt-5.2"),
        ("openai", "ft:gpt-4o-2024-08-06:acme::abc123", "openai:ft:gpt-4o"),
        ("azure.ai.openai", "gpt-4o", "openai:gpt-4o"),
        ("gcp.gemini", "models/gemini-2.5-pro", "google:gemini-2.5-pro"),
        ("gcp.vertex_ai", "publishers/google/models/gemini-2.5-pro", "google:gemini-2.5-pro"),
        ("gcp.vertex_ai", "projects/p/locations/l/publishers/google/models/gemini-2.5-pro", "google:gemini-2.5-pro"),
        ("gcp.vertex_ai", "claude-sonnet-4-5@20250929", "google:claude-sonnet-4-5"),
        ("mistral_ai", "mistralai/mistral-large-4-0", "mistral:mistral-large-4"),
        ("openrouter", "openai/gpt-5.2", "openrouter:openai/gpt-5.2"),
        ("", "gemini-2.5-pro", "google:gemini-2.5-pro"),
        ("", "openai/gpt-5.2", "openai:gpt-5.2"),
        ("", "vertex_ai/gemini-2.5-pro", "google:gemini-2.5-pro"),
        ("", "openrouter/openai/gpt-5.2", "openrouter:openai/gpt-5.2"),
        ("", "azure/gpt-4o", "openai:gpt-4o"),
        ("aws.bedrock", "nova-pro-v1:0", "aws:amazon.nova-pro-v1:0"),
        ("aws.bedrock", "llama3-1-70b-instruct-v1:0", "aws:meta.llama3-1-70b-instruct-v1:0"),
        ("aws.bedrock", "gpt-oss-120b-1:0", "aws:openai.gpt-oss-120b-1:0"),
    ],
)
def test_a_model_is_known_by_every_name_it_has(provider: str, model: str, matched: str) -> None:
    """Case, space, paths, dates and the provider's own prefix don't matter."""
    assert (matched, "exact") == entry(provider, model)


@pytest.mark.parametrize(
    ("provider", "model", "reason"),
    [
        ("openai", "gpt-99", "unknown_model"),
        ("openai", "meta-llama/Llama-3.3-70B-Instruct", "unknown_model"),
        ("openai", "gpt-5.2-20251399", "unknown_model"),
        ("openai", "", "unknown_model"),
        ("openai", "  ", "unknown_model"),
        ("", "my-own-model", "unknown_model"),
        ("", "openai/", "unknown_model"),
        ("", "mistralai/Mistral-7B-Instruct", "unknown_model"),
        ("langchain", "", "unknown_model"),
        ("vllm", "gpt-5.2", "unknown_provider"),
        ("ollama", "llama3.3", "unknown_provider"),
        ("ibm.watsonx.ai", "granite-4", "unknown_provider"),
        ("openrouter", "gemini-2.5-pro-exp-03-25", "no_price"),
        ("github_copilot", "gpt-4o", "no_price"),
        ("openai", "whisper-1", "no_price"),
    ],
)
def test_what_is_not_known_has_a_reason(provider: str, model: str, reason: str) -> None:
    """The reason names what was told and isn't in the table; a model of a stranger is never priced by its name."""
    assert reason == entry(provider, model)[1]


def test_the_first_candidate_that_is_known_decides() -> None:
    """The response's model comes before the requested one, which helps where the first is unknown."""
    assert "openai:gpt-5.1" == entry("openai", "gpt-5.1", "gpt-5.2")[0]
    assert "openai:gpt-5.2" == entry("openai", "my-deployment", "gpt-5.2")[0]


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("anthropic", "claude-3-5-haiku-latest"),
        ("mistral", "mistral-large-latest"),
        ("openrouter", "openai/gpt-5.2:nitro"),
        ("openrouter", "openai/gpt-5.2:floor"),
    ],
)
def test_a_moving_name_is_an_alias(provider: str, model: str) -> None:
    """What `-latest` or a routing wish means may change any day, and the status says so."""
    assert "alias" == entry(provider, model)[1]


def test_a_free_model_is_free_because_its_entry_says_so() -> None:
    """OpenRouter's `:free` entries cost 0; `:free` on any other name is not believed."""
    answer = BOOK.price("openrouter", ("openai/gpt-oss-20b:free",), Usage(1000, 100), NOON)
    assert (0, "exact") == (answer.amount, answer.status)
    assert "unknown_model" == entry("openrouter", "openai/gpt-5.2:free")[1]


def test_only_a_date_is_taken_off_a_name() -> None:
    """A date at the end goes, other digits stay."""
    assert ["gpt-5.2", "claude-sonnet-4-5", "gpt-4-0613", "m-20259999"] == [
        names.undated(name) for name in ("gpt-5.2-2025-12-11", "claude-sonnet-4-5@20250929", "gpt-4-0613", "m-20259999")
    ]


@pytest.mark.parametrize(
    ("model", "found"),
    [
        ("text-embedding-3-small", "openai:text-embedding-3-small"),
        ("text-embedding-ada-002", "openai:text-embedding-ada-002"),
        ("embed-v4.0", "cohere:embed-v4.0"),
        ("embed-of-nobody", ""),
    ],
)
def test_an_embedding_s_name_tells_its_vendor(model: str, found: str) -> None:
    """Langfuse's client writes no provider, and genai-prices' own clauses leave embeddings out."""
    assert found == entry("", model)[0]
