"""The paths of counts in usage as providers answer it, which some instrumentations pass on as a JSON text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spancost.calls.dialects.table import Field

__all__ = ["CLAUDES_CACHE", "RAW_USAGE", "inside"]

CLAUDES_CACHE: Final = "cache_read_input_tokens + cache_creation_input_tokens"
"""What Anthropic leaves out of its input."""

RAW_USAGE: Final[Mapping[int, tuple[str, ...]]] = {
    # OpenAI's chat; then its responses and Anthropic's messages.
    Field.INPUT: ("prompt_tokens", f"input_tokens + {CLAUDES_CACHE}"),
    Field.OUTPUT: ("completion_tokens", "output_tokens"),
    Field.CACHE_READ: (
        "prompt_tokens_details.cached_tokens",
        "input_tokens_details.cached_tokens",
        "cache_read_input_tokens",
    ),
    Field.CACHE_WRITE: ("cache_creation_input_tokens",),
    Field.CACHE_WRITE_1H: ("cache_creation.ephemeral_1h_input_tokens",),
    Field.REASONING: ("completion_tokens_details.reasoning_tokens", "output_tokens_details.reasoning_tokens"),
    Field.AUDIO_INPUT: ("prompt_tokens_details.audio_tokens",),
    Field.AUDIO_OUTPUT: ("completion_tokens_details.audio_tokens",),
}


def inside(place: str, counts: Mapping[int, tuple[str, ...]]) -> Mapping[int, tuple[str, ...]]:
    """Return the paths of counts that stand in another object."""
    return {
        field: tuple(" + ".join(f"{place}.{part}" for part in path.split(" + ")) for path in paths)
        for field, paths in counts.items()
    }
