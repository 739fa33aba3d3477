"""Calls that tell the sum of their turn so far: what one used is what it tells beyond the call before it.

Spring AI 1 runs tools and asks again inside one span, and adds up as it goes. Its later versions don't, and write more
beside the counts, by which they are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from spancost.calls.usage import Usage

if TYPE_CHECKING:
    from spancost.calls.dialects import Emitter

__all__ = ["Turn", "beyond", "sums_turn"]


class Turn(NamedTuple):
    """The last call of a turn that may tell its sum."""

    model: str
    told: Usage
    own: Usage
    """What it used itself."""


def sums_turn(emitter: Emitter, attributes: Mapping[str, Any]) -> bool:
    """Tell whether a call of an emitter of which some versions add up may tell the sum of its turn so far."""
    return not any(name in attributes for name in emitter.sums_turn_without)


def beyond(told: Usage, before: Turn) -> Usage:
    """Return what a call used after those before it; all that it tells where theirs can't be in it.

    A request repeats what was asked before it, so its own input is not less than that of the one before.
    """
    if told.input - before.told.input < before.own.input or told.output < before.told.output:
        return told
    return Usage._make(max(0, mine - theirs) for mine, theirs in zip(told, before.told, strict=True))
