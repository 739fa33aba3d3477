"""Langtrace, which leaves Claude's cache out, and tells of no answer's id."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Kind, Layer

__all__ = ["LANGTRACE"]

_SCOPE: Final = "langtrace_python_sdk.instrumentation"

LANGTRACE: Final = Dialect(
    name="langtrace",
    markers=frozenset(),
    operations={"embed": Kind.CALL, "rerank": Kind.OTHER},
    spoken={"embed": "embeddings"},
    fields={},
    emitters=(
        # Tells no reasoning.
        Emitter(
            f"{_SCOPE}.openai.instrumentation",
            Layer.CLIENT,
            recorded="clients__langtrace__calls",
            package="langtrace-python-sdk",
        ),
        Emitter(
            f"{_SCOPE}.anthropic.instrumentation",
            Layer.CLIENT,
            hides_cache=True,
            recorded="clients__langtrace__calls",
            package="langtrace-python-sdk",
        ),
    ),
)
