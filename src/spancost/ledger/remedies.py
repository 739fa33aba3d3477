"""What to do about calls that have no amount, or none that is sure to be whole and told."""

from __future__ import annotations

from typing import Final

from spancost.calls import CACHE_UNTOLD, LAST_REQUEST, NO_CACHE_USAGE
from spancost.ledger.missing import GUESSED
from spancost.ledger.silence import ELSEWHERE, NO_CALL, OWN_WORD

__all__ = ["remedy", "remedy_of_silence"]

_PRICE: Final = "in a [[price]] of the file that SPANCOST_CONFIG names"

_CLIENT: Final = "an instrumentation of the model's client, such as opentelemetry-instrumentation-genai-openai"

_NO_PRICE_OF_MODEL: Final = f"no price list has this model: name its price {_PRICE}"

_BY_REASON: Final = {
    "no_usage": "the span tells no tokens: let the instrumentation record usage, or install one that does",
    "invalid_usage": "the span tells token counts that can't be: report it to whoever wrote the instrumentation",
    "unknown_model": _NO_PRICE_OF_MODEL,
    "unknown_provider": f"the span doesn't say who is paid: name the price {_PRICE}",
    "no_price": f"the price list has no price of all that was used: name it {_PRICE}",
    "cut_off": "the answer ended in an error: it cost this at least, and how much more only the provider's bill says",
    "half_usage": "the span tells input or output alone, as of a stream that is left, and the amount is a lower bound:"
    f" read streams to their end, else install {_CLIENT}",
    NO_CACHE_USAGE: f"the span leaves cached tokens out, and the amount is a lower bound: install {_CLIENT}",
    "no_class_price": "the price list has no price of a class of the tokens, and the amount is a lower bound: name it"
    f" {_PRICE}",
    LAST_REQUEST: "the library ran tools and asked again within one span, which tells its last request alone, and the"
    " amount is a lower bound: run the tools yourself",
    CACHE_UNTOLD: f"the span tells of no cached tokens, and all input has one price: install {_CLIENT}",
    GUESSED: "the instrumentation may have counted the tokens itself: have the provider tell them, of streams, too",
}


def _asking(how: str) -> str:
    """Return what helps where a client says how to ask for the usage of a stream, and what else may be the matter."""
    return (
        f"a stream tells its usage only if asked, and at its end: {how}, and read streams to their end; of a request"
        " that failed only the provider's bill tells it"
    )


_PASSED_JS: Final = "pass stream_options: {include_usage: true}"
_OPENAI: Final = _asking('pass stream_options={"include_usage": True} to chat completions')
_OPENAI_JS: Final = _asking(_PASSED_JS + " to chat completions")
_OPENAI_JAVA: Final = _asking("give it ChatCompletionStreamOptions.builder().includeUsage(true).build()")
_BLIND_JS: Final = f"it tells no usage of a stream: install @opentelemetry/instrumentation-openai, and {_PASSED_JS}"
# Of Claude's streams, too: https://docs.litellm.ai/docs/completion/usage#streaming-usage
_LITELLM: Final = _asking(
    'pass stream_options={"include_usage": True}, whichever the model, or in the settings of a proxy'
    " always_include_stream_usage: true"
)
# https://docs.litellm.ai/docs/observability/opentelemetry_integration
_OWN_SPANS: Final = (
    "inside another span LiteLLM's callback writes each call over the last one and tells no usage of a stream:"
    " set USE_OTEL_LITELLM_REQUEST_SPAN=true, with which each call has a span of its own"
)
_LANGCHAIN: Final = _asking("give the model stream_usage=True")
_LLAMA_INDEX: Final = (
    _asking('give the model additional_kwargs={"stream_options": {"include_usage": True}}')
    + f"; of embeddings none is told: install {_CLIENT}"
)
_OPENAI_AGENTS: Final = _asking("give the agent ModelSettings(include_usage=True)")
_OPENLIT: Final = "OpenLIT guesses the tokens of a stream that tells none: "
# It asks for the usage of every stream: `_get_stream_options` in pydantic_ai/models/openai.
_PYDANTIC_AI: Final = (
    "a stream tells its usage at its end, for which pydantic-ai asks: read it to its end; where the model's server can,"
    " OpenAIChatModelSettings(openai_continuous_usage_stats=True) has it told all along"
)

