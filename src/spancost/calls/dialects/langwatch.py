"""LangWatch's own spans, of clients that a program hands to it and of what it traces itself."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["LANGWATCH"]

LANGWATCH: Final = Dialect(
    name="langwatch",
    markers=frozenset({"langwatch.span.type"}),
    operations={"rag": Kind.OTHER, "evaluation": Kind.OTHER, "component": Kind.OTHER, "module": Kind.OTHER},
    fields={Field.OPERATION: ("langwatch.span.type",)},
    texts={
        # All that is told of a call whose metrics the program gives itself.
        "langwatch.metrics": {
            Field.INPUT: ("prompt_tokens",),
            Field.OUTPUT: ("completion_tokens",),
            Field.REASONING: ("reasoning_tokens",),
            Field.LIST_COST: ("cost",),
        }
    },
    # Sees no embeddings, no asynchronous calls and nothing of the Responses API, and tells no cached tokens. Of
    # LangChain it counts what chat completions answered, and nothing else.
    emitters=(
        Emitter(
            "langwatch",
            hides_cache_in_input=True,
            recorded="clients__langwatch__calls",
            also=("langchain__langwatch__delegate",),
        ),
    ),
)
