"""Langfuse's own spans, whose counts stand in a JSON text: the provider's own, or Langfuse's, which never overlap."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["LANGFUSE"]

_CLAUDES: Final = "cache_read_input_tokens + cache_creation_input_tokens"
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
            # OpenAI's own, where the whole is told; then Claude's and Langfuse's, where it is the sum.
            Field.INPUT: (
                "prompt_tokens",
                f"input_tokens + {_CLAUDES}",
                f"input + {_CLAUDES} + {_OWN} + {_OWN_BY_TIME} + {_SPOKEN_INPUT}",
            ),
            Field.OUTPUT: ("completion_tokens", "output_tokens", f"output + {_HIDDEN_OUTPUT} + {_PREDICTED}"),
            Field.CACHE_READ: (
                "prompt_tokens_details.cached_tokens",
                "input_tokens_details.cached_tokens",
                "cache_read_input_tokens",
                "input_cache_read",
                "input_cached_tokens",
            ),
            Field.CACHE_WRITE: ("cache_creation_input_tokens", f"input_cache_creation + {_OWN_BY_TIME}"),
            Field.CACHE_WRITE_1H: ("cache_creation_ephemeral_1h_input_tokens", "input_ephemeral_1h_input_tokens"),
            Field.REASONING: (
                "completion_tokens_details.reasoning_tokens",
                "output_tokens_details.reasoning_tokens",
                "output_reasoning",
                "output_reasoning_tokens",
            ),
            Field.AUDIO_INPUT: ("prompt_tokens_details.audio_tokens", "input_audio", "input_audio_tokens"),
            Field.AUDIO_OUTPUT: (
                "completion_tokens_details.audio_tokens",
                "output_audio",
                "output_audio_tokens",
            ),
        },
    },
    emitters=(Emitter("langfuse-sdk", recorded="langchain__langfuse__delegate"),),
)
