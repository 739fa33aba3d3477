"""OpenInference, which Arize's instrumentations write: names of its own, and no response ids."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind, Layer

__all__ = ["OPENINFERENCE"]

_SCOPE: Final = "openinference.instrumentation"
_JAVASCRIPT: Final = "@arizeai/openinference-instrumentation"

OPENINFERENCE: Final = Dialect(
    name="openinference",
    markers=frozenset({"openinference.span.kind"}),
    operations={
        "LLM": Kind.CALL,
        "EMBEDDING": Kind.CALL,
        "AGENT": Kind.AGENT,
        "TOOL": Kind.TOOL,
        "CHAIN": Kind.OTHER,
        "RETRIEVER": Kind.OTHER,
        "RERANKER": Kind.OTHER,
        "GUARDRAIL": Kind.OTHER,
        "EVALUATOR": Kind.OTHER,
        "PROMPT": Kind.OTHER,
    },
    spoken={"LLM": "chat", "EMBEDDING": "embeddings"},
    fields={
        Field.OPERATION: ("openinference.span.kind",),
        # OpenAI's spans have only the one, Google's only the other.
        Field.PROVIDER: ("llm.provider", "llm.system"),
        Field.RESPONSE_MODEL: ("llm.response.model_name", "llm.model_name", "embedding.model_name"),
        Field.REQUEST_MODEL: ("llm.request.model_name",),
        Field.INPUT: ("llm.token_count.prompt",),
        Field.OUTPUT: ("llm.token_count.completion",),
        Field.CACHE_READ: (
            "llm.token_count.prompt_details.cache_read",
            "llm.token_count.prompt_details.cache_input",
        ),
        Field.CACHE_WRITE: ("llm.token_count.prompt_details.cache_write",),
        Field.REASONING: ("llm.token_count.completion_details.reasoning",),
        Field.AUDIO_INPUT: ("llm.token_count.prompt_details.audio",),
        Field.AUDIO_OUTPUT: ("llm.token_count.completion_details.audio",),
        Field.LIST_COST: ("llm.cost.total",),
    },
    totals=("llm.token_count.total",),
    # Of a stream Groq's spans tell what was asked for, and nothing else.
    texts={"llm.invocation_parameters": {Field.RESPONSE_MODEL: ("model",)}},
    emitters=(
        Emitter(f"{_SCOPE}.openai", Layer.CLIENT, recorded="openaisdk__oioai__calls"),
        Emitter(f"{_JAVASCRIPT}-openai", Layer.CLIENT, recorded="openaijs__oioai__calls"),
        Emitter(
            f"{_SCOPE}.anthropic",
            Layer.CLIENT,
            iterations=("metadata", "usage_iterations"),
            recorded="anthropicsdk__oianth__calls",
            also=("anthropicsdk__oianth__compaction",),
        ),
        Emitter(f"{_JAVASCRIPT}-anthropic", Layer.CLIENT, recorded="anthropicjs__oianth__calls"),
        # Automatic function calling is one span: what the model asked for in between stands beside its messages.
        Emitter(
            f"{_SCOPE}.google_genai",
            Layer.CLIENT,
            asked_again_beside="message.tool_calls.0.tool_call.function.name",
            recorded="googlesdk__oigoogle__calls",
        ),
        # Of Converse; of what else Amazon's models are asked by it leaves the cache out, and that was only read.
        Emitter(f"{_SCOPE}.bedrock", Layer.CLIENT, recorded="bedrock__oibedrock__calls"),
        Emitter(f"{_SCOPE}.groq", Layer.CLIENT, recorded="groq__oigroq__calls"),
        # Tells cached tokens only in the text of the answer.
        Emitter(f"{_SCOPE}.mistralai", Layer.CLIENT, hides_cache_in_input=True, recorded="mistral__oimistral__calls"),
        # Tells cached tokens only in the text of the answer, and reasoning only within the total, too.
        Emitter(
            f"{_SCOPE}.vertexai",
            Layer.CLIENT,
            hides_cache_in_input=True,
            reasons_in_total=True,
            recorded="vertexai__oivertex__calls",
            also=("vertexai__oivertex+tlvertex__calls",),
        ),
        # Writes one call's attributes over the last one's on the agent's span: most of the calls can't be seen.
        Emitter(f"{_SCOPE}.google_adk", recorded="adk__oiadk__delegate"),
        # Tells reasoning only in the text of the answer.
        Emitter(f"{_SCOPE}.agno", exclusive_of="Anthropic", recorded="agno__oiagno__delegate"),
        # Tells neither cached tokens nor reasoning.
        Emitter(f"{_SCOPE}.autogen_agentchat", hides_cache_in_input=True, recorded="autogen__oiautogen__delegate"),
        Emitter(f"{_SCOPE}.beeai", recorded="beeai__oibee__calls", package="openinference-instrumentation-beeai"),
        # Tells no usage, and an answer from DSPy's cache like any other.
        Emitter(
            f"{_SCOPE}.dspy",
            keeps_answers=True,
            recorded="dspy__oidspy__calls",
            also=("dspy__oidspy+oilitellm__calls",),
        ),
        # Tells neither cached tokens nor reasoning, and no agent's name.
        Emitter(f"{_SCOPE}.haystack", hides_cache_in_input=True, recorded="haystack__oihaystack__delegate"),
        # No spans of calls: those of the client below it stand for them.
        Emitter(f"{_SCOPE}.crewai", recorded="crewai__oicrew+oioai__crew"),
        Emitter(
            f"{_SCOPE}.langchain",
            repeats_answers=True,
            recorded="langchain__oilc__delegate",
            also=("langchain__oilc__cache",),
        ),
        Emitter(
            f"{_JAVASCRIPT}-langchain",
            recorded="langchainjs__oilc__delegate",
            also=("langchainjs__oilc+oioai__delegate",),
        ),
        # A span around each call with tools is called a call itself.
        Emitter(
            f"{_SCOPE}.llama_index",
            not_calls=("_prepare_chat_with_tools",),
            ends_early=True,
            recorded="llamaindex__oillama__delegate",
            also=("llamaindex__oillama+oaigenai__usage", "llamaindex__oillama__calls"),
        ),
        # An answer out of its cache costs nothing, as it says.
        Emitter(
            f"{_SCOPE}.litellm",
            Layer.GATEWAY,
            around=("litellm",),
            repeats_answers=True,
            recorded="litellm__oilitellm__calls",
        ),
        Emitter(
            f"{_SCOPE}.openai_agents", hides_cache_in_input=True, recorded="openaiagents__oioaagents+oioai__delegate"
        ),
        # Tells neither cached tokens nor reasoning.
        Emitter(f"{_SCOPE}.smolagents", hides_cache_in_input=True, recorded="smolagents__oismol__delegate"),
    ),
)