# Unasked, in the last chunk: `x_groq.usage` of Groq, `usage` of Mistral and Cohere, `eval_count` of Ollama. https://docs.mistral.ai/api
_TOLD_AT_END: Final = "the provider tells a stream's usage in its last chunk, unasked: read the stream to its end"

_MASTRA: Final = (
    "Mastra tells neither usage nor error of a request that was refused, which cost nothing: see if it was answered"
)

_OF_EMITTERS: Final = {
    "opentelemetry.instrumentation.openai_v2": _OPENAI,
    "opentelemetry.instrumentation.genai.openai": _OPENAI,
    "opentelemetry.instrumentation.openai.v1": _OPENAI,
    "openinference.instrumentation.openai": _OPENAI,
    "langfuse-sdk": _OPENAI,
    "logfire.openai": _OPENAI,
    "mlflow.tracing.provider": _OPENAI,
    "openlit.instrumentation.openai": _OPENLIT + _OPENAI,
    "traceai_openai": _OPENAI,
    "lmnr.tracer": _OPENAI,
    "langwatch": f"{_OPENAI}; of LangChain it tells usage of chat completions alone: install {_CLIENT}",
    "neatlogs.wrapper": "Neatlogs tells no usage of a stream that messages.stream() opens: ask by"
    " messages.create(stream=True)",
    "langtrace_python_sdk.instrumentation.anthropic.instrumentation": "a stream of Claude's tells its usage once it is"
    " read to its end, and Langtrace breaks those of messages.stream(): ask by messages.create(stream=True)",
    "@opentelemetry/instrumentation-openai": _OPENAI_JS,
    "io.opentelemetry.openai-java-1.1": _OPENAI_JAVA,
    "@arizeai/openinference-instrumentation-openai": _BLIND_JS,
    "@traceloop/instrumentation-openai": _BLIND_JS,
    "litellm": _LITELLM + "; " + _OWN_SPANS,
    "openinference.instrumentation.litellm": _LITELLM,
    "opentelemetry.instrumentation.genai.langchain": _LANGCHAIN,
    "openinference.instrumentation.langchain": _LANGCHAIN,
    "opentelemetry.instrumentation.langchain": _LANGCHAIN,
    "openlit.instrumentation.langchain": _OPENLIT + _LANGCHAIN,
    "langsmith": _LANGCHAIN,
    "openinference.instrumentation.llama_index": _LLAMA_INDEX,
    "opentelemetry.instrumentation.llamaindex": _LLAMA_INDEX,
    "opentelemetry.instrumentation.genai.llama_index": _LLAMA_INDEX,
    "openinference.instrumentation.openai_agents": _OPENAI_AGENTS,
    "opentelemetry.instrumentation.openai_agents": f"it tells no usage of chat completions: install {_CLIENT}",
    "opentelemetry.instrumentation.genai.openai_agents": _OPENAI_AGENTS,
    "openinference.instrumentation.dspy": "it tells no usage: install opentelemetry-instrumentation-genai-dspy in its"
    " place",
    "pydantic-ai": _PYDANTIC_AI,
    # Its span ends when the stream begins.
    "openinference.instrumentation.groq": "it tells no usage of a stream: install opentelemetry-instrumentation-groq"
    " in its place",
    "opentelemetry.instrumentation.groq": _TOLD_AT_END,
    "opentelemetry.instrumentation.cohere": _TOLD_AT_END,
    "opentelemetry.instrumentation.ollama": _TOLD_AT_END,
    "mistralai_sdk_tracer": _TOLD_AT_END,
    "openinference.instrumentation.mistralai": _TOLD_AT_END,
    "opentelemetry.instrumentation.mistralai": _TOLD_AT_END,
    "@mastra/otel-exporter": _MASTRA,
    "@mastra/otel-bridge": _MASTRA,
    "@mastra/otel": _MASTRA,
    "opentelemetry.instrumentation.together": "it tells no usage of a stream, and nothing makes it: ask without"
    " streaming, or uninstall it and tell of calls with spancost.record_call()",
}

