"""What to do about calls that have no amount."""

from __future__ import annotations

from typing import Final

from spancost.ledger.silence import ELSEWHERE, NO_CALL, OWN_WORD

__all__ = ["OF_PARTS", "remedy", "remedy_of_silence"]

_PRICE: Final = "in a [[price]] of the file that SPANCOST_CONFIG names"

_BY_REASON: Final = {
    "no_usage": "the span tells no tokens: let the instrumentation record usage, or install one that does",
    "invalid_usage": "the span tells token counts that can't be: report it to whoever wrote the instrumentation",
    "unknown_model": f"no price list has this model: name its price {_PRICE}",
    "unknown_provider": f"the span doesn't say who is paid: name the price {_PRICE}",
    "no_price": f"the price list has no price of all that was used: name it {_PRICE}",
}

OF_PARTS: Final = (
    "a stream that breaks off tells its input at most: read it to its end; where the price list has no price of a"
    f" class of tokens, name it {_PRICE}; where a library runs tools and asks again within one span, as Google's"
    " automatic function calling does, that tells its last request alone: run the tools yourself"
)
"""What helps against amounts that are a lower bound."""

_CLIENT: Final = "an instrumentation of the model's client, such as opentelemetry-instrumentation-genai-openai"

_STREAMS: Final = "a stream tells its usage only if asked: "
_OPENAI: Final = _STREAMS + 'pass stream_options={"include_usage": True}'
_PASSED_JS: Final = "pass stream_options: {include_usage: true}"
_OPENAI_JS: Final = _STREAMS + _PASSED_JS
_OPENAI_JAVA: Final = _STREAMS + "give it ChatCompletionStreamOptions.builder().includeUsage(true).build()"
_BLIND_JS: Final = f"it tells no usage of a stream: install @opentelemetry/instrumentation-openai, and {_PASSED_JS}"
# Of Claude's streams, too: https://docs.litellm.ai/docs/completion/usage#streaming-usage
_LITELLM: Final = _OPENAI + ", whichever the model; in the settings of a proxy say always_include_stream_usage: true"
_LANGCHAIN: Final = _STREAMS + "give the model stream_usage=True"
_LLAMA_INDEX: Final = (
    _STREAMS
    + 'give the model additional_kwargs={"stream_options": {"include_usage": True}}; of embeddings none is told:'
    f" install {_CLIENT}"
)
_OPENAI_AGENTS: Final = _STREAMS + "give the agent ModelSettings(include_usage=True)"
_OPENLIT: Final = "OpenLIT guesses the tokens of a stream that tells none: "
# It asks for the usage of every stream: `_get_stream_options` in pydantic_ai/models/openai.
_PYDANTIC_AI: Final = (
    "a stream tells its usage at its end, for which pydantic-ai asks: read it to its end; where the model's server can,"
    " OpenAIChatModelSettings(openai_continuous_usage_stats=True) has it told all along"
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
    "@opentelemetry/instrumentation-openai": _OPENAI_JS,
    "io.opentelemetry.openai-java-1.1": _OPENAI_JAVA,
    "@arizeai/openinference-instrumentation-openai": _BLIND_JS,
    "@traceloop/instrumentation-openai": _BLIND_JS,
    "litellm": _LITELLM,
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
    " place, or openinference-instrumentation-litellm beside it",
    "pydantic-ai": _PYDANTIC_AI,
}

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
    if reason == "no_usage" and scope in _OF_EMITTERS:
        return _OF_EMITTERS[scope]
    return _BY_REASON.get(reason, "")
