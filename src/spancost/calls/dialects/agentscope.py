"""AgentScope's spans, by the conventions; the cache under names of its own, and of Claude's beside the input."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field

__all__ = ["AGENTSCOPE"]

AGENTSCOPE: Final = Dialect(
    name="agentscope",
    markers=frozenset(),
    operations={},
    fields={
        Field.CACHE_READ: ("agentscope.usage.cache_input_tokens",),
        Field.CACHE_WRITE: ("agentscope.usage.cache_creation_input_tokens",),
    },
    emitters=(
        Emitter(
            "agentscope",
            exclusive_of="anthropic",
            recorded="agentscope__native__delegate",
            also=("agentscope__native+oaigenai+anth__delegate",),
        ),
    ),
)
