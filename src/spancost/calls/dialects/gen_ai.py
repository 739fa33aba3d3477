"""The semantic conventions for generative AI, in all published spellings."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind, Layer

__all__ = ["GEN_AI"]

GEN_AI: Final = Dialect(
    name="gen_ai",
    # Semantic conventions for generative AI in all published spellings, from v1.25 (`gen_ai.system`,
    # `prompt_tokens`) to semantic-conventions-genai 0.1.0 (`gen_ai.provider.name`, `cache_write`).
    markers=frozenset({"gen_ai.operation.name", "gen_ai.request.model", "gen_ai.response.model"}),
    operations={
        "chat": Kind.CALL,
        "generate_content": Kind.CALL,
        "text_completion": Kind.CALL,
        "embeddings": Kind.CALL,
        "plan": Kind.CALL,
        "invoke_agent": Kind.AGENT,
        "invoke_workflow": Kind.WORKFLOW,
        "execute_tool": Kind.TOOL,
        "create_agent": Kind.OTHER,
        "retrieval": Kind.OTHER,
        # "Instrumentations SHOULD NOT report token usage" for it: the response was billed when it was made.
        "fetch_response": Kind.OTHER,
        "search_memory": Kind.OTHER,
        "create_memory": Kind.OTHER,
        "update_memory": Kind.OTHER,
        "upsert_memory": Kind.OTHER,
        "delete_memory": Kind.OTHER,
        "create_memory_store": Kind.OTHER,
        "delete_memory_store": Kind.OTHER,
    },
    fields={
        Field.OPERATION: ("gen_ai.operation.name",),
        Field.PROVIDER: ("gen_ai.provider.name", "gen_ai.system"),
        Field.RESPONSE_MODEL: ("gen_ai.response.model",),
        Field.REQUEST_MODEL: ("gen_ai.request.model",),
        Field.RESPONSE_ID: ("gen_ai.response.id",),
        Field.INPUT: ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        Field.OUTPUT: ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        Field.CACHE_READ: (
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.details.cache_read_tokens",
            # Not the conventions': LiveKit's, Langtrace's and other products', each in its own words.
            "gen_ai.usage.cache_read_tokens",
            "gen_ai.usage.cached_tokens",
            "gen_ai.usage.input_cached_tokens",
            "gen_ai.usage.input_tokens.cached",
            "gen_ai.usage.prompt_tokens_details.cached_tokens",
        ),
        Field.CACHE_WRITE: (
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
            "gen_ai.usage.details.cache_write_tokens",
            "gen_ai.usage.cache_write_tokens",
            "gen_ai.usage.cache_creation_tokens",
            "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
        ),
        Field.REASONING: (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.reasoning_output_tokens",
            "gen_ai.usage.completion_tokens_details.reasoning_tokens",
            "llm.usage.reasoning_tokens",
        ),
        Field.AUDIO_INPUT: ("gen_ai.usage.audio.input_tokens",),
        Field.AUDIO_OUTPUT: ("gen_ai.usage.audio.output_tokens",),
        Field.AUDIO_CACHE_READ: ("gen_ai.usage.audio.cache_read.input_tokens",),
        # semantic-conventions-genai PR #443.
        Field.COST: ("gen_ai.usage.cost.amount",),
        Field.COST_CURRENCY: ("gen_ai.usage.cost.currency",),
        Field.COST_SOURCE: ("gen_ai.usage.cost.source",),
    },
    # Traceloop's and others', in the conventions' manner.
    totals=("gen_ai.usage.total_tokens",),
    emitters=(
        Emitter("opentelemetry.instrumentation.genai.openai", Layer.CLIENT, recorded="openaisdk__oaigenai__calls"),
        Emitter(
            "opentelemetry.instrumentation.genai.anthropic",
            Layer.CLIENT,
            ends_beside="gen_ai.response.finish_reasons",
            recorded="anthropicsdk__anthgenai__calls",
        ),
        # Automatic function calling is one span, with the tools' spans inside.
        Emitter(
            "opentelemetry.instrumentation.google_genai",
            Layer.CLIENT,
            asks_again=True,
            recorded="googlesdk__googlegenai__calls-mid",
        ),
        # Knows nothing of the Responses API, of cached tokens and of reasoning.
        Emitter(
            "opentelemetry.instrumentation.openai_v2",
            Layer.CLIENT,
            hides_cache_in_input=True,
            recorded="openaisdk__oaiv2__calls-mid",
            package="opentelemetry-instrumentation-openai-v2",
        ),
        # Knows nothing of the Responses API.
        Emitter(
            "io.opentelemetry.openai-java-1.1",
            Layer.CLIENT,
            recorded="openaijava__otjava__calls",
            package="io.opentelemetry.javaagent:opentelemetry-javaagent",
        ),
        # Tells no cached tokens, and no reasoning.
        Emitter(
            "@opentelemetry/instrumentation-openai",
            Layer.CLIENT,
            hides_cache_in_input=True,
            recorded="openaijs__otoai__calls",
        ),
        Emitter(
            "opentelemetry.instrumentation.genai.langchain",
            repeats_answers=True,
            recorded="langchain__lcgenai+oaigenai__delegate",
        ),
        Emitter(
            "opentelemetry.instrumentation.genai.openai_agents",
            recorded="openaiagents__oaagentsgenai+oaigenai__delegate",
        ),
        Emitter("opentelemetry.instrumentation.genai.dspy", keeps_answers=True, recorded="dspy__dspygenai__calls"),
        # No spans of calls: those of the client below it stand for them.
        Emitter("opentelemetry.instrumentation.genai.agno", recorded="agno__agnogenai+oaigenai__delegate"),
        Emitter("opentelemetry.instrumentation.genai.smolagents", recorded="smolagents__smolgenai+oaigenai__delegate"),
        Emitter("opentelemetry.instrumentation.genai.llama_index", recorded="llamaindex__llamagenai+oaigenai__usage"),
    ),
)
