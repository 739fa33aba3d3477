"""Vercel's AI SDK for JavaScript: its own names, up to version 6 and where version 7 is asked for them."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["VERCEL"]

_INPUT: Final = "ai.usage.inputTokenDetails"
_OUTPUT: Final = "ai.usage.outputTokenDetails"

VERCEL: Final = Dialect(
    name="vercel",
    markers=frozenset({"ai.operationId"}),
    operations={
        "ai.generateText.doGenerate": Kind.CALL,
        "ai.streamText.doStream": Kind.CALL,
        "ai.generateObject.doGenerate": Kind.CALL,
        "ai.streamObject.doStream": Kind.CALL,
        "ai.embed.doEmbed": Kind.CALL,
        "ai.embedMany.doEmbed": Kind.CALL,
        # The loop around calls and tools, which repeats the usage of its calls. Version 7 writes it as `invoke_agent`,
        # with the function's id for the agent's name.
        "ai.generateText": Kind.AGENT,
        "ai.streamText": Kind.AGENT,
        "ai.generateObject": Kind.AGENT,
        "ai.streamObject": Kind.AGENT,
        "ai.embed": Kind.OTHER,
        "ai.embedMany": Kind.OTHER,
        "ai.toolCall": Kind.TOOL,
        # One turn of version 7's loop, in the conventions' attribute.
        "agent_step": Kind.OTHER,
    },
    spoken={
        "ai.generateText.doGenerate": "chat",
        "ai.streamText.doStream": "chat",
        "ai.generateObject.doGenerate": "chat",
        "ai.streamObject.doStream": "chat",
        "ai.embed.doEmbed": "embeddings",
        "ai.embedMany.doEmbed": "embeddings",
    },
    fields={
        Field.OPERATION: ("ai.operationId",),
        Field.PROVIDER: ("ai.model.provider",),
        Field.RESPONSE_MODEL: ("ai.response.model",),
        Field.REQUEST_MODEL: ("ai.model.id",),
        Field.RESPONSE_ID: ("ai.response.id",),
        # Version 4 speaks of prompts and completions; an embedding has tokens of one kind alone.
        Field.INPUT: ("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"),
        Field.OUTPUT: ("ai.usage.outputTokens", "ai.usage.completionTokens"),
        Field.CACHE_READ: (f"{_INPUT}.cacheReadTokens", "ai.usage.cachedInputTokens"),
        Field.CACHE_WRITE: (f"{_INPUT}.cacheWriteTokens",),
        Field.REASONING: (f"{_OUTPUT}.reasoningTokens", "ai.usage.reasoningTokens"),
    },
    totals=("ai.usage.totalTokens",),
    texts={
        # Which of Claude's written tokens are kept for an hour stands in the provider's own words alone.
        "ai.response.providerMetadata": {
            Field.CACHE_WRITE_1H: ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
        },
    },
    emitters=(
        Emitter("ai", recorded="vercel__aisdklegacy__delegate", package="ai"),
        Emitter("gen_ai", recorded="vercel__aisdkotel__delegate", package="@ai-sdk/otel"),
    ),
)
