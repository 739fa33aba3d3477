"""Processes tell each other, within a trace, what a local root has used that a span of another one asked for.

What a process has used goes up to whoever asked it, with what those used that it asked itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from spancost.rollup.node import OPEN, top

if TYPE_CHECKING:
    from spancost.engine import Engine
    from spancost.outcome import Outcome
    from spancost.rollup import Node

__all__ = ["Across", "Root"]

_TRACES: Final = 4_096
"""Traces remembered in which tokens went through several processes, or may have; and as many where none did yet."""

_ROOTS: Final = 1_024
"""Local roots remembered of one trace."""


class Root:
    """A local root whose parent is in another process."""

    __slots__ = ("asker", "engine", "node", "parent_id", "told")

    def __init__(self, engine: Engine, node: Node, parent_id: int) -> None:
        self.engine = engine
        self.node = node
        self.parent_id = parent_id
        self.asker: Engine | None = None
        """The process of the parent, once that is known."""
        self.told: tuple[int, int] = (0, 0)
        """What the asker has heard that it used: tokens of input and of output."""


class _Trace:
    """What is known of one trace."""

    __slots__ = ("engines", "lost", "roots")

    def __init__(self) -> None:
        self.roots: dict[Node, Root] = {}
        self.lost: dict[Root, None] = {}
        """Those that used something for a parent that was in no process that was asked."""
        self.engines: dict[Engine, None] = {}
        """The processes of its roots, and those with an agent that was charged by its own word."""


class Across:
    """The last traces in which an agent was charged by its own word, or a local root has a parent elsewhere."""

    def __init__(self, most: int = _TRACES) -> None:
        self._traces: dict[int, _Trace] = {}
        # Most traces that go through several processes call no model: they must not push those out that do.
        self._begun: dict[int, _Trace] = {}
        self._most = most

    def began(self, engine: Engine, node: Node, parent_id: int | None) -> Root | None:
        """Hear of a local root that starts; return it where its parent is in another process."""
        if parent_id is None or node.parent is not None:
            return None
        root = Root(engine, node, parent_id)
        trace = self._traces.get(node.trace_id) or self._begun.get(node.trace_id)
        if trace is None:
            trace = self._begun[node.trace_id] = _Trace()
            if len(self._begun) > self._most:
                del self._begun[next(iter(self._begun))]
        _join(trace, root)
        return root

    def ended(self, root: Root) -> Iterator[Outcome]:
        """Hear that a local root has ended; yield what came of it in other processes."""
        trace_id = root.node.trace_id
        trace = self._traces.get(trace_id)
        if trace is None:
            if root.engine.used(root.node) == root.told:
                return
            trace = self._told_of(trace_id)
        _join(trace, root)
        yield from _find_asker(trace, root.engine)
        if trace.roots.get(root.node) is root:
            yield from _tell(trace, root)

    def charged(self, engine: Engine, outcome: Outcome) -> Iterator[Outcome]:
        """Hear that an agent was charged by its own word, or that an owner has changed that had ended."""
        trace_id = outcome.node.trace_id
        trace = self._traces.get(trace_id)
        if outcome.aggregate is not None:
            trace = trace or self._told_of(trace_id)
            trace.engines[engine] = None
            yield from _find_asker(trace, engine)
        if trace is not None and (root := trace.roots.get(top(outcome.node))) is not None:
            yield from _tell(trace, root)

    def _told_of(self, trace_id: int) -> _Trace:
        """Return a trace in which tokens were told of for the first time."""
        trace = self._traces[trace_id] = self._begun.pop(trace_id, None) or _Trace()
        if len(self._traces) > self._most:
            del self._traces[next(iter(self._traces))]
        return trace


def _join(trace: _Trace, root: Root) -> None:
    if len(trace.roots) < _ROOTS:
        # Of a span that was exported twice the first stands.
        trace.roots.setdefault(root.node, root)
        trace.engines[root.engine] = None


def _find_asker(trace: _Trace, engine: Engine) -> Iterator[Outcome]:
    """Let a process hear of the roots whose parents are among its spans, of which nobody knew."""
    for root in list(trace.lost):
        if _asks(engine, root):
            root.asker = engine
            del trace.lost[root]
            yield from _tell(trace, root)


def _asks(engine: Engine, root: Root) -> bool:
    return engine is not root.engine and engine.tree.find(root.node.trace_id, root.parent_id) is not None


def _tell(trace: _Trace, root: Root | None) -> Iterator[Outcome]:
    """Tell the process that asked what a root has used; what its own root has used is more then, and so on upwards."""
    seen: set[Root] = set()
    # Where ids lie there may be circles.
    while root is not None and root not in seen and root.node.ended != OPEN:
        seen.add(root)
        used = root.engine.used(root.node)
        if used == root.told:
            return
        if root.asker is None:
            root.asker = next((engine for engine in trace.engines if _asks(engine, root)), None)
        if root.asker is None:
            trace.lost[root] = None
            return
        outcome = root.asker.hear(root, root.node.trace_id, root.parent_id, *used)
        if outcome is None:
            return
        root.told = used
        yield outcome
        root = trace.roots.get(top(outcome.node))
