"""Whom a charge is for: the span's own word, then its ancestors', then baggage, then the resource."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from spancost.calls.dialects import Kind
from spancost.calls.kinds import kind_of
from spancost.calls.who import as_label
from spancost.rollup.node import LONGEST_NAME, above

if TYPE_CHECKING:
    from spancost.calls.read import Attributes
    from spancost.calls.who import Who
    from spancost.rollup.node import Node

__all__ = ["NAMES_OF_AGENTS", "Attribution", "Known", "Rank", "agent_name", "filled", "workflow_name"]

NAMES_OF_AGENTS: Final = (
    # CrewAI's `gen_ai.agent.name` is a hash.
    "crewai.agent.role",
    "gen_ai.agent.name",
    "agent.name",
    "neatlogs.agent.name",
    # On other spans it names a node of their own.
    "graph.node.id",
    "ai.telemetry.functionId",
)
"""What tells on an agent's own span how the agent is called, best first."""

# The former was replaced by the latter in semantic-conventions-genai 0.1.0.
_WORKFLOW_NAMES: Final = ("gen_ai.workflow.name", "gen_ai.agent.name")

_NAMELESS: Final = "invoke_agent"
"""What the conventions call the span of an agent that has no name."""

# A tuple is made three times as fast without its class's own constructor.
_tuple: Final = cast("Callable[[type[Any], Iterable[Any]], Any]", tuple.__new__)  # pyright: ignore[reportUnknownMemberType]

_HIGHEST: Final = 256
"""Ancestors asked: a bound for chains of spans without end."""


class Rank:
    """How well a record knows whose call it is: of several records of one call, the best decides."""

    ALONE: Final = 0
    """It has no parent: a client's span whose framework's is elsewhere."""
    INSIDE: Final = 1
    OWNED: Final = 2
    """An agent or a workflow lies above."""
    NAMED: Final = 3
    """It names the agent itself."""


class Seen(NamedTuple):
    """An ancestor's attributes as they were read: where they have changed since, they are read again."""

    attributes: Attributes
    length: int
    told: tuple[tuple[str, Any], ...]
    """Those that were of use, and may be set anew."""


class Known(NamedTuple):
    """What the ancestors of one span's children tell, and what it was read from."""

    seen: tuple[Seen, ...] | None
    """None where it can't be found out whether anything has changed."""
    baggage: Attributes | None
    resource: Attributes
    values: tuple[str | None, ...]
    path: str
    """Names of the agents above, outermost first."""
    agent: str | None
    """The nearest agent above."""
    rank: int


