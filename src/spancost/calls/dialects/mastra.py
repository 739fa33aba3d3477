"""Mastra's exporter, which from 1.4 on writes a span for each request, and its bridge.

Before, and from the bridge to this day, the span of a model sums up its steps, each of which is a request and has no
usage of its own.
"""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["MASTRA"]

MASTRA: Final = Dialect(
    name="mastra",
    markers=frozenset({"mastra.span.type"}),
    operations={
        "agent.run": Kind.AGENT,
        "workflow.run": Kind.WORKFLOW,
        "tool.execute": Kind.TOOL,
        "model.step": Kind.STEP,
        "model_step": Kind.STEP,
    },
    fields={
        Field.CACHE_READ: ("gen_ai.usage.cached_input_tokens",),
        Field.CACHE_WRITE_1H: ("gen_ai.usage.cache_creation.1h_input_tokens",),
        Field.AUDIO_INPUT: ("gen_ai.usage.audio_input_tokens",),
        Field.AUDIO_OUTPUT: ("gen_ai.usage.audio_output_tokens",),
    },
    emitters=(
        Emitter(
            "@mastra/otel-exporter",
            recorded="mastra__native__delegate",
            also=("mastra__native__stream",),
        ),
        Emitter(
            "@mastra/otel-bridge",
            forgets_cache=True,
            recorded="mastra__bridge__delegate",
            package="@mastra/otel-bridge",
        ),
        # The exporter up to 0.3.
        Emitter(
            "@mastra/otel",
            exclusive_of="anthropic.messages",
            hides_writes_of="anthropic.messages",
            recorded="mastra__otel03__delegate",
            package="@mastra/otel-exporter",
        ),
    ),
)
