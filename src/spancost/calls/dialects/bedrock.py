"""Amazon Bedrock through botocore, whose input leaves the cache out."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Layer

__all__ = ["BEDROCK"]

BEDROCK: Final = Dialect(
    name="bedrock",
    markers=frozenset(),
    operations={},
    fields={},
    emitters=(
        Emitter(
            "opentelemetry.instrumentation.botocore.bedrock-runtime",
            Layer.CLIENT,
            exclusive=True,
            recorded="bedrock__botocore__calls",
        ),
        Emitter(
            "opentelemetry.instrumentation.genai.bedrock",
            Layer.CLIENT,
            exclusive=True,
            recorded="bedrock__bedrockgenai__calls",
        ),
    ),
)
