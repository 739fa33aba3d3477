"""One ended span as a file tells it, and the resources that spans share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from spancost.calls.names import CALL_NAMES, JSON_NAMES

if TYPE_CHECKING:
    from spancost.calls import Attributes, Who

__all__ = ["MOST_VALUES", "SHORT", "Resources", "Span", "Wanted", "shortened", "span_of", "wanted"]

SHORT: Final = 1_024
"""Characters kept of a text: longer than any name or label that is read. What was said is no business of ours."""

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
    resource: int
    """Its place among the Resources."""
    error: str | None
    """What its status says where that is an error, empty where it says nothing."""


def span_of(values: Iterable[Any]) -> Span:
    """Return a span of these values, in their order: a tuple is made three times as fast without its constructor."""
    return _tuple(Span, values)


def shortened(name: str, text: str) -> str:
    """Return as much of an attribute's text as is ever read."""
    if len(text) <= SHORT:
        return text
    # What is too long to be read must stay too long.
    return text[: _MOST_OF_JSON + 1] if name in JSON_NAMES else text[: SHORT + 1]


Wanted = Mapping[str, str]
"""Attribute name -> the same name: one object for all spans, whose hash is known."""


def wanted(who: Who) -> Wanted:
    """Return the names of the attributes that are kept of a span."""
    return {name: name for name in CALL_NAMES | who.every_name}


class Resources:
    """Every resource that a reading has met, each kept once."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._all: list[dict[str, Any]] = []

    def place(self, attributes: dict[str, Any]) -> int:
        """Return the place of a resource with these attributes."""
        key = repr(sorted(attributes.items(), key=lambda item: item[0]))
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self._all)
            self._all.append(attributes)
        return place

    def __getitem__(self, place: int) -> Attributes:
        return self._all[place]
