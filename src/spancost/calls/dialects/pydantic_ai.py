"""pydantic-ai's own spans, in its newer and older attribute names."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field

__all__ = ["PYDANTIC_AI"]

PYDANTIC_AI: Final = Dialect(
    name="pydantic_ai",
    markers=frozenset(),
    operations={},
    fields={
        # Everything else under `gen_ai.usage.details` repeats what stands elsewhere, and `gen_ai.aggregated_usage` sums
        # up an agent's calls.
        Field.CACHE_WRITE_1H: ("gen_ai.usage.details.ephemeral_1h_input_tokens",),
        Field.REASONING: ("gen_ai.usage.details.reasoning_tokens", "gen_ai.usage.details.thoughts_tokens"),
        # Computed by a library from a price list of its own: used only where we have no price.
        Field.LIST_COST: ("operation.cost",),
    },
    emitters=(
        Emitter("pydantic-ai", ends_beside="gen_ai.response.finish_reasons", recorded="pydanticai__native__delegate"),
    ),
)
