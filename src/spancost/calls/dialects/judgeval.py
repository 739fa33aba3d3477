"""JudgeVal's spans of clients that a program wraps, in names of its own: no others'."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.raw_usage import RAW_USAGE
from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["JUDGEVAL"]

_USAGE: Final = "judgment.usage"

JUDGEVAL: Final = Dialect(
    name="judgeval",
    markers=frozenset({"judgment.span_kind"}),
    operations={"function": Kind.OTHER},
    fields={
        Field.OPERATION: ("judgment.span_kind",),
        Field.PROVIDER: ("judgment.llm.provider",),
        Field.RESPONSE_MODEL: ("judgment.llm.model",),
        Field.INPUT: (f"{_USAGE}.non_cached_input_tokens",),
        Field.OUTPUT: (f"{_USAGE}.output_tokens",),
        Field.CACHE_READ: (f"{_USAGE}.cache_read_input_tokens",),
        Field.CACHE_WRITE: (f"{_USAGE}.cache_creation_input_tokens",),
        Field.LIST_COST: (f"{_USAGE}.total_cost_usd",),
    },
    texts={
        # The provider's usage as it came: input and output are told beside it.
        f"{_USAGE}.metadata": {field: RAW_USAGE[field] for field in (Field.CACHE_WRITE_1H, Field.REASONING)}
    },
    # Sees no embeddings. Of a stream it asks for the usage itself.
    emitters=(Emitter("judgeval", exclusive=True, recorded="clients__judge__calls", package="judgeval"),),
)
