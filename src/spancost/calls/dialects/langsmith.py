"""LangSmith's exporter, which makes its spans of LangChain afterwards, from a queue."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["LANGSMITH"]

_PARTS: Final = "input_token_details"
_1H: Final = f"{_PARTS}.ephemeral_1h_input_tokens"


LANGSMITH: Final = Dialect(
    name="langsmith",
    markers=frozenset({"langsmith.span.kind"}),
    operations={
        "llm": Kind.CALL,
        "chain": Kind.OTHER,
        "retriever": Kind.OTHER,
        "prompt": Kind.OTHER,
        "parser": Kind.OTHER,
    },
    spoken={"llm": "chat"},
    fields={
        Field.OPERATION: ("langsmith.span.kind",),
    },
    texts={
        # Input and output stand outside it, too; their parts only here.
        "langsmith.metadata.usage_metadata": {
            Field.INPUT: ("input_tokens",),
            Field.OUTPUT: ("output_tokens",),
            Field.CACHE_READ: (f"{_PARTS}.cache_read",),
            # LangChain's Claude tells 0 for the whole where it tells the two apart.
            Field.CACHE_WRITE: (f"{_PARTS}.cache_creation + {_PARTS}.ephemeral_5m_input_tokens + {_1H}",),
            Field.CACHE_WRITE_1H: (_1H,),
            Field.REASONING: ("output_token_details.reasoning",),
            Field.AUDIO_INPUT: (f"{_PARTS}.audio",),
            Field.AUDIO_OUTPUT: ("output_token_details.audio",),
        },
    },
    emitters=(Emitter("langsmith", recorded="langchain__langsmithotel__delegate", package="langsmith"),),
)
