"""Whom a charge is for: the span's own word, then its ancestors', then baggage, then the resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Kind
from spancost.calls.read import kind_of
from spancost.rollup.tree import above

if TYPE_CHECKING:
    from spancost.calls.read import Attributes
    from spancost.calls.who import Who
    from spancost.rollup.tree import Node

__all__ = ["AGENT_PREFIX", "Attribution", "agent_name", "workflow_name"]

AGENT_PREFIX: Final = "invoke_agent "
"""Span names of agents begin with it (gen_ai conventions)."""

_HIGHEST: Final = 256
"""Ancestors asked: a bound for chains of spans without end."""


class Attribution:
    """Reads who a charge is for. The keys `agent` and `workflow` must be among those of `who`."""

    def __init__(self, who: Who) -> None:
        self.who = who
        self._agent = who.keys.index("agent")
        self._workflow = who.keys.index("workflow")

    def resolve(
        self, attributes: Attributes, node: Node, ending_baggage: Callable[[], Attributes | None], resource: Attributes
    ) -> tuple[tuple[str | None, ...], str, bool]:
        """Return the values of the keys, the agent path (`coordinator/code_agent`) and whether an owner is above.

        `ending_baggage` is asked only where the span and its ancestors don't tell everything.
        """
        fill = self.who.fill
        values: list[str | None] = [None] * len(self.who.keys)
        full = fill(values, attributes)
        own_agent = values[self._agent]
        workflow = values[self._workflow]
        agents: list[str] = []
        owned = False
        baggage = node.baggage
        for span in above(node.parent, _HIGHEST):
            live = span.attributes()
            kind = span.kind
            if kind is None and live:
                kind = span.kind = kind_of(live)
            if kind == Kind.AGENT:
                owned = True
                agents.append(agent_name(span.name, live))
            elif kind == Kind.WORKFLOW:
                owned = True
                # The outermost workflow: each one further up replaces the last.
                workflow = workflow_name(span.name, live)
                continue
            if live and not full:
                full = fill(values, live)
            if baggage is None:
                baggage = span.baggage
        if not full:
            for told in (ending_baggage(), baggage, resource):
                if told:
                    full = fill(values, told)
        if agents:
            if values[self._agent] is None:
                values[self._agent] = agents[0]
            if own_agent and own_agent != agents[0]:
                agents.insert(0, own_agent)
        elif own_agent:
            agents.append(own_agent)
        if workflow is not None:
            values[self._workflow] = workflow
        agents.reverse()
        return tuple(values), "/".join(agents), owned


def agent_name(span_name: str, attributes: Attributes | None) -> str:
    """Return the agent's name, from the span's own name where no attribute tells it."""
    name = attributes.get("gen_ai.agent.name") if attributes else None
    return str(name) if name else span_name.removeprefix(AGENT_PREFIX)


def workflow_name(span_name: str, attributes: Attributes | None) -> str:
    """Return the workflow's name, from the span's own name where no attribute tells it."""
    # `gen_ai.workflow.name` was replaced by `gen_ai.agent.name` in semantic-conventions-genai 0.1.0.
    name = (attributes.get("gen_ai.workflow.name") or attributes.get("gen_ai.agent.name")) if attributes else None
    return str(name) if name else span_name.removeprefix("invoke_workflow ")
