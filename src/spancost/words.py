"""What agents' and workflows' spans say themselves of calls: their word is charged where nobody else tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spancost.calls import Kind
from spancost.calls.bare import WRITER, is_bare_request, was_kept
from spancost.calls.elsewhere import asked_at, is_counted_elsewhere
from spancost.rollup import Node, Tree, asking
from spancost.rollup.claims import is_told_below
from spancost.rollup.units import author, final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spancost.calls import Attributes, Usage
    from spancost.calls.dialects import Emitter
    from spancost.charging import Charging
    from spancost.outcome import Outcome
    from spancost.rating import Rating
    from spancost.rollup import Charge

__all__ = ["Words"]


class Words:
    """Takes their word, or leaves it. What is charged stands on no span: an amount would be counted beside a total."""

    def __init__(self, rating: Rating, charging: Charging, tree: Tree) -> None:
        self._rating = rating
        self._charging = charging
        self._tree = tree

    def of_agent(
        self,
        agent: Node,
        attributes: Attributes,
        start_ns: int,
        resource: Attributes,
        emitter: Emitter,
        end_ns: int,
        outcome: Outcome,
    ) -> None:
        """Charge what an agent says its calls used, unless calls below it tell, here or in another process."""
        if is_told_below(agent, emitter):
            return
        outcome.asked_at = asked_at(attributes)
        outcome.is_elsewhere = is_counted_elsewhere(attributes)
        claim = self._rating.agent(agent, attributes, start_ns, resource, emitter, end_ns)
        if claim is not None and self._charging.remote.is_repeated_by(claim, agent):
            outcome.is_elsewhere = True
        if claim is not None and outcome.is_elsewhere:
            self._charging.remote.say(claim, agent)
        if claim is not None and not outcome.is_elsewhere and not self._is_told_apart(claim, agent):
            self._charging.enter(claim, agent, outcome)
            _aggregate(outcome)

    def of_workflow(
        self,
        workflow: Node,
        attributes: Attributes,
        start_ns: int,
        resource: Attributes,
        emitter: Emitter,
        end_ns: int,
        error: str | None,
        outcome: Outcome,
    ) -> None:
        """Charge the last call of a workflow, which its span tells of, unless that was told of by its id."""
        inside = Node(workflow.trace_id, workflow.span_id, workflow, workflow.name, Kind.CALL, None, workflow.baggage)
        call = self._rating.call(inside, attributes, start_ns, resource, emitter, end_ns, error)
        if call is not None and call.call.usage is not None and call.call.response_id:
            self._charging.enter(call, inside, outcome)
            _aggregate(outcome)

    def of_last_call(
        self,
        around: Node,
        attributes: Attributes,
        start_ns: int,
        resource: Attributes,
        end_ns: int,
        error: str | None,
        outcome: Outcome,
    ) -> None:
        """Take what a library has written of the last call inside on this span, which is another's."""
        inside = Node(around.trace_id, around.span_id, around, around.name, Kind.CALL, None, around.baggage)
        call = self._rating.call(inside, attributes, start_ns, resource, WRITER, end_ns, error)
        if call is not None and call.call.usage is not None:
            self._charging.enter_last(call, inside, around, outcome)
            _aggregate(outcome)

    def are_of_request(self, node: Node, parent_id: int | None, attributes: Attributes) -> bool:
        """Tell whether a span is that of a bare request, of which the library's own span around it doesn't tell."""
        around = node.parent
        if around is None and parent_id is not None:
            # Both are made afterwards, with one start: in a file either may come first.
            around = self._tree.find(node.trace_id, parent_id)
        is_told = around is not None and around.record is not None and around.record.emitter is WRITER
        return not is_told and is_bare_request(node.name, attributes) and not was_kept(attributes)

    def supplement(self, inner: Iterable[Charge], repeated: Usage, node: Node, outcome: Outcome) -> None:
        """Let the first call inside that used as many tokens know which of them were reasoning."""
        for charge in inner:
            record = author(final(charge))
            told = self._rating.with_reasoning(record.original or record, repeated)
            if told is not None:
                self._charging.books.supplement(record, told, node, outcome)
                return

    def _is_told_apart(self, claim: Charge, agent: Node) -> bool:
        """Tell whether calls have told of what an agent says it used, where none of it has reached the agent."""
        return asking.holds_below(self._tree, agent) or self._charging.orphans.are_summed_by(claim)


def _aggregate(outcome: Outcome) -> None:
    outcome.aggregate, outcome.charge, outcome.duplicate_of = outcome.charge, None, None
