"""What of a call's usage its span doesn't tell, as far as is known of the instrumentation that wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from spancost.calls.dialects import EMITTERS
from spancost.calls.guesses import STREAM

if TYPE_CHECKING:
    from spancost.calls.dialects import Emitter
    from spancost.calls.usage import Usage

__all__ = [
    "CACHE_TOLD",
    "CACHE_UNTOLD",
    "FIRST_EVENT",
    "HALF_USAGE",
    "LACKING",
    "LAST_REQUEST",
    "NO_CACHE_USAGE",
    "is_begun",
    "lack_of",
]

HALF_USAGE: Final = "half_usage"
"""A lower bound: of input and output one alone is told."""

LAST_REQUEST: Final = "last_request"
"""A lower bound: the span stands for several requests and tells the last of them alone."""

NO_CACHE_USAGE: Final = "no_cache_usage"
"""A lower bound: cached tokens are left out of the input, and nothing tells how many there were."""

CACHE_UNTOLD: Final = "cache_untold"
"""All that was used: how much of the input was cached, and cost less or more than the rest, nothing tells."""

LACKING: Final = frozenset(
    emitter
    for emitter in EMITTERS.values()
    if emitter.asked_again_beside
    or emitter.hides_cache
    or emitter.hides_cache_of
    or emitter.hides_writes_of
    or emitter.hides_streamed_cache_of
    or emitter.hides_cache_in_input
    or emitter.ends_beside
)
"""Emitters whose spans may lack something."""

CACHE_TOLD: Final = frozenset(
    emitter
    for emitter in EMITTERS.values()
    if emitter.recorded
    and not (
        emitter.forgets_cache
        or emitter.hides_cache
        or emitter.hides_cache_of
        or emitter.hides_writes_of
        or emitter.hides_streamed_cache_of
        or emitter.hides_cache_in_input
        # Of a conversation that was summed up its parts are not read from one cache.
        or emitter.compactions
        or emitter.iterations
    )
)
"""Emitters that tell what was read from a cache wherever anything was."""

_CACHED_FROM: Final = 1_024
"""Tokens of the shortest input of which OpenAI, Anthropic and Google keep anything.

https://platform.openai.com/docs/guides/prompt-caching
"""

FIRST_EVENT: Final = 8
"""Tokens of output that the first event of Claude's stream may tell: a guess, corrected by its last event."""


def is_begun(usage: Usage, models: tuple[str, ...]) -> bool:
    """Tell whether a stream may have told no more of its answer than how it began."""
    return usage.output <= FIRST_EVENT and any("claude" in model for model in models)


def lack_of(
    usage: Usage,
    emitter: Emitter,
    provider: str,
    models: tuple[str, ...],
    attributes: Mapping[str, Any],
    *,
    tells_reads: bool,
    tells_writes: bool,
) -> str:
    """Return why usage that is told is not all that can be known, empty where it is or nothing speaks against it.

    `tells_reads` and `tells_writes` are whether the span has a count of such tokens of a cache, be it 0.
    """
    if emitter.asked_again_beside and emitter.asked_again_beside in attributes:
        return LAST_REQUEST
    if emitter.ends_beside and emitter.ends_beside not in attributes and is_begun(usage, models):
        return HALF_USAGE
    is_cached = usage.cache_read or usage.cache_write
    is_whole = emitter.whole_beside and emitter.whole_beside in attributes
    if emitter.hides_cache_of and emitter.hides_cache_of == provider and not (is_cached or is_whole):
        return NO_CACHE_USAGE if attributes.get(STREAM) is not True else ""
    if emitter.hides_writes_of and emitter.hides_writes_of == provider and not tells_writes:
        return NO_CACHE_USAGE
    leaves_out = emitter.hides_cache or (
        emitter.hides_streamed_cache_of and emitter.hides_streamed_cache_of == provider
    )
    if leaves_out and not (tells_reads or tells_writes):
        return NO_CACHE_USAGE
    # Writing costs more with Claude alone.
    tells_all = tells_reads and (tells_writes or not any("claude" in model for model in models))
    return CACHE_UNTOLD if emitter.hides_cache_in_input and usage.input >= _CACHED_FROM and not tells_all else ""
