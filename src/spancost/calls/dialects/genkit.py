"""Genkit, which tells of a call in the texts of what went in and what came out."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["GENKIT"]

GENKIT: Final = Dialect(
    name="genkit",
    markers=frozenset({"genkit:metadata:subtype"}),
    operations={"model": Kind.CALL, "embedder": Kind.CALL, "tool": Kind.TOOL, "flow": Kind.WORKFLOW},
    spoken={"model": "chat", "embedder": "embeddings"},
    fields={
        Field.OPERATION: ("genkit:metadata:subtype",),
        Field.REQUEST_MODEL: ("genkit:name",),
    },
    texts={
        "genkit:output": {
            Field.INPUT: ("usage.inputTokens",),
            Field.OUTPUT: ("usage.outputTokens",),
            Field.CACHE_READ: ("usage.cachedContentTokens", "raw.usage.prompt_tokens_details.cached_tokens"),
            Field.REASONING: ("usage.thoughtsTokens", "raw.usage.completion_tokens_details.reasoning_tokens"),
            # OpenAI's, and Google's.
            Field.RESPONSE_ID: ("raw.id", "raw.responseId"),
            Field.RESPONSE_MODEL: ("raw.model", "raw.modelVersion"),
        },
    },
    emitters=(Emitter("genkit-tracer", recorded="genkit__native__calls", package="genkit"),),
)
