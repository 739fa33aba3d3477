"""Haystack's own spans: what a call used stands only in its answer, which is there where content is traced.

A component's type names it; an agent's step calls a model under no name, and is known by its answer alone.
"""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.raw_usage import RAW_USAGE, inside
from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["HAYSTACK"]

_STEP: Final = "haystack.agent.step.llm.output"

_CHATS: Final = (
    "OpenAIChatGenerator",
    "OpenAIResponsesChatGenerator",
    "AzureOpenAIChatGenerator",
    "AzureOpenAIResponsesChatGenerator",
    "AnthropicChatGenerator",
    "AnthropicVertexChatGenerator",
    "AmazonBedrockChatGenerator",
    "GoogleGenAIChatGenerator",
    "GoogleAIGeminiChatGenerator",
    "VertexAIGeminiChatGenerator",
    "MistralChatGenerator",
    "CohereChatGenerator",
    "OpenRouterChatGenerator",
    "TogetherAIChatGenerator",
    "NvidiaChatGenerator",
    "WatsonxChatGenerator",
    "HuggingFaceAPIChatGenerator",
)
_TEXTS: Final = ("OpenAIGenerator", "AzureOpenAIGenerator", "AnthropicGenerator", "HuggingFaceAPIGenerator")
_EMBEDDERS: Final = (
    "OpenAITextEmbedder",
    "OpenAIDocumentEmbedder",
    "AzureOpenAITextEmbedder",
    "AzureOpenAIDocumentEmbedder",
)


_COUNTS: Final = inside("replies.0.meta.usage", RAW_USAGE)
"""The first answer's usage is the provider's own, with all its parts."""

_OF_TEXTS: Final = inside("meta.0.usage", RAW_USAGE)
_OF_EMBEDDINGS: Final = inside("meta.usage", RAW_USAGE)
"""Generators of texts, and embedders, have it beside their answers."""

HAYSTACK: Final = Dialect(
    name="haystack",
    markers=frozenset({"haystack.component.type", _STEP}),
    operations={
        **dict.fromkeys((*_CHATS, *_TEXTS, *_EMBEDDERS), Kind.CALL),
        "Agent": Kind.AGENT,
        "ToolInvoker": Kind.OTHER,
    },
    spoken={
        **dict.fromkeys(_CHATS, "chat"),
        **dict.fromkeys(_TEXTS, "text_completion"),
        **dict.fromkeys(_EMBEDDERS, "embeddings"),
    },
    fields={
        Field.OPERATION: ("haystack.component.type",),
    },
    texts={
        _STEP: {**_COUNTS, Field.RESPONSE_MODEL: ("replies.0.meta.model",)},
        "haystack.component.output": {
            **{field: (*paths, *_OF_TEXTS[field], *_OF_EMBEDDINGS[field]) for field, paths in _COUNTS.items()},
            Field.RESPONSE_MODEL: ("replies.0.meta.model", "meta.0.model", "meta.model"),
        },
    },
    emitters=(
        Emitter(
            "haystack",
            recorded="haystack__native__delegate",
            also=("haystack__native__pipeline",),
            package="haystack-ai",
        ),
    ),
)