_OF_PARTS: Final = {
    ("half_usage", "pydantic-ai"): _PYDANTIC_AI,
    (LAST_REQUEST, "openinference.instrumentation.google_adk"): "OpenInference writes each call over the one"
    " before, on the agent's span, and the amount is a lower bound: uninstall openinference-instrumentation-google-adk;"
    " ADK's own spans tell each call",
    **dict.fromkeys(
        (
            (LAST_REQUEST, "openinference.instrumentation.anthropic"),
            (LAST_REQUEST, "logfire.anthropic"),
            (LAST_REQUEST, "mlflow.tracing.provider"),
        ),
        "Claude asked another model for advice within the request, which has a price of its own, and the amount is a"
        " lower bound: the provider's bill says how much more it cost",
    ),
    **dict.fromkeys(
        ((NO_CACHE_USAGE, "com.anthropic.sdk.python"), (NO_CACHE_USAGE, "com.anthropic.sdk.typescript")),
        "Claude summed up the conversation before it answered, and the span doesn't say how much of it came from a"
        " cache: install openinference-instrumentation-anthropic beside it",
    ),
    **dict.fromkeys(
        ((NO_CACHE_USAGE, "traceai_anthropic"), (NO_CACHE_USAGE, "traceai_langchain")),
        "traceAI leaves the cached tokens of Claude's answers out, and the amount is a lower bound: install"
        " opentelemetry-instrumentation-genai-anthropic beside it",
    ),
    (
        NO_CACHE_USAGE,
        "openlit.instrumentation.langchain",
    ): "OpenLIT leaves the cached tokens of Claude's answers out, and"
    " the amount is a lower bound: install opentelemetry-instrumentation-genai-anthropic beside it",
    (LAST_REQUEST, "litellm"): f"the amount is a lower bound: {_OWN_SPANS}",
    (CACHE_UNTOLD, "litellm"): "LiteLLM's callback tells of no cached tokens among its counts, and all input has one"
    " price: set LITELLM_OTEL_V2=true, with which it does",
    (
        CACHE_UNTOLD,
        "opentelemetry.instrumentation.openai_v2",
    ): "it tells of no cached tokens, and all input has one price:"
    " install opentelemetry-instrumentation-genai-openai in its place",
    **dict.fromkeys(
        (
            (CACHE_UNTOLD, "@opentelemetry/instrumentation-openai"),
            (CACHE_UNTOLD, "@traceloop/instrumentation-openai"),
        ),
        "it tells of no cached tokens, and all input has one price: install"
        " @arizeai/openinference-instrumentation-openai beside it",
    ),
    ("unknown_model", "openlit.instrumentation.langchain"): _NO_PRICE_OF_MODEL
    + "; where OpenLIT names no model of a stream of"
    " Claude's, but `anthropic`, install opentelemetry-instrumentation-genai-anthropic beside it",
}
"""What helps where an instrumentation tells a part of a call."""

_UNTOLD: Final = ("no_usage", GUESSED)
"""Reasons of calls whose usage the provider was not asked for."""

_OF_SILENCE: Final = {
    NO_CALL: f"no span tells of a call: install {_CLIENT}",
    ELSEWHERE: "what they used is counted where they run, if spancost runs there; where that host is a gateway to a"
    f" model, install {_CLIENT}",
    OWN_WORD: "each counts as one call, of what its own span says: to see its calls install"
    f" {_CLIENT}; one that runs in another service is counted there, too, unless its span has server.address",
}
"""What helps where agents ran and no span told of a call."""

_CREWAI: Final = f"CrewAI traces its calls on a private provider, which no processor hears: install {_CLIENT}"
_OF_CREWAI: Final = (
    "crewai",
    "openinference.instrumentation.crewai",
    "opentelemetry.instrumentation.crewai.instrumentation",
)
"""Scopes that tell of CrewAI's agents."""


def remedy_of_silence(reason: str, scope: str) -> str:
    """Return what helps where no call is known of agents, for this reason, of which this scope told."""
    if reason == NO_CALL and scope in _OF_CREWAI:
        return _CREWAI
    return _OF_SILENCE.get(reason, "")


def remedy(reason: str, scope: str) -> str:
    """Return what helps against a reason, where an instrumentation of this scope told of the call."""
    known = _OF_EMITTERS.get(scope) if reason in _UNTOLD else _OF_PARTS.get((reason, scope))
    return known or _BY_REASON.get(reason, "")
