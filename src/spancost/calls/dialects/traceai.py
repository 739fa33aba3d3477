"""Future AGI's traceAI: OpenInference's kinds and parts of a count, in the conventions' manner."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind, Layer

__all__ = ["TRACEAI"]

_INPUT: Final = "gen_ai.usage.input_tokens"
_OUTPUT: Final = "gen_ai.usage.output_tokens"

TRACEAI: Final = Dialect(
    name="traceai",
    markers=frozenset({"gen_ai.span.kind"}),
    operations={"VECTOR_DB": Kind.OTHER, "CONVERSATION": Kind.OTHER},
    fields={
        Field.OPERATION: ("gen_ai.span.kind",),
        # LangChain's own name for it.
        Field.PROVIDER: ("ls_provider",),
        Field.CACHE_READ: (f"{_INPUT}.cache_read", f"{_INPUT}.cache_input"),
        Field.CACHE_WRITE: (f"{_INPUT}.cache_write",),
        Field.REASONING: (f"{_OUTPUT}.reasoning",),
        Field.AUDIO_INPUT: (f"{_INPUT}.audio",),
        Field.AUDIO_OUTPUT: (f"{_OUTPUT}.audio",),
        Field.LIST_COST: ("gen_ai.cost.total",),
    },
    # Of a stream the spans of OpenAI's client tell what was asked for, and no model that answered.
    texts={"gen_ai.request.parameters": {Field.RESPONSE_MODEL: ("model",)}},
    emitters=(
        # Of Chat Completions it tells neither cached tokens nor reasoning.
        Emitter(
            "traceai_openai",
            Layer.CLIENT,
            hides_cache_in_input=True,
            recorded="openaisdk__traceai__calls",
            also=("openaisdk__traceai+oaigenai__calls",),
            package="traceai-openai",
        ),
        # Tells the cache only in the text of the answer; of a stream that a helper reads it has no span.
        Emitter(
            "traceai_anthropic",
            Layer.CLIENT,
            hides_cache=True,
            recorded="anthropicsdk__traceai__calls",
            also=("anthropicsdk__traceai+anthgenai__calls",),
            package="traceai-anthropic",
        ),
        # Tells cached tokens and reasoning only in the text of the answer. LangChain adds up Claude's input, and of an
        # answer that isn't streamed, which has no total, this takes what Claude said itself.
        Emitter(
            "traceai_langchain",
            hides_cache_of="anthropic",
            whole_beside="gen_ai.usage.total_tokens",
            hides_cache_in_input=True,
            recorded="langchain__traceailc__delegate",
            also=("langchain__traceailc__streamusage", "langchain__traceailc+traceaioai+anth__delegate"),
            package="traceai-langchain",
        ),
        Emitter(
            "traceai_openai_agents",
            hides_cache_in_input=True,
            recorded="openaiagents__traceaiagents__delegate",
            package="traceai-openai-agents",
        ),
    ),
)
