"""One ended span as a file tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from spancost.calls.bare import is_usage_of_answer
from spancost.calls.content import READ_OF
from spancost.calls.names import JSON_NAMES

if TYPE_CHECKING:
    from spancost.calls import Attributes

__all__ = [
    "BEYOND",
    "MOST_VALUES",
    "SHORT",
    "Span",
    "forget_texts",
    "once",
    "shortened",
    "span_of",
]

BEYOND: Final = 1 << 63
"""No time in ns, and no count, is as large."""

SHORT: Final = 1_024
"""Characters kept of a text: longer than any name or label that is read. What was said is no business of ours."""

_MOST_OF_JSON: Final = 262_144

MOST_VALUES: Final = 128
"""Values kept of an array."""


class Span(NamedTuple):
    """One ended span; a tuple of plain values, so that it can wait on disk."""

    start_ns: int
    end_ns: int
    trace_id: int
    span_id: int
    parent_id: int | None
    name: str
    scope: str
    """The name of the instrumentation that wrote it."""
    attributes: Attributes
    resource: Attributes
    """Of its process: one object for all the spans that were told of together."""
    error: str | None
    """What its status says of a provider's refusal where that is an error, empty where it says nothing of one."""


span_of: Final[Callable[[Iterable[Any]], Span]] = partial(tuple.__new__, Span)  # pyright: ignore[reportUnknownMemberType]
"""Returns a span of these values, in their order: a tuple is made three times as fast without its constructor."""


_SEEN: Final[dict[str, str]] = {}
_MOST_SEEN: Final = 4_096

once: Final[Callable[[str, str], str]] = _SEEN.setdefault
"""Returns the first of equal texts, given twice: what many spans say stands in memory once, and its hash is known."""


def forget_texts() -> None:
    """Let go of the texts that were seen, where they are many: most are ids, which nobody says again."""
    if len(_SEEN) > _MOST_SEEN:
        _SEEN.clear()


def shortened(name: str, text: str) -> str:
    """Return as much of an attribute's text as is ever read."""
    if name in READ_OF:
        return READ_OF[name](text)
    if len(text) <= SHORT:
        return text
    # What is too long to be read must stay too long.
    return text[: _MOST_OF_JSON + 1] if name in JSON_NAMES or is_usage_of_answer(name) else text[: SHORT + 1]
