"""The spans that Anthropic's own SDK writes, wherever OpenTelemetry's API can be imported."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Layer, Trust

__all__ = ["ANTHROPIC"]

_COMPACTIONS: Final = ("anthropic.usage.compaction.input_tokens", "anthropic.usage.compaction.output_tokens")

ANTHROPIC: Final = Dialect(
    name="anthropic",
    markers=frozenset(),
    operations={},
    fields={
        # No convention splits cache writes by time to live.
        Field.CACHE_WRITE_1H: ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
    },
    emitters=(
        Emitter(
            "com.anthropic.sdk.python",
            Layer.CLIENT,
            compactions=_COMPACTIONS,
            trust=Trust.OWN,
            recorded="anthropicsdk__native__calls",
            also=("anthropicsdk__native__compaction",),
        ),
        Emitter(
            "com.anthropic.sdk.typescript",
            Layer.CLIENT,
            compactions=_COMPACTIONS,
            trust=Trust.OWN,
            recorded="anthropicjs__native__calls",
            also=("anthropicjs__native__compaction",),
        ),
    ),
)