class Attribution:
    """Reads who a charge is for. The keys `agent` and `workflow` must be among those of `who`.

    `inside` turns what a span's live reference holds into a mapping that is quick to read.
    """

    def __init__(self, who: Who, inside: Callable[[Any], Attributes]) -> None:
        self.who = who
        self._inside = inside
        self._agent = who.keys.index("agent")
        self._workflow = who.keys.index("workflow")
        self._nothing: tuple[str | None, ...] = (None,) * len(who.keys)
        # Of calls with nothing above them, as clients' are where nobody instruments the program.
        self._alone: Known | None = None

    def resolve(
        self, attributes: Attributes, node: Node, resource: Attributes
    ) -> tuple[tuple[str | None, ...], str, int]:
        """Return the values of the keys, the agent path (`coordinator/code_agent`) and the Rank."""
        parent, baggage = node.parent, node.baggage
        known = self._alone if parent is None else parent.known
        if known is None or known.baggage is not baggage or known.resource is not resource or not _holds(known):
            known = self._ask(parent, baggage, resource)
            if parent is None:
                self._alone = known
            elif not parent.ended:
                # An ended span keeps no more of its ancestors' attributes than they do.
                parent.known = known
        _, _, _, values, path, agent, rank = known
        if not self.who.every_name.isdisjoint(attributes):
            own = list(self._nothing)
            self.who.fill(own, attributes)
            own_agent = own[self._agent]
            if own_agent is not None:
                rank = Rank.NAMED
                if own_agent != agent:
                    path = f"{path}/{own_agent}" if path else own_agent
            values = tuple([mine or theirs for mine, theirs in zip(own, values, strict=True)])
        return values, path, rank

    def keep(self, span: Node, attributes: Attributes) -> None:
        """Keep of an ended span's attributes what late charges below it may ask for, and no more."""
        if span.kind == Kind.AGENT:
            span.name = agent_name(span.name, attributes)
        elif span.kind == Kind.WORKFLOW:
            span.name = workflow_name(span.name, attributes)
        else:
            span.name = span.name[:LONGEST_NAME]
        kept = self.who.told(attributes)
        span.live = None if kept is None else lambda: kept
        span.known = None

    def _ask(self, parent: Node | None, baggage: Attributes | None, resource: Attributes) -> Known:
        values: list[str | None] = [None] * len(self.who.keys)
        seen: list[Seen] = []
        settled = True
        agents: list[str] = []
        nearer: str | None = None
        workflow: str | None = None
        rank = Rank.ALONE if parent is None else Rank.INSIDE
        full = False
        asked = baggage
        names = self.who.every_name
        for span in above(parent, _HIGHEST):
            held = None if span.live is None else span.live()
            live = None if held is None else self._inside(held)
            told: dict[str, Any] = {}
            if live is not None:
                # The intersection is one step of the interpreter: another thread may be setting attributes.
                told = {name: live.get(name) for name in names.intersection(live)}
                seen.append(_tuple(Seen, (live, len(live), tuple(told.items()))))
                # Where the oldest attribute makes room for a new one, nobody can see that one was set.
                settled = settled and getattr(held, "maxlen", None) != len(live)
            kind = span.kind
            if kind is None and live:
                kind = span.kind = kind_of(live)
            if kind == Kind.AGENT:
                rank = Rank.OWNED
                if not agents:
                    # Laminar's spans of LangChain's steps name their agent, which has no span of its own.
                    nearer = values[self._agent]
                agents.append(agent_name(span.name, live))
            elif kind == Kind.WORKFLOW:
                rank = Rank.OWNED
                # The outermost workflow: each one further up replaces the last.
                workflow = workflow_name(span.name, live)
            if told and not full:
                agent = values[self._agent]
                full = self.who.fill(values, told)
                if kind == Kind.WORKFLOW and agent is None:
                    # Its `gen_ai.agent.name` is the workflow's.
                    values[self._agent], full = None, False
            baggage = baggage or span.baggage
        for carried in (baggage, resource):
            if carried and not full:
                full = self.who.fill(values, carried)
        # One that tells no name is a step of the named one above it, where there is one: OpenLIT has spans of turns.
        agents = [name for name in agents if name != _NAMELESS] or agents[:1]
        if agents:
            values[self._agent] = nearer or agents[0]
        if workflow is not None:
            values[self._workflow] = workflow
        path = "/".join(reversed(agents))
        nearest = agents[0] if agents else None
        return _tuple(Known, (tuple(seen) if settled else None, asked, resource, tuple(values), path, nearest, rank))


def _holds(known: Known) -> bool:
    if known.seen is None:
        return False
    for attributes, length, told in known.seen:
        if len(attributes) != length:
            return False
        for name, value in told:
            if attributes.get(name) is not value:
                return False
    return True


def agent_name(span_name: str, attributes: Attributes | None) -> str:
    """Return the agent's name, from the span's own name where no attribute tells it."""
    for name in NAMES_OF_AGENTS if attributes else ():
        told = attributes.get(name) if attributes else None
        if told is not None and (label := as_label(told)):
            return label
    # `invoke_agent NAME` in the conventions, `NAME.run` in OpenInference's spans of smolagents.
    return as_label(span_name.removeprefix("invoke_agent ").removesuffix(".run"))


def workflow_name(span_name: str, attributes: Attributes | None) -> str:
    """Return the workflow's name, from the span's own name where no attribute tells it."""
    for name in _WORKFLOW_NAMES if attributes else ():
        told = attributes.get(name) if attributes else None
        if told is not None and (label := as_label(told)):
            return label
    return as_label(span_name.removeprefix("invoke_workflow "))


def filled(who: tuple[str | None, ...], other: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """Return the values of one record, with another's where it knows none; itself where that changes nothing."""
    if who == other or None not in who:
        return who
    return tuple([mine or theirs for mine, theirs in zip(who, other, strict=True)])
