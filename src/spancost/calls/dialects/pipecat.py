"""Pipecat's voice pipelines, by the conventions, but that Claude's input leaves the cache out."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter

__all__ = ["PIPECAT"]

PIPECAT: Final = Dialect(
    name="pipecat",
    markers=frozenset(),
    operations={},
    fields={},
    emitters=(
        Emitter(
            "pipecat",
            exclusive_of="anthropic",
            recorded="pipecat__native__talk",
            also=("pipecat__native+oaigenai+anth__talk",),
            package="pipecat-ai",
        ),
    ),
)
