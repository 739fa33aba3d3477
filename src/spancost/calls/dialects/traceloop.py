"""Traceloop's OpenLLMetry: the conventions' names for calls, and kinds of its own for what lies around them."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind, Layer, Trust

__all__ = ["TRACELOOP"]

TRACELOOP: Final = Dialect(
    name="traceloop",
    markers=frozenset({"traceloop.span.kind", "llm.request.type"}),
    operations={
        "workflow": Kind.WORKFLOW,
        "agent": Kind.AGENT,
        "tool": Kind.TOOL,
        "task": Kind.OTHER,
        "execute_task": Kind.OTHER,
        "rerank": Kind.OTHER,
    },
    fields={
        # Where there is an operation of the conventions, too, that one holds, but for workflows.
        # Up to 0.47 a call had nothing but the type of its request.
        Field.OPERATION: ("traceloop.span.kind", "llm.request.type"),
        Field.INPUT: ("llm.usage.prompt_tokens",),
        Field.OUTPUT: ("llm.usage.completion_tokens",),
    },
    totals=("llm.usage.total_tokens",),
    # Of LangChain each runnable that a program runs calls itself an agent.
    workflows={"traceloop.span.kind": "workflow"},
    # LangChain's agents are graphs around a model, which LangGraph's of before have under `agent`.
    graphs={"gen_ai.workflow.nodes": frozenset({"model", "agent"})},
    emitters=(
        Emitter("opentelemetry.instrumentation.openai.v1", Layer.CLIENT, recorded="openaisdk__tloai__calls"),
        Emitter(
            "@traceloop/instrumentation-openai",
            Layer.CLIENT,
            hides_cache_in_input=True,
            recorded="openaijs__tloai__calls",
        ),
        # Adds the first event's output to a stream's sum: a token too much.
        Emitter(
            "opentelemetry.instrumentation.anthropic",
            Layer.CLIENT,
            trust=Trust.OFF,
            recorded="anthropicsdk__tlanth__calls",
        ),
        # Leaves the cache out, and out of the total, and the makers out of models' names.
        Emitter(
            "opentelemetry.instrumentation.bedrock", Layer.CLIENT, exclusive=True, recorded="bedrock__tlbedrock__calls"
        ),
        Emitter("opentelemetry.instrumentation.groq", Layer.CLIENT, recorded="groq__tlgroq__calls"),
        Emitter("opentelemetry.instrumentation.mistralai", Layer.CLIENT, recorded="mistral__tlmistral__calls"),
        # Sees no asynchronous calls, and of streams nothing that tells usage.
        Emitter(
            "opentelemetry.instrumentation.together",
            Layer.CLIENT,
            hides_cache_in_input=True,
            recorded="together__tltogether__calls",
        ),
        # Tells reasoning only within the total, and of automatic function calling the last request alone.
        Emitter(
            "opentelemetry.instrumentation.google_generativeai",
            Layer.CLIENT,
            reasons_in_total=True,
            recorded="googlesdk__tlgoogle__calls",
            package="opentelemetry-instrumentation-google-generativeai",
        ),
        Emitter("opentelemetry.instrumentation.cohere", Layer.CLIENT, recorded="cohere__tlcohere__calls"),
        Emitter("opentelemetry.instrumentation.ollama", Layer.CLIENT, recorded="ollama__tlollama__calls"),
        # The like; of what ended in an error, and of an answer that calls a function, it has no span.
        Emitter(
            "opentelemetry.instrumentation.vertexai",
            Layer.CLIENT,
            reasons_in_total=True,
            recorded="vertexai__tlvertex__calls",
            also=("vertexai__oivertex+tlvertex__calls",),
        ),
        # Tells usage on agents' spans only, each its own calls'.
        Emitter("opentelemetry.instrumentation.agno", sums_agents=True, recorded="agno__tlagno__delegate"),
        # With this client's library no spans of calls.
        Emitter(
            "opentelemetry.instrumentation.crewai.instrumentation",
            recorded="crewai__tlcrew+tloai__crew",
            package="opentelemetry-instrumentation-crewai",
        ),
        # Tells what was read from a cache, and not what was written to one.
        Emitter(
            "opentelemetry.instrumentation.langchain",
            hides_cache_in_input=True,
            repeats_answers=True,
            recorded="langchain__tllc__delegate",
            also=("langchain__tllc__cache", "langchain__tllc__graph"),
        ),
        # Of calls it tells embeddings alone, without usage.
        Emitter("opentelemetry.instrumentation.llamaindex", recorded="llamaindex__tlllama+tloai__calls"),
        Emitter("opentelemetry.instrumentation.openai_agents", recorded="openaiagents__tloaagents__delegate"),
    ),
)
