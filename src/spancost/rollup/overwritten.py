"""Agents' spans on which each call was written over the one before: they tell the last of them alone.

So it is with Google ADK under OpenInference. An agent that ran a tool called its model before it, and mostly again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Kind
from spancost.rollup.node import above

if TYPE_CHECKING:
    from spancost.rollup.node import Node
    from spancost.rollup.tree import Tree

__all__ = ["hear_call", "hear_tool", "hides_calls"]

_AGENTS: Final = "invoke_agent"
"""What the name of an agent's span begins with, whatever its attributes have become.
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/#invoke-agent-span"""

_HIGHEST: Final = 256


def hear_tool(tool: Node, tree: Tree) -> None:
    """Hear of a tool that has run: the agent's span around it knows."""
    for span in above(tool.parent, _HIGHEST):
        if span.name.startswith(_AGENTS):
            tree.below(span).ran_tool = True
        elif span.kind is None or span.kind == Kind.OTHER:
            continue
        return


def hear_call(call: Node, tree: Tree) -> None:
    """Hear of a span that ends as a call: the owner above it knows where that was the last of several."""
    if call.below is None or not call.below.ran_tool or not call.name.startswith(_AGENTS):
        return
    for span in above(call.parent, _HIGHEST):
        if span.kind in (Kind.AGENT, Kind.WORKFLOW):
            tree.below(span).hides_calls = True
            return


def hides_calls(owner: Node) -> bool:
    """Tell whether an agent or workflow had calls of which no span tells any more."""
    return owner.below is not None and owner.below.hides_calls
