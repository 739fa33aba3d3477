"""Langfuse's own spans, whose counts stand in a JSON text: the provider's own, or Langfuse's, which never overlap."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.raw_usage import CLAUDES_CACHE, RAW_USAGE
from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["LANGFUSE"]

_OWN: Final = "input_cache_read + input_cache_creation + input_cached_tokens"
_OWN_BY_TIME: Final = "input_ephemeral_5m_input_tokens + input_ephemeral_1h_input_tokens"
_SPOKEN_INPUT: Final = "input_audio + input_audio_tokens"
_HIDDEN_OUTPUT: Final = "output_reasoning + output_reasoning_tokens + output_audio + output_audio_tokens"
_PREDICTED: Final = "output_accepted_prediction_tokens + output_rejected_prediction_tokens"

LANGFUSE: Final = Dialect(
    name="langfuse",
    markers=frozenset({"langfuse.observation.type"}),
    operations={
        "generation": Kind.CALL,
        "embedding": Kind.CALL,
        "agent": Kind.AGENT,
        "tool": Kind.TOOL,
        "span": Kind.OTHER,
        "event": Kind.OTHER,
        "chain": Kind.OTHER,
        "retriever": Kind.OTHER,
        "evaluator": Kind.OTHER,
        "guardrail": Kind.OTHER,
    },
    spoken={"generation": "chat", "embedding": "embeddings"},
    fields={
        Field.OPERATION: ("langfuse.observation.type",),
        Field.RESPONSE_MODEL: ("langfuse.observation.model.name",),
    },
    texts={
        "langfuse.observation.usage_details": {
            Field.INPUT: (
                *RAW_USAGE[Field.INPUT],
                f"input + {CLAUDES_CACHE} + {_OWN} + {_OWN_BY_TIME} + {_SPOKEN_INPUT}",
            ),
            Field.OUTPUT: (*RAW_USAGE[Field.OUTPUT], f"output + {_HIDDEN_OUTPUT} + {_PREDICTED}"),
            Field.CACHE_READ: (*RAW_USAGE[Field.CACHE_READ], "input_cache_read", "input_cached_tokens"),
            Field.CACHE_WRITE: (*RAW_USAGE[Field.CACHE_WRITE], f"input_cache_creation + {_OWN_BY_TIME}"),
            Field.CACHE_WRITE_1H: (
                *RAW_USAGE[Field.CACHE_WRITE_1H],
                "cache_creation_ephemeral_1h_input_tokens",
                "input_ephemeral_1h_input_tokens",
            ),
            Field.REASONING: (*RAW_USAGE[Field.REASONING], "output_reasoning", "output_reasoning_tokens"),
            Field.AUDIO_INPUT: (*RAW_USAGE[Field.AUDIO_INPUT], "input_audio", "input_audio_tokens"),
            Field.AUDIO_OUTPUT: (*RAW_USAGE[Field.AUDIO_OUTPUT], "output_audio", "output_audio_tokens"),
        },
        # The program's own word, or OpenRouter's: nothing tells which.
        "langfuse.observation.cost_details": {Field.LIST_COST: ("total", "total_cost")},
    },
    emitters=(Emitter("langfuse-sdk", recorded="langchain__langfuse__delegate"),),
)
