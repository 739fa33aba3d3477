"""Google ADK's own spans; under its first schema a `call_llm` span lies around each call and repeats it."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter

__all__ = ["ADK"]

ADK: Final = Dialect(
    name="adk",
    markers=frozenset(),
    operations={},
    fields={},
    emitters=(
        Emitter(
            "gcp.vertex.agent",
            # It takes what LiteLLM tells for Gemini's counts, where thoughts lie beside the output (2.13).
            repeats_reasoning=True,
            # Under OpenInference's instrumentation, which makes a call's span of an agent's and tells its last call.
            asks_again=True,
            recorded="adk__native__delegate",
            also=("adk__native__v1",),
        ),
    ),
)
