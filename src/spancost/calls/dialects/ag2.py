"""AG2 from version 1 on: the conventions' spans, and beside each call one more that repeats its usage."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["AG2"]

AG2: Final = Dialect(
    name="ag2",
    markers=frozenset({"ag2.usage.kind"}),
    operations={
        # What a usage span is of. A call has a span of its own, and a sub-agent's calls have theirs.
        "model_call": Kind.OTHER,
        "subtask": Kind.OTHER,
        # Calls on the library's own account, of which nothing else tells.
        "compaction": Kind.CALL,
        "aggregation": Kind.CALL,
    },
    spoken={"compaction": "chat", "aggregation": "chat"},
    fields={
        Field.OPERATION: ("ag2.usage.kind",),
        Field.REASONING: ("gen_ai.usage.thinking_tokens",),
    },
    emitters=(Emitter("opentelemetry.instrumentation.ag2", recorded="ag2__native__delegate", package="ag2"),),
)
