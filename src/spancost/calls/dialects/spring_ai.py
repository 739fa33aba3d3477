"""Spring AI's observations, which Micrometer writes: every value as text, under the scope of Spring Boot's tracer."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter

__all__ = ["SPRING_AI"]

SPRING_AI: Final = Dialect(
    name="spring_ai",
    markers=frozenset(),
    operations={},
    fields={},
    emitters=(
        # Claude's cache is left out as Anthropic leaves it out; of no model is reasoning told.
        Emitter(
            "org.springframework.boot",
            exclusive_of="anthropic",
            hides_streamed_cache_of="anthropic",
            recorded="springai__micrometer__delegate",
            also=("springai__micrometer__stream",),
            package="org.springframework.ai:spring-ai-model",
        ),
    ),
)
