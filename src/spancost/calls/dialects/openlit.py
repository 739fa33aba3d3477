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
        Emitter(
            "openlit.instrumentation.bedrock",
            Layer.CLIENT,
            exclusive=True,
            recorded="bedrock__openlit__calls",
            package="openlit",
        ),
        # A guess stands beside a cache of 0, as a count may: how long the answer is tells them apart.
        Emitter(
            "openlit.instrumentation.langchain",
            repeats_answers=True,
            halves_length=True,
            hides_cache_of="anthropic",
            recorded="langchain__openlit__delegate",
            also=("langchain__openlit__stream", "langchain__openlit__cache"),
            package="openlit",
        ),
        # Where a graph is run by a program's own call, its first calls have no spans, and the last only the graph's.
        Emitter(
            "openlit.instrumentation.langgraph",
            hides_cache_in_input=True,
            tells_last_call=True,
            recorded="langchain__openlit__delegate",
            package="openlit",
        ),
    ),
)
