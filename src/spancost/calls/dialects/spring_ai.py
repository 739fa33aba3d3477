"""Spring AI's observations, which Micrometer writes: every value as text, under the scope of Spring Boot's tracer."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["SPRING_AI"]

SPRING_AI: Final = Dialect(
    name="spring_ai",
    markers=frozenset({"spring.ai.kind"}),
    operations={
        # Version 1 calls the operation of a tool `framework`.
        "tool_call": Kind.TOOL,
    },
    fields={
        Field.OPERATION: ("spring.ai.kind",),
    },
    emitters=(
        # Claude's cache is left out as Anthropic leaves it out; of no model is reasoning told. Version 1 tells no cache
        # at all, and the sum of the calls between which it ran tools.
        Emitter(
            "org.springframework.boot",
            exclusive_of="anthropic",
            hides_streamed_cache_of="anthropic",
            hides_cache_in_input=True,
            sums_turn_without=("gen_ai.usage.cache_read.input_tokens", "gen_ai.request.stream"),
            recorded="springai__micrometer__delegate",
            also=("springai__micrometer__stream", "springai__micrometer1__delegate"),
            package="org.springframework.ai:spring-ai-model",
        ),
    ),
)
