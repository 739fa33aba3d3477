"""The spans that Anthropic's own SDK writes, wherever OpenTelemetry's API can be imported."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Layer, Trust

__all__ = ["ANTHROPIC"]

_PYTHON: Final = "com.anthropic.sdk.python"
_COMPACTIONS: Final = ("anthropic.usage.compaction.input_tokens", "anthropic.usage.compaction.output_tokens")


def _on(platform: str, recorded: str) -> Emitter:
    scope = f"{_PYTHON}.{platform}"
    return Emitter(scope, Layer.CLIENT, compactions=_COMPACTIONS, trust=Trust.OWN, recorded=recorded)


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
            _PYTHON,
            Layer.CLIENT,
            compactions=_COMPACTIONS,
            trust=Trust.OWN,
            recorded="anthropicsdk__native__calls",
            also=("anthropicsdk__native__compaction",),
        ),
        # The clients of clouds have scopes of their own.
        _on("foundry", recorded="anthropicsdk__foundry__calls"),
        _on("bedrock", recorded="anthropicsdk__bedrock__calls"),
        _on("vertex", recorded="anthropicsdk__vertex__calls"),
        _on("google_cloud", recorded="anthropicsdk__google_cloud__calls"),
        _on("aws", recorded="anthropicsdk__aws__calls"),
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
