"""One ended span as a file tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from spancost.calls.content import READ_OF
from spancost.calls.names import CALL_NAMES, JSON_NAMES

if TYPE_CHECKING:
    from spancost.calls import Attributes, Who

__all__ = ["HOST", "INSTANCE", "MOST_VALUES", "PID", "SHORT", "Span", "Wanted", "shortened", "span_of", "wanted"]

SHORT: Final = 1_024
"""Characters kept of a text: longer than any name or label that is read. What was said is no business of ours."""

HOST: Final = ("host.id", "host.name", "container.id", "k8s.pod.uid")
INSTANCE: Final = ("service.namespace", "service.name", "service.instance.id")
PID: Final = "process.pid"
"""What tells the processes of a resource apart, with the two above."""

_MOST_OF_JSON: Final = 65_536

MOST_VALUES: Final = 128
"""Values kept of an array."""


_tuple: Final = cast("Callable[[type[Any], Iterable[Any]], Any]", tuple.__new__)  # pyright: ignore[reportUnknownMemberType]


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


def span_of(values: Iterable[Any]) -> Span:
    """Return a span of these values, in their order: a tuple is made three times as fast without its constructor."""
    return _tuple(Span, values)


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
    return {name: name for name in CALL_NAMES.union(who.every_name, HOST, INSTANCE, (PID,))}
