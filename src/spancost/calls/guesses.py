"""Counts that an instrumentation made up where the provider told none, under the names of those that are told.

OpenLIT takes two characters for a token: what it makes up for an answer is half as much as the answer is long. What
LiteLLM counts itself stands without the parts that providers tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from spancost.calls.dialects import EMITTERS
from spancost.faults import leave_to_host

if TYPE_CHECKING:
    from spancost.calls.dialects import Emitter
    from spancost.calls.usage import Usage

__all__ = ["GUESSING", "MEASURED", "MESSAGES", "STREAM", "are_guessed", "without_words"]

GUESSING: Final = frozenset(
    emitter for emitter in EMITTERS.values() if emitter.told_beside or emitter.guessed_beside or emitter.halves_length
)
"""Emitters whose counts may be made up."""

_ASKED: Final = "gen_ai.input.messages"
_ANSWERED: Final = "gen_ai.output.messages"

MESSAGES: Final = (_ASKED, _ANSWERED)
"""Attributes with what was said, of which nothing but its length is read."""

MEASURED: Final = frozenset(emitter.scope for emitter in EMITTERS.values() if emitter.halves_length)
"""Scopes of whose spans that length is read."""

STREAM: Final = "gen_ai.request.stream"
"""Says of a request whether its answer is read piece by piece."""

_NAMED: Final[Mapping[object, int]] = {"system": 8, "user": 7, "assistant": 4, "tool": 6}
"""Role of a message -> characters of LangChain's name for it, with a colon and a space: `human: ` is a user's."""

_BEGINS: Final = '[{"role": "'
_CUT: Final = "..."

_LONGEST: Final = 65_536
"""Characters of such a text that is read."""


def are_guessed(attributes: Mapping[str, Any], emitter: Emitter, usage: Usage) -> bool | None:
    """Tell whether an instrumentation made these counts up, None where it may have."""
    if emitter.told_beside:
        return emitter.told_beside not in attributes
    if emitter.guessed_beside:
        name, *parts = emitter.guessed_beside
        text = attributes.get(name)
        if type(text) is not str:
            return _may_be_guessed(attributes, emitter)
        if all(part in text for part in parts):
            return True
        return None if emitter.perhaps_beside and all(part in text for part in emitter.perhaps_beside) else False
    return emitter.halves_length and _are_half_as_long(attributes, usage)


def _may_be_guessed(attributes: Mapping[str, Any], emitter: Emitter) -> bool | None:
    if not emitter.streams_told_beside:
        return False
    stream, told = emitter.streams_told_beside
    return None if attributes.get(stream) is True and told not in attributes else False


def without_words(text: str) -> str:
    """Return what is read of such a text: how long it is as LangChain writes it, empty where that can't be known."""
    length = _length(text)
    return "" if length is None else str(length)


def _are_half_as_long(attributes: Mapping[str, Any], usage: Usage) -> bool | None:
    if not usage.output:
        # No provider answers with no tokens at all; an answer of tool calls alone has no words.
        return True
    if usage.cache_read or usage.cache_write:
        return False
    answered = _length(attributes.get(_ANSWERED))
    if answered is None:
        # Only streams are told without usage.
        return None if attributes.get(STREAM) is True else False
    if usage.output != _half(answered - _NAMED["assistant"]):
        return False
    asked = _length(attributes.get(_ASKED))
    return asked is None or usage.input == _half(asked)


def _half(length: int) -> int:
    return (length + 1) // 2


def _length(text: object) -> int | None:
    """Return how long messages are as LangChain writes them, None where the text doesn't say all of it."""
    if type(text) is not str or len(text) > _LONGEST:
        return None
    if text.isdecimal() and text.isascii():
        return int(text[:9])
    if not text.startswith(_BEGINS):
        return None
    try:
        lengths = [_length_of(message) for message in json.loads(text)]
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as fault:
        leave_to_host(fault)
        return None
    # A line break between any two.
    return None if None in lengths else sum(cast("list[int]", lengths)) + len(lengths) - 1


def _length_of(message: Mapping[str, Any]) -> int | None:
    parts = [part for part in message["parts"] if part["type"] != "tool_call"]
    words = "".join([part["content"] for part in parts])
    if len(parts) > 1 or any(part["type"] != "text" for part in parts) or words.endswith(_CUT):
        return None
    return _NAMED[message["role"]] + len(words)
