"""Which attempt a call is: those for the same that failed directly before it are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Kind
from spancost.rollup.node import above

if TYPE_CHECKING:
    from spancost.rollup import Node

__all__ = ["Attempts"]

_BOUNDARIES: Final = frozenset({Kind.AGENT, Kind.WORKFLOW, Kind.TOOL})
_HIGHEST: Final = 64
_MOST: Final = 1_024
"""Places where calls have failed and none has succeeded since."""

_Place = tuple[int, int, str]
"""Trace and id of the agent, tool or root that calls are made for, and the name of their spans."""


class Attempts:
    """Counts calls that fail, by whom they are made for. It is used by one thread."""

    def __init__(self) -> None:
        # How many failed, and the ids of the spans around the last: a framework's span of it fails, too.
        self._failed: dict[_Place, tuple[int, frozenset[int]]] = {}

    def of(self, node: Node, *, failed: bool) -> int:
        """Return which attempt a call's span tells of, from 1 on; one that didn't fail is the last of its row."""
        if not self._failed and not failed:
            return 1
        place, around = _place(node)
        count, before = self._failed.pop(place, (0, frozenset[int]()))
        if failed:
            # The span around one that failed tells of the same failure.
            self._failed[place] = count + (node.span_id not in before), around
            if len(self._failed) > _MOST:
                del self._failed[next(iter(self._failed))]
        return 1 + count


def _place(node: Node) -> tuple[_Place, frozenset[int]]:
    """Return where a call is made, and the spans between."""
    around: set[int] = set()
    highest = node
    for span in above(node.parent, _HIGHEST):
        highest = span
        if span.kind in _BOUNDARIES:
            break
        around.add(span.span_id)
    return (highest.trace_id, highest.span_id, node.name), frozenset(around)
