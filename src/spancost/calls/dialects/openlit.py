"""OpenLIT, which guesses the tokens of a stream that tells none, and leaves Claude's cache out of the input."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Layer

__all__ = ["OPENLIT"]

_TOLD_BESIDE: Final = "gen_ai.usage.cache_read.input_tokens"

OPENLIT: Final = Dialect(
    name="openlit",
    markers=frozenset(),
    operations={},
    fields={
        # From a price list it fetches, without regard to the cache; 0 for a model that isn't in it.
        Field.LIST_COST: ("gen_ai.usage.cost",),
    },
    emitters=(
        Emitter(
            "openlit.instrumentation.openai",
            Layer.CLIENT,
            told_beside=_TOLD_BESIDE,
            recorded="clients__openlit__calls",
            package="openlit",
        ),
        Emitter(
            "openlit.instrumentation.anthropic",
            Layer.CLIENT,
            exclusive=True,
            told_beside=_TOLD_BESIDE,
            recorded="clients__openlit__calls",
            package="openlit",
        ),
        # A guess at words can't be told from a count: both stand beside a cache of 0. Leaves Claude's cache out of the
        # input where it tells none of it.
        Emitter(
            "openlit.instrumentation.langchain",
            repeats_answers=True,
            counts_words=True,
            recorded="langchain__openlit__delegate",
            also=("langchain__openlit__stream", "langchain__openlit__cache"),
            package="openlit",
        ),
    ),
)
