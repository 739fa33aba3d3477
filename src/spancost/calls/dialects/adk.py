"""Google ADK's own spans; under its first schema a `call_llm` span lies around each call and repeats it."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field

__all__ = ["ADK"]

ADK: Final = Dialect(
    name="adk",
    markers=frozenset(),
    operations={},
    fields={},
    # In JavaScript the parts of a count stand in the answer alone, and its output leaves thoughts out.
    texts={
        "gcp.vertex.agent.llm_response": {
            Field.CACHE_READ: ("usageMetadata.cachedContentTokenCount",),
            Field.REASONING: ("usageMetadata.thoughtsTokenCount",),
        }
    },
    answers=("gcp.vertex.agent.llm_response",),
    emitters=(
        Emitter(
            "gcp.vertex.agent",
            # It takes what LiteLLM tells for Gemini's counts, where thoughts lie beside the output (2.13).
            repeats_reasoning=True,
            # Under OpenInference's instrumentation, which makes a call's span of an agent's and tells its last call.
            asks_again=True,
            # In JavaScript tools run inside the span of the request that asked for them.
            one_request=("call_llm",),
            recorded="adk__native__delegate",
            also=("adk__native__v1", "adkjs__native__delegate"),
        ),
    ),
)
