"""Which of a call's tokens lie inside which: the cache inside input and reasoning inside output, say the conventions.

Some emitters put them beside. Of those we know their tables say it; of any other the total does, where it tells one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from spancost.calls.dialects import DIALECTS, EMITTERS
from spancost.calls.plain import is_count, plain

if TYPE_CHECKING:
    from spancost.calls.dialects import Emitter
    from spancost.calls.usage import Usage

__all__ = ["CONVENTIONAL", "TOTALS", "whole"]

TOTALS: Final = tuple(name for dialect in DIALECTS for name in dialect.totals)
"""Attributes that tell all tokens of a call in one number."""

CONVENTIONAL: Final = frozenset(
    emitter
    for emitter in EMITTERS.values()
    if emitter.recorded
    and not (emitter.exclusive or emitter.exclusive_of or emitter.repeats_reasoning or emitter.reasons_in_total)
)
"""Emitters of which a recording shows that they put all of it inside."""

_LONGEST_THOUGHT: Final = 1_000_000
"""Tokens that no model reasons for in one call."""

_GOOGLES_PATHS: Final = frozenset({"endpoints", "locations", "models", "projects", "publishers", "tunedModels"})
"""What Google's names of models begin with that are paths."""


def whole(usage: Usage, emitter: Emitter, provider: str, model: str, attributes: Mapping[str, Any]) -> Usage:
    """Return usage with all parts inside input and output, from what an emitter says of a call of this model."""
    if usage.cache_write_1h > usage.cache_write:
        usage = usage._replace(cache_write=usage.cache_write_1h)
    if emitter.reasons_in_total and not usage.reasoning:
        beside = _total(attributes) - usage.input - usage.output
        if 0 < beside < _LONGEST_THOUGHT:
            usage = usage._replace(output=usage.output + beside, reasoning=beside)
    cached = usage.cache_read + usage.cache_write
    reasoning = usage.reasoning
    if not (cached or reasoning):
        return usage
    is_cache_beside, is_reasoning_beside = cached > usage.input, reasoning > usage.output
    if emitter.exclusive or (emitter.exclusive_of != "" and emitter.exclusive_of == provider):
        is_cache_beside = True
    elif not emitter.recorded:
        beside = _total(attributes) - usage.input - usage.output
        # Where both are of one size the total doesn't say which.
        if beside > 0 and cached != reasoning and beside in (cached, reasoning, cached + reasoning):
            is_cache_beside = beside != reasoning
            is_reasoning_beside = beside != cached
    if is_cache_beside:
        usage = usage._replace(input=usage.input + cached)
    if is_reasoning_beside:
        usage = usage._replace(output=usage.output + reasoning)
    elif reasoning and emitter.repeats_reasoning and _has_provider_before(model):
        usage = usage._replace(output=max(usage.output - reasoning, reasoning))
    return usage


def _total(attributes: Mapping[str, Any]) -> int:
    for name in TOTALS:
        told = attributes.get(name)
        told = plain(told) if told is not None else 0
        if type(told) is str and is_count(told):
            told = int(told)
        if type(told) is int and told > 0:
            return told
    return 0


def _has_provider_before(model: str) -> bool:
    """Tell whether a model is named as LiteLLM names it: `openai/gpt-5-mini`, and no path of Google's."""
    provider, slash, _ = model.partition("/")
    return bool(slash) and provider not in _GOOGLES_PATHS
