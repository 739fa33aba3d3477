"""AgentOps, whose instrumentations are called as the libraries are that they wrap."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind, Layer

__all__ = ["AGENTOPS"]

AGENTOPS: Final = Dialect(
    name="agentops",
    markers=frozenset({"agentops.span.kind", "gen_ai.request.type"}),
    operations={
        "session": Kind.OTHER,
        "operation": Kind.OTHER,
        "text": Kind.OTHER,
        "guardrail": Kind.OTHER,
        "http": Kind.OTHER,
    },
    fields={
        # Clients' spans have the type of the request alone.
        Field.OPERATION: ("agentops.span.kind", "gen_ai.request.type"),
    },
    emitters=(
        # Tells neither cached tokens nor reasoning, and nothing of the Responses API. An asynchronous call
        # has two spans.
        Emitter(
            "openai", Layer.CLIENT, hides_cache_in_input=True, recorded="clients__agentops__calls", package="agentops"
        ),
        # Of a stream it tells the first event, of one by `messages.stream` the last, and never the cache.
        Emitter("anthropic", Layer.CLIENT, hides_cache=True, recorded="clients__agentops__calls", package="agentops"),
        # Of Chat Completions it tells no usage: its spans of the client do, each in a trace of its own.
        Emitter("openai-agents", around=("openai",), recorded="openaiagents__agentops__delegate", package="agentops"),
    ),
)
