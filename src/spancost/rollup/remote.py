"""What other processes tell of calls below spans of this one: an agent's span here may only repeat it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from spancost.rollup.node import above

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge
    from spancost.rollup.node import Node

__all__ = ["Remote"]

_MOST: Final = 1_024
"""Local roots of other processes remembered: the window within which an agent's word is known to be theirs."""

_HIGHEST: Final = 256
"""Spans above a remote call that may be the agent that asked."""


class Remote:
    """The last sums that other processes told, each with the span here that asked; bounded. Used by one thread."""

    def __init__(self) -> None:
        self._told: deque[tuple[Node, int, int]] = deque(maxlen=_MOST)

    def add(self, asking: Node, input_: int, output: int) -> None:
        """Remember how many tokens were used in another process on behalf of a span of this one."""
        self._told.append((asking, input_, output))

    def is_repeated_by(self, claim: Charge, agent: Node) -> bool:
        """Tell whether what an agent says it used is the sum of what was told below it, to the token."""
        input_ = output = 0
        for asking, its_input, its_output in self._told:
            if any(span is agent for span in above(asking, _HIGHEST)):
                input_ += its_input
                output += its_output
        return input_ + output > 0 and (input_, output) == (claim.amounts.input, claim.amounts.output)
