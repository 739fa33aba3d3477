"""What other processes tell of calls below spans of this one: an agent's span here may only repeat it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Kind
from spancost.rollup.claims import claim_of
from spancost.rollup.node import above, top
from spancost.rollup.tree import OWNERS

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge
    from spancost.rollup.node import Node

__all__ = ["Remote"]

_MOST: Final = 1_024
"""Local roots of other processes remembered: the window within which an agent's word is known to be theirs."""

_HIGHEST: Final = 256
"""Spans above a remote call that may be the agent that asked."""


class Remote:
    """The last sums that other processes told, each with the span here that asked; bounded.

    Used by one thread, but for `say`, which is one atomic step.
    """

    def __init__(self) -> None:
        self._told: dict[object, tuple[Node, int, int]] = {}
        self._said: deque[tuple[Node, Charge]] = deque(maxlen=_MOST)

    def add(self, teller: object, asking: Node, input_: int, output: int) -> None:
        """Remember how many tokens a local root elsewhere has used on behalf of a span of this process, by now."""
        self._told[teller] = asking, input_, output
        if len(self._told) > _MOST:
            del self._told[next(iter(self._told))]

    def say(self, claim: Charge, agent: Node) -> None:
        """Remember what an agent says it used that is not charged here, as it is counted elsewhere."""
        self._said.append((agent, claim))

    def is_repeated_by(self, claim: Charge, agent: Node) -> bool:
        """Tell whether what an agent says it used is the sum of what was told below it, to the token."""
        input_ = output = 0
        for asking, its_input, its_output in self._told.values():
            if any(span is agent for span in above(asking, _HIGHEST)):
                input_ += its_input
                output += its_output
        return input_ + output > 0 and (input_, output) == (claim.amounts.input, claim.amounts.output)

    def used_below(self, root: Node) -> tuple[int, int]:
        """Return the tokens used elsewhere on behalf of a local root's spans, as far as they are in no sum here."""
        input_ = output = 0
        said = dict(self._said)
        for agent, claim in said.items():
            if top(agent) is root and not _is_spoken_for(agent.parent, said, own=False):
                input_ += claim.amounts.input
                output += claim.amounts.output
        for asking, its_input, its_output in self._told.values():
            if top(asking) is root and not _is_spoken_for(asking, said, own=True):
                input_ += its_input
                output += its_output
        return input_, output


def _is_spoken_for(asking: Node | None, said: Mapping[Node, Charge], *, own: bool) -> bool:
    """Tell whether a call or an agent around it has told what it used with all below it."""
    for span in above(asking, _HIGHEST):
        claim = claim_of(span) or said.get(span)
        if span.kind == Kind.CALL or (claim is not None and (own or not claim.emitter.sums_agents)):
            return True
        own = own and span.kind not in OWNERS
    return False
