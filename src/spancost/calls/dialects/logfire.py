"""Logfire's instrumentations of clients: the conventions' names for the whole, the provider's own text for the parts.

A stream is two spans with nothing in common but model and moment: one of the request, which ends before the first word,
and one without length after the last, which has the usage.
"""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.raw_usage import RAW_USAGE
from spancost.calls.dialects.table import Dialect, Emitter, Layer

__all__ = ["LOGFIRE"]

LOGFIRE: Final = Dialect(
    name="logfire",
    markers=frozenset(),
    operations={},
    fields={},
    texts={"gen_ai.usage.raw": RAW_USAGE},
    emitters=(
        Emitter("logfire.openai", Layer.CLIENT, tells_after=True, recorded="clients__logfire__calls"),
        Emitter(
            "logfire.anthropic",
            Layer.CLIENT,
            iterations=("gen_ai.usage.raw", "iterations"),
            tells_after=True,
            recorded="clients__logfire__calls",
        ),
    ),
)
