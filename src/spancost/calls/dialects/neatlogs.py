"""Neatlogs' spans of clients that a program wraps: OpenInference's words behind a name of its own."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.raw_usage import RAW_USAGE
from spancost.calls.dialects.table import Dialect, Emitter, Field

__all__ = ["NEATLOGS"]

_COUNT: Final = "neatlogs.llm.token_count"

NEATLOGS: Final = Dialect(
    name="neatlogs",
    markers=frozenset({"neatlogs.span.kind"}),
    operations={},
    fields={
        Field.OPERATION: ("neatlogs.span.kind",),
        Field.PROVIDER: ("neatlogs.llm.provider", "neatlogs.llm.system"),
        Field.RESPONSE_MODEL: ("neatlogs.llm.model_name", "neatlogs.embedding.model_name"),
        Field.INPUT: (f"{_COUNT}.prompt",),
        Field.OUTPUT: (f"{_COUNT}.completion",),
        Field.CACHE_READ: (f"{_COUNT}.cache_read",),
        Field.CACHE_WRITE: (f"{_COUNT}.cache_write",),
        Field.REASONING: (f"{_COUNT}.reasoning",),
    },
    totals=(f"{_COUNT}.total",),
    # OpenAI's usage as it came.
    texts={"neatlogs.llm.usage": {Field.REASONING: RAW_USAGE[Field.REASONING]}},
    emitters=(
        Emitter(
            "neatlogs.wrapper",
            exclusive_of="anthropic",
            recorded="clients__neatlogs__calls",
            also=("clients__neatlogs+oaigenai+anth__calls",),
            package="neatlogs",
        ),
    ),
)
