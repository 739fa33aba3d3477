"""What spans have cost so far, for whoever asks while they run: ended ones have handed up what open ones still hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spancost.calls.dialects import Kind
from spancost.rollup.node import top
from spancost.rollup.units import final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spancost.rollup.node import Node
    from spancost.rollup.sums import Below
    from spancost.rollup.tree import Tree

__all__ = ["cost_of", "cost_so_far", "holds_below"]


def cost_so_far(tree: Tree, trace_id: int, span_id: int) -> int:
    """Return pico-USD of the whole local trace that a span belongs to; nothing where none of it is known."""
    node = tree.find(trace_id, span_id) or next((span for span in tree.open_spans() if span.trace_id == trace_id), None)
    return 0 if node is None else _cost_below(tree, top(node))


def cost_of(tree: Tree, trace_id: int | None, span_id: int | None) -> int | None:
    """Return pico-USD of a span with all below it, or of a local trace; None where nothing is remembered of it."""
    nodes = tree.known(trace_id, span_id)
    return sum(_cost(tree, node) for node in nodes) if nodes else None


def holds_below(tree: Tree, node: Node) -> bool:
    """Tell whether an open span below one that ends holds what a call told: it will hand it up, or never end."""
    return any(below.tells for below in _below(tree, node))


def _cost(tree: Tree, node: Node) -> int:
    charge = final(node.record) if node.record is not None and node.kind == Kind.CALL else None
    # A call's own money lies below its parent, and nowhere where it has none.
    is_own = charge is not None and charge.span_id == node.span_id
    return _cost_below(tree, node) + (charge.amounts.cost if charge is not None and is_own else 0)


def _cost_below(tree: Tree, node: Node) -> int:
    if node.ended:
        return tree.totals(node).total
    return sum(below.direct + below.children for below in _below(tree, node))


def _below(tree: Tree, node: Node) -> Iterator[Below]:
    """Yield what the open spans of a tree hold, from the one at its top on."""
    inside = {node: True}
    for span in tree.open_spans():
        if span.below is not None and span.trace_id == node.trace_id and _is_under(span, inside):
            yield span.below


def _is_under(span: Node, inside: dict[Node, bool]) -> bool:
    """Tell whether a span lies inside, and note it of each span between: none is climbed over twice."""
    climbed: list[Node] = []
    node: Node | None = span
    while node is not None and node not in inside:
        climbed.append(node)
        node = node.parent
    found = node is not None and inside[node]
    inside.update(dict.fromkeys(climbed, found))
    return found
