"""What an agent's span says its calls used: a claim, which is charged only where nothing tells of the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spancost.calls.dialects import Kind

if TYPE_CHECKING:
    from spancost.calls.dialects import Emitter
    from spancost.rollup.charge import Charge
    from spancost.rollup.node import Node
    from spancost.rollup.sums import Below

__all__ = ["claim_of", "is_told_below", "tells_more"]


def is_told_below(agent: Node, emitter: Emitter) -> bool:
    """Tell whether spans below an agent tell of the calls that its own span sums up."""
    below = agent.below
    return below is not None and (below.own if emitter.sums_agents else below.tells)


def claim_of(span: Node) -> Charge | None:
    """Return what an agent said that its calls used and was charged for, None where spans below told of calls."""
    claim = span.record
    is_own = claim is not None and claim.merged is None and claim.span_id == span.span_id
    return claim if is_own and span.kind == Kind.AGENT else None


def tells_more(below: Below, claim: Charge) -> bool:
    """Tell whether calls below an agent have told what they used, beside what it said itself."""
    if claim.emitter.sums_agents:
        # It leaves out its sub-agents, of whom there may be any number below.
        return False
    used, said = below.input + below.output, claim.amounts.input + claim.amounts.output
    return used > said or below.direct + below.children > claim.amounts.cost
