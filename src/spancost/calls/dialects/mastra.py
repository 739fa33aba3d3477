"""Mastra's exporter: a span of a model sums up its steps, each of which is a call and has no usage of its own."""

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
        "model.step": Kind.OTHER,
        "model.chunk": Kind.OTHER,
    },
    fields={
        Field.CACHE_READ: ("gen_ai.usage.cached_input_tokens",),
    },
    emitters=(Emitter("@mastra/otel"),),
)
