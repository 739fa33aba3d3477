"""What agents' and workflows' spans say themselves of calls: their word is charged where nobody else tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spancost.calls import Kind
from spancost.calls.bare import WRITER
from spancost.calls.elsewhere import asked_at, is_counted_elsewhere
from spancost.rollup import Node, Tree, asking
from spancost.rollup.claims import is_told_below

if TYPE_CHECKING:
    from spancost.calls import Attributes
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

    def _is_told_apart(self, claim: Charge, agent: Node) -> bool:
        """Tell whether calls have told of what an agent says it used, where none of it has reached the agent."""
        return asking.holds_below(self._tree, agent) or self._charging.orphans.are_summed_by(claim)


def _aggregate(outcome: Outcome) -> None:
    outcome.aggregate, outcome.charge, outcome.duplicate_of = outcome.charge, None, None
