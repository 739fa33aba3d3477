"""The many spellings of one provider and of one model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LONGEST_NAME", "is_address", "is_moving", "normal", "provider_name", "spellings", "undated", "vendor_of"]

LONGEST_NAME = 512
"""Longer names (characters) are nobody's model and are not looked up: regexes of the table run on them."""

# OpenTelemetry's values of gen_ai.provider.name and of the older gen_ai.system, then what instrumentations write.
# https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
# The table's own clauses find others by a part of the name (and would take azure.ai.openai for openai).
_PROVIDERS = {
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "azure-ai": "azure",
    "azure-ai-inference": "azure",
    "azure-ai-openai": "azure",
    "azure-openai": "azure",
    "azureopenai": "azure",
    "aws.bedrock": "aws",
    "amazon-bedrock": "aws",
    "bedrock": "aws",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "fireworks-ai": "fireworks",
    "fireworks.ai": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen-ai": "google",
    "gcp.vertex-ai": "google",
    "gemini": "google",
    "groq": "groq",
    "ibm.watsonx.ai": "ibm.watsonx.ai",
    "mistral-ai": "mistral",
    "mistralai": "mistral",
    "moonshot-ai": "moonshotai",
    "novita-ai": "novita",
    "perplexity": "perplexity",
    "perplexity-ai": "perplexity",
    "together-ai": "together",
    "togetherai": "together",
    "together.ai": "together",
    "vertex-ai": "google",
    "vertexai": "google",
    "x-ai": "x-ai",
    "x.ai": "x-ai",
    "xai": "x-ai",
    "z-ai": "zai",
    "z.ai": "zai",
    "zhipu": "zhipuai",
    "zhipu-ai": "zhipuai",
}

# Frameworks and gateways write their own name where the provider's belongs. It says nothing about who bills.
_FRAMEWORKS = frozenset(
    {
        "ag2",
        "agno",
        "ai-sdk",
        "autogen",
        "claude-agent-sdk",
        "crewai",
        "dspy",
        "gcp.vertex.agent",
        "google-adk",
        "haystack",
        "instructor",
        "langchain",
        "langgraph",
        "litellm",
        "llama-index",
        "llamaindex",
        "mastra",
        "microsoft.agent-framework",
        "openai-agents",
        "portkey",
        "pydantic-ai",
        "semantic-kernel",
        "smolagents",
        "strands",
        "strands-agents",
    }
)

# The Vercel AI SDK adds the kind of call to the provider: openai.chat, azure-openai.responses.
_CALL_KIND = re.compile(r"\.(?:chat|completions?|embeddings?|image|messages|responses)$")

# Embeddings, which the clauses leave out: only their vendor, and who resells them under its own name, calls them so.
# https://platform.openai.com/docs/models, https://docs.cohere.com/docs/models
_VENDORS = {
    "text-embedding-3-": "openai",
    "text-embedding-ada-": "openai",
    "embed-v": "cohere",
    "embed-english-": "cohere",
    "embed-multilingual-": "cohere",
}

# Bedrock's name of a model without its maker, as Traceloop writes it: nova-pro-v1:0, gpt-oss-120b-1:0.
# https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html
_ON_BEDROCK = re.compile(r"([a-z]+)[^.]*-v?\d+:\d+")
_MAKERS = {
    "claude": "anthropic",
    "command": "cohere",
    "gpt": "openai",
    "jamba": "ai21",
    "llama": "meta",
    "mistral": "mistral",
    "mixtral": "mistral",
    "nova": "amazon",
    "pixtral": "mistral",
    "qwen": "qwen",
    "r": "deepseek",
    "titan": "amazon",
}

# LiveKit names as provider the host that was asked. It says who bills only where it is a provider's own.
_ADDRESS = re.compile(r"(?:https?://)?(?:api(?:\.[\w-]+)+|localhost|\d+(?:\.\d+){3}|[\w.-]+(?=:\d))(?::\d+)?(?:/.*)?")

_SPACES = re.compile(r"[\s_]+")

# models/gemini-2.5-pro, publishers/google/models/gemini-2.5-pro, projects/…/publishers/anthropic/models/claude-…
_MODEL_PATH = re.compile(r"(?:.*/)?models/(.+)")

# OpenRouter's wishes about who of several hosts serves the call; the model's list price is the nearest there is.
_ROUTING = re.compile(r"(.+):(?:exacto|floor|nitro)")

_LATEST = re.compile(r"[-@:]latest(?:$|:)")

_DATE = re.compile(r"[-@]20\d\d-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])$")


def normal(name: str) -> str:
    """Return a model's name as names are compared: trimmed, in lower case."""
    return name.strip().lower()


def provider_name(told: str) -> str:
    """Return the provider as the price table calls it, where we know better than the table's own clauses.

    Empty for a framework's name: then only the model can say who bills.
    """
    plain = _CALL_KIND.sub("", told.strip().lower())
    key = _SPACES.sub("-", plain)
    if key in _FRAMEWORKS:
        return ""
    return _PROVIDERS.get(key, plain)


def is_address(provider: str) -> bool:
    """Tell whether a lower-case name of a provider is the address of a server."""
    return _ADDRESS.fullmatch(provider) is not None


def spellings(name: str) -> Iterator[str]:
    """Yield the ways a lower-case model name may stand in a table, the likeliest first."""
    yield name
    path = _MODEL_PATH.fullmatch(name)
    if path:
        yield path[1]
    routed = _ROUTING.fullmatch(name)
    if routed:
        yield routed[1]
    on_bedrock = _ON_BEDROCK.fullmatch(name)
    if on_bedrock and on_bedrock[1] in _MAKERS:
        yield f"{_MAKERS[on_bedrock[1]]}.{name}"


def is_moving(name: str) -> bool:
    """Say whether a lower-case name means another model, or another host, next month."""
    return _LATEST.search(name) is not None or _ROUTING.fullmatch(name) is not None


def vendor_of(name: str) -> str:
    """Return the vendor of a lower-case model name that the table's clauses don't know, empty where we don't either."""
    return next((vendor for start, vendor in _VENDORS.items() if name.startswith(start)), "")


def undated(name: str) -> str:
    """Return a lower-case name without the date at its end: `gpt-5.2-2025-12-11` is `gpt-5.2`."""
    return _DATE.sub("", name)
