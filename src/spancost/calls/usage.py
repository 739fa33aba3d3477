"""What one model call used, in tokens, whatever dialect told it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Usage"]


class Usage(NamedTuple):
    """Token counts of one call; a tuple because one is made on every model span.

    `input` includes cache reads, cache writes and audio; `output` includes reasoning and audio.
    Each further field is a part of one of the two, never an addition to it.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    """All cache writes, whatever their time to live."""
    cache_write_1h: int = 0
    """The part of `cache_write` kept for an hour."""
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0
    audio_cache_read: int = 0
    """The part of `cache_read` that is audio."""
