"""Ended spans, remembered for children that come late; bounded."""

from __future__ import annotations

from threading import RLock

from spancost.rollup.node import ENDED, LONGEST_NAME, Node

__all__ = ["Ended"]


class Ended:
    """Ended spans by their ids, or those that stand for them. Guarded by its own RLock where it forgets.

    Two halves: when the newer one is full the older one is forgotten, which costs less than span by span.
    """

    def __init__(self, most: int) -> None:
        self._lock = RLock()
        self._most = most // 2
        self._newer: dict[int, Node] = {}
        self._older: dict[int, Node] = {}

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def find(self, span_id: int) -> Node | None:
        """Return the span of an id, or the one that stands for it, of whatever trace; None if it is not remembered."""
        return self._newer.get(span_id) or self._older.get(span_id)

    def nodes(self) -> list[Node]:
        """Return every span that is remembered, those of one id that came up again twice."""
        return [*self._newer.copy().values(), *self._older.copy().values()]

    def keep(self, span_id: int, node: Node) -> None:
        """Remember a closed span, or the one that stands for it; the oldest are forgotten."""
        newer = self._newer
        newer[span_id] = node
        if len(newer) >= self._most:
            self._forget_oldest()

    def keep_bare(self, node: Node) -> None:
        """Remember what stands for a span that tells nothing: the one above it, itself where there is none."""
        node.live = None
        parent = node.parent
        while parent is not None and parent.parent is not None and _tells_nothing(parent):
            # A chain of spans that each start below the one before must not grow without end.
            parent = node.parent = parent.parent
        if parent is None:
            node.name = node.name[:LONGEST_NAME]
        self.keep(node.span_id, parent or node)

    def _forget_oldest(self) -> None:
        empty: dict[int, Node] = {}
        with self._lock:
            if len(self._newer) < self._most:
                return  # Another thread was first.
            forgotten = self._older
            self._older = self._newer
            self._newer = empty
        for span_id, node in forgotten.items():
            if node.span_id == span_id and node.parent is not None and node.parent.ended:
                # A chain of spans that each start below the one before must not grow without end.
                node.parent = None


def _tells_nothing(span: Node) -> bool:
    """Tell whether a span has ended and says nothing of what is below it, whose it is or for whom."""
    return span.ended == ENDED and span.kind is None and span.live is None
