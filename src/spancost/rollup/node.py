"""One span of the tree, and the way up from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from spancost.calls.read import Attributes
    from spancost.rollup.attribution import Known
    from spancost.rollup.charge import Charge
    from spancost.rollup.sums import Below

__all__ = ["ENDED", "EVICTED", "LONGEST_NAME", "OPEN", "Live", "Node", "above", "top"]

OPEN: Final = 0
ENDED: Final = 1
EVICTED: Final = 2
"""Closed by us for want of room: its own end is still to come."""

Live = Callable[[], Any]
"""Returns a span's attributes as they stand, None once the span is gone."""

LONGEST_NAME: Final = 512
"""Characters of its name that an ended span keeps."""

_HIGHEST: Final = 4096
"""Ancestors climbed to find a local root."""


class Node:
    """One span of the tree, open or recently ended."""

    __slots__ = (
        "baggage",
        "below",
        "ended",
        "kind",
        "known",
        "live",
        "name",
        "parent",
        "record",
        "span_id",
        "trace_id",
    )

    def __init__(
        self,
        trace_id: int,
        span_id: int,
        parent: Node | None,
        name: str,
        kind: str | None,
        live: Live | None,
        baggage: Attributes | None,
    ) -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.parent = parent
        self.name = name
        self.kind = kind
        # A weak reference to the span's attributes: names set after the start are found, and a span that is
        # dropped without an end takes its 3.5 kB with it.
        self.live = live
        self.baggage = baggage
        self.ended = OPEN
        # What charges have put here; most spans have none below them.
        self.below: Below | None = None
        # What the ancestors tell of whom a charge is for, remembered between charges.
        self.known: Known | None = None
        # Of a call that has ended: the charge it is a record of, until a call inside that outlives it is the same one.
        self.record: Charge | None = None


def above(node: Node | None, most: int) -> Iterator[Node]:
    """Yield a span and those above it, nearest first, no more than `most`.

    Bounded because a trace may be a chain of a million spans. There are no circles: a span's parent is one that
    had started before it.
    """
    while node is not None and most > 0:
        yield node
        node = node.parent
        most -= 1


def top(node: Node, most: int = _HIGHEST) -> Node:
    """Return the highest span above, itself where there is none: the local root."""
    while node.parent is not None and most > 0:
        node = node.parent
        most -= 1
    return node
