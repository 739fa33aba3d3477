"""One ended span as a file tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from sys import intern
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from spancost.calls.content import READ_OF
from spancost.calls.names import CALL_NAMES, JSON_NAMES
from spancost.rollup.attribution import NAMES_OF_AGENTS

if TYPE_CHECKING:
    from spancost.calls import Attributes, Who

__all__ = [
    "BEYOND",
    "HOST",
    "INSTANCE",
    "MOST_VALUES",
    "PID",
    "SHORT",
    "Span",
    "Wanted",
    "forget_texts",
    "once",
    "shortened",
    "span_of",
    "wanted",
]

BEYOND: Final = 1 << 63
"""No time in ns, and no count, is as large."""

SHORT: Final = 1_024
"""Characters kept of a text: longer than any name or label that is read. What was said is no business of ours."""

HOST: Final = ("host.id", "host.name", "container.id", "k8s.pod.uid")
INSTANCE: Final = ("service.namespace", "service.name", "service.instance.id")
PID: Final = "process.pid"
"""What tells the processes of a resource apart, with the two above."""

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
    return text[: _MOST_OF_JSON + 1] if name in JSON_NAMES else text[: SHORT + 1]


Wanted = Mapping[str, str]
"""Attribute name -> the same name: one object for all spans, whose hash is known."""


def wanted(who: Who) -> Wanted:
    """Return the names of the attributes that are kept of a span and of its resource."""
    # Interned: read back from disk, where spans may wait, a name is the one object again that is asked for.
    return {name: intern(name) for name in CALL_NAMES.union(who.every_name, NAMES_OF_AGENTS, HOST, INSTANCE, (PID,))}
