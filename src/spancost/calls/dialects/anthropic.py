"""The spans that Anthropic's own SDK writes, wherever OpenTelemetry's API can be imported."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Layer, Trust

__all__ = ["ANTHROPIC"]

ANTHROPIC: Final = Dialect(
    name="anthropic",
    markers=frozenset(),
    operations={},
    fields={
        # No convention splits cache writes by time to live.
        Field.CACHE_WRITE_1H: ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
    },
    emitters=(
        Emitter("com.anthropic.sdk.python", Layer.CLIENT, trust=Trust.OWN, recorded="anthropicsdk__native__calls"),
        Emitter("com.anthropic.sdk.typescript", Layer.CLIENT, trust=Trust.OWN, recorded="anthropicjs__native__calls"),
    ),
)
