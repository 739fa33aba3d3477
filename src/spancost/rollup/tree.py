"""Open spans as a tree: money enters at a charge and moves up as spans end.

A span hands its sums to its parent when it ends, so each span costs the same however deep it lies. A charge
that comes after a span above it has ended walks up through the ended ones, which are remembered for a while,
and each owner among them is returned as corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, cast

from spancost.calls.dialects import Kind
from spancost.faults import leave_to_host
from spancost.rollup.ended import Ended
from spancost.rollup.node import ENDED, EVICTED, OPEN, Live, Node
from spancost.rollup.sums import Amounts, Below, Totals

if TYPE_CHECKING:
    from spancost.calls.read import Attributes

__all__ = ["OWNERS", "Tree"]

_OPEN_SPANS: Final = 100_000
"""Open spans held at once; beyond it the oldest is closed for the roll-up (never ended, or a leak)."""

_ENDED_SPANS: Final = 16_384
"""Ended spans remembered for children that come late."""

# A tuple is made three times as fast without its class's own constructor.
_tuple: Final = cast("Callable[[type[Any], Iterable[int]], Any]", tuple.__new__)  # pyright: ignore[reportUnknownMemberType]

OWNERS: Final = frozenset({Kind.AGENT, Kind.WORKFLOW, Kind.ROOT})


class Tree:
    """The open spans of a process. Guarded by its own RLock, within which nothing is allocated.

    Garbage collection can end other spans on the same thread wherever an object is made; inside the lock that
    would be in the middle of an update, or a deadlock if the lock were a plain one.
    """

    def __init__(self, open_spans: int = _OPEN_SPANS, ended_spans: int = _ENDED_SPANS) -> None:
        self._lock = RLock()
        self._open: dict[int | tuple[int, int], Node] = {}
        self._most_open = open_spans
        self.ended = Ended(ended_spans)
        """Those that have ended, as long as they are remembered."""
        self.spent = Below()
        """Every charge of the process."""
        self.evictions = 0
        """Open spans closed for want of room."""
        self.late = 0
        """Times that money came below a span that had ended."""

    def __len__(self) -> int:
        return len(self._open)

    def start(
        self,
        trace_id: int,
        span_id: int,
        parent_id: int | None,
        name: str,
        kind: str | None = None,
        live: Live | None = None,
        baggage: Attributes | None = None,
    ) -> Node:
        """Join a span to the tree under its parent's id; an unknown or remote parent makes it a local root."""
        spans = self._open
        parent = None
        if parent_id is not None:
            parent = spans.get(parent_id)
            if parent is None or parent.trace_id != trace_id:
                parent = self.find(trace_id, parent_id)
        node = Node(trace_id, span_id, parent, name, kind, live, baggage)
        taken = spans.setdefault(span_id, node)
        if taken is not node and taken.trace_id != trace_id:
            # The id is a span's of another trace, too. Started twice in one, by two processors, the first start stands.
            taken = spans.setdefault((trace_id, span_id), node)
        if len(spans) > self._most_open:
            self._evict()
        return taken

    def find(self, trace_id: int, span_id: int) -> Node | None:
        """Return the span if it is open, or ended but remembered."""
        node = self._open.get(span_id)
        if node is None:
            node = self.ended.find(span_id)
        elif node.trace_id != trace_id:
            node = self._open.get((trace_id, span_id))
        return node if node is not None and node.trace_id == trace_id else None

    def open_spans(self) -> list[Node]:
        """Return every open span."""
        return list(self._open.values())

    def known(self, trace_id: int | None, span_id: int | None) -> list[Node]:
        """Return the span of this id that is open or remembered, or where none is told the local roots of the trace."""
        nodes = dict.fromkeys((*self._open.copy().values(), *self.ended.nodes()))
        return [
            node
            for node in nodes
            if trace_id in (None, node.trace_id)
            and (node.parent is None if span_id is None else node.span_id == span_id)
        ]

    def take(self, trace_id: int, span_id: int) -> Node | None:
        """Take an open span out, to be closed, and remember it; None if it is unknown or has ended already."""
        spans = self._open
        node = spans.get(span_id)
        key: int | tuple[int, int] = span_id
        if node is None or node.trace_id != trace_id:
            key = trace_id, span_id
            node = spans.get(key)
            if node is None:
                return None
        # First: who ends the same span at the same time must find that it has ended.
        self.ended.keep(span_id, node)
        return spans.pop(key, None)

    def end_bare(self, trace_id: int, span_id: int, name: str) -> bool:
        """Take out and end an open span that is nothing to us, has nothing below it and tells nothing; else False."""
        node = self._open.get(span_id)
        if node is None or node.trace_id != trace_id or node.kind is not None or not self.end_if_bare(node):
            return False
        if node.parent is None and type(name) is str:
            node.name = name
        # Ahead of its leaving, as in `take`.
        self.ended.keep_bare(node)
        self._open.pop(span_id, None)
        return True

    def end_if_bare(self, node: Node, kind: str | None = None) -> bool:
        """End a span that has nothing below it; False where something is below."""
        with self._lock:
            bare = node.below is None
            if bare:
                node.ended = ENDED
                node.kind = Kind.ROOT if node.parent is None else kind
        return bare

    def has_ended(self, trace_id: int, span_id: int) -> bool:
        """Tell whether the span is remembered as ended by itself."""
        node = self.ended.find(span_id)
        # A node of another id stands for a span that has ended.
        return node is not None and node.trace_id == trace_id and (node.ended != EVICTED or node.span_id != span_id)

    def reopen(self, trace_id: int, span_id: int) -> Node | None:
        """Return a span that was closed for want of room and now ends by itself; None if it was not, or is forgotten.

        What it gave to its parent is taken back: only now is it known whether that was direct cost or a child's.
        """
        node = self.ended.find(span_id)
        if node is None or node.trace_id != trace_id or node.ended != EVICTED:
            return None
        totals = self.close(node, node.kind, OPEN)
        if totals is not None:
            self.hand_up(node, Totals(*(-value for value in totals)))
        return node

    def close(self, node: Node, kind: str | None, state: int = ENDED) -> Totals | None:
        """End a span: its kind is now known; return what lies below it, None where nothing does.

        `hand_up` must follow, outside of any lock, to give the sums to the parent.
        """
        direct = children = calls = partial = unpriced = input_ = output = read = write = reasoning = 0
        with self._lock:
            node.kind = kind
            node.ended = state
            below = node.below
            if below is not None:
                direct, children = below.direct, below.children
                calls, partial, unpriced = below.calls, below.partial, below.unpriced
                input_, output = below.input, below.output
                read, write, reasoning = below.cache_read, below.cache_write, below.reasoning
        if below is None or not below.booked:
            return None
        return _tuple(Totals, (direct, children, calls, partial, unpriced, input_, output, read, write, reasoning))

    def hand_up(self, node: Node, totals: Totals) -> list[Node]:
        """Give a closed span's sums to its parent; return the owners above that had ended, now corrected."""
        if node.parent is None:
            return []
        direct, children = totals.direct, totals.children
        own = node.below is not None and node.below.own
        if node.kind in OWNERS:
            direct, children, own = 0, direct + children, False
        return self._add(node.parent, direct, children, _tuple(Amounts, (0, *totals[2:])), own)

    def book(self, node: Node | None, amounts: Amounts) -> list[Node]:
        """Add a charge below a span; return the owners above that had ended, now corrected."""
        cost, calls, partial, unpriced, *_ = amounts
        spent = self.spent
        with self._lock:
            spent.direct += cost
            spent.calls += calls
            spent.partial += partial
            spent.unpriced += unpriced
        return [] if node is None else self._add(node, cost, 0, amounts, amounts.tell)

    def totals(self, node: Node) -> Totals:
        """Return what lies below an ended span, late charges included."""
        return self.close(node, node.kind, node.ended) or Totals(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    def _add(self, node: Node | None, direct: int, children: int, counts: Amounts, own: bool) -> list[Node]:
        corrected: list[Node] = []
        first = node
        _, calls, partial, unpriced, input_, output, read, write, reasoning = counts
        while node is not None:
            below = node.below or self.below(node)
            with self._lock:
                below.booked = True
                below.direct += direct
                below.children += children
                below.calls += calls
                below.partial += partial
                below.unpriced += unpriced
                below.input += input_
                below.output += output
                below.cache_read += read
                below.cache_write += write
                below.reasoning += reasoning
                below.own |= own
                ended = node.ended
                if ended:
                    below.sequence += 1
                    if node is first:
                        self.late += 1
            if not ended:
                return corrected
            if node.kind in OWNERS:
                if ended == ENDED:
                    corrected.append(node)
                direct, children, own = 0, direct + children, False
            node = node.parent
        return corrected

    def hear_part(self, node: Node, *, is_tool: bool) -> None:
        """Hear of a tool or a step that ended inside a span: it may stand for more than one request."""
        below = node.below or self.below(node)
        with self._lock:
            below.ran_tool |= is_tool
            below.steps += not is_tool

    def below(self, node: Node) -> Below:
        """Return the sums below a span, made where there were none."""
        spare = Below()
        with self._lock:
            below = node.below
            if below is None:
                below = node.below = spare
        return below

    def _evict(self) -> None:
        """Close the oldest open spans for the roll-up; their own ends, if they come, reopen them."""
        try:
            # Some at once: a dict whose first entries were taken out is slow to say which comes first.
            oldest = list(islice(self._open, self._most_open // 1024 + 1))
        except RuntimeError as fault:
            leave_to_host(fault)
            return  # Another thread changed the dict meanwhile: its own start evicts.
        for span in oldest:
            node = self._open.pop(span, None)
            if node is None:
                continue
            with self._lock:
                self.evictions += 1
            totals = self.close(node, node.kind, EVICTED)
            self.ended.keep(node.span_id, node)
            if totals is not None:
                self.hand_up(node, totals)
