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
        Emitter("traceai_openai", Layer.CLIENT, hides_cache_in_input=True),
        Emitter("traceai_anthropic", Layer.CLIENT, hides_cache=True),
        # Tells cached tokens and reasoning only in the text of the answer.
        Emitter("traceai_langchain", hides_cache_of="anthropic", hides_cache_in_input=True),
        Emitter(
            "traceai_openai_agents",
            hides_cache_in_input=True,
            recorded="openaiagents__traceaiagents__delegate",
            package="traceai-openai-agents",
        ),
    ),
)
