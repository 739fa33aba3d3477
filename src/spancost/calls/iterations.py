"""What a request to Claude used beyond what its answer's counts tell: its servers may ask a model more than once.

A conversation too long is summed up before it is answered; that is billed, and stands among the usage's iterations
alone, as what another model was asked for advice does: https://platform.claude.com/docs/en/build-with-claude/compaction
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from spancost.calls.dialects import EMITTERS
from spancost.calls.lacks import LAST_REQUEST, NO_CACHE_USAGE
from spancost.calls.plain import is_count, plain
from spancost.calls.read import ABSURD
from spancost.calls.texts import ANSWERS, parsed
from spancost.calls.usage import Usage

if TYPE_CHECKING:
    from spancost.calls.dialects import Emitter
    from spancost.calls.read import Attributes, Call

__all__ = ["ITERATING", "with_iterations"]

ITERATING: Final = frozenset(emitter for emitter in EMITTERS.values() if emitter.compactions or emitter.iterations)
"""Emitters that tell what a request of Claude's used beyond its answer, or the half of it."""


def with_iterations(call: Call, emitter: Emitter, attributes: Attributes) -> Call:
    """Return a call with all that was used for its model's answer; a lower bound where not all of that is told."""
    if call.usage is None:
        return call
    usage, reason = call.usage, ""
    if emitter.compactions:
        input_, output = (_count(attributes.get(name)) for name in emitter.compactions)
        if not input_:
            return call
        # Their sums alone are told. Where a cache is in use, all of it may have come from there, the cheapest there is.
        cached = usage.cache_read + usage.cache_write > 0
        usage = _sum(usage, Usage(input_, output, cache_read=input_ * cached))
        reason = NO_CACHE_USAGE if cached else ""
    else:
        hour, more = 0, Usage()
        for step in _steps(emitter, attributes):
            kind = step.get("type")
            if kind == "compaction":
                more = _sum(more, _used(step))
            elif kind == "advisor_message":
                # Another model's, at another price.
                reason = LAST_REQUEST
            else:
                hour += _used(step).cache_write_1h
        if hour and not usage.cache_write_1h:
            usage = usage._replace(cache_write_1h=min(hour, usage.cache_write))
        if any(more):
            usage = _sum(usage, more)
    answer = call.usage if usage[:2] != call.usage[:2] else None
    return call._replace(usage=usage, partial=call.partial or reason != "", reason=call.reason or reason, answer=answer)


def _steps(emitter: Emitter, attributes: Attributes) -> list[Mapping[str, Any]]:
    """Return what is told of each step, nothing where none is."""
    name, *keys = emitter.iterations
    text = attributes.get(name)
    if type(text) is not str or keys[-1] not in text:
        return []
    told: Any = parsed(text, name in ANSWERS)
    for key in keys:
        told = cast("dict[str, Any]", told).get(key) if type(told) is dict else None
    return [step for step in cast("list[Any]", told) if type(step) is dict] if type(told) is list else []


def _used(step: Mapping[str, Any]) -> Usage:
    """Return what a step used; Anthropic's input leaves the cache out."""
    read, write = _count(step.get("cache_read_input_tokens")), _count(step.get("cache_creation_input_tokens"))
    by_time = step.get("cache_creation")
    hour = _count(cast("dict[str, Any]", by_time).get("ephemeral_1h_input_tokens")) if type(by_time) is dict else 0
    fresh, output = _count(step.get("input_tokens")), _count(step.get("output_tokens"))
    return Usage(fresh + read + write, output, read, write, min(hour, write))


def _count(told: object) -> int:
    told = plain(told)
    if type(told) is str and is_count(told):
        told = int(told)
    return told if type(told) is int and 0 <= told < ABSURD else 0


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage._make(map(sum, zip(one, other, strict=True)))
