"""Calls whose parent is unknown here: a span that another provider made, was never ended, or is in no file."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge

__all__ = ["Orphans"]

_MOST: Final = 1_024
"""Charges remembered: the window within which an agent's sum is known to be theirs."""


class Orphans:
    """The last charges with nothing above them, bounded; it needs no lock, as adding one is atomic."""

    def __init__(self) -> None:
        self._charges: deque[Charge] = deque(maxlen=_MOST)

    def add(self, charge: Charge) -> None:
        """Remember a charge that nothing known lies above."""
        self._charges.append(charge)

    def are_summed_by(self, claim: Charge) -> bool:
        """Tell whether what an agent says it used is the sum of such calls, of its trace and within its time."""
        input_ = output = 0
        for charge in self._charges.copy():
            if (
                charge.trace_id == claim.trace_id
                and claim.start_ns <= charge.start_ns
                and charge.end_ns <= claim.end_ns
                and not charge.is_void
            ):
                input_ += charge.amounts.input
                output += charge.amounts.output
        return (input_, output) == (claim.amounts.input, claim.amounts.output)
