"""What to do about calls that have no amount."""

from __future__ import annotations

from typing import Final

__all__ = ["remedy"]

_PRICE: Final = "in a [[price]] of the file that SPANCOST_CONFIG names"

_BY_REASON: Final = {
    "no_usage": "the span tells no tokens: let the instrumentation record usage, or install one that does",
    "invalid_usage": "the span tells token counts that can't be: report it to whoever wrote the instrumentation",
    "unknown_model": f"no price list has this model: name its price {_PRICE}",
    "unknown_provider": f"the span doesn't say who is paid: name the price {_PRICE}",
    "no_price": f"the price list has no price of all that was used: name it {_PRICE}",
}

_STREAMS: Final = (
    'a stream tells its usage only if asked: pass stream_options={"include_usage": True}, or install'
    " opentelemetry-instrumentation-genai-openai"
)

_OF_EMITTERS: Final = {
    "opentelemetry.instrumentation.openai_v2": _STREAMS,
    "opentelemetry.instrumentation.genai.openai": _STREAMS,
    "opentelemetry.instrumentation.openai.v1": _STREAMS,
    "openinference.instrumentation.openai": _STREAMS,
    "openlit.instrumentation.openai": "OpenLIT guesses the tokens of a stream that tells none: " + _STREAMS,
}


def remedy(reason: str, scope: str) -> str:
    """Return what helps against a reason, where an instrumentation of this scope told of the call."""
    if reason == "no_usage" and scope in _OF_EMITTERS:
        return _OF_EMITTERS[scope]
    return _BY_REASON.get(reason, "")
