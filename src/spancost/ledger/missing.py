"""Calls of which something is not known: their amount, all of it, or what exactly they used."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from spancost.outcome import Outcome
    from spancost.rollup import Charge

__all__ = [
    "ESTIMATED",
    "GUESSED",
    "ORDER",
    "PARTIAL",
    "UNPRICED",
    "UNSPLIT",
    "Lacking",
    "Missing",
    "count",
    "missing_of",
]

UNPRICED: Final = "unpriced"
"""There is no amount."""

PARTIAL: Final = "partial"
"""The amount is a lower bound."""

ESTIMATED: Final = "estimated"
"""The amount is whole, of usage that may be a guess."""

UNSPLIT: Final = "unsplit"
"""The amount takes cached tokens, which cost less or more, for others: how many there were isn't told."""

ORDER: Final = (UNPRICED, PARTIAL, ESTIMATED, UNSPLIT)
"""What is least known comes first."""

GUESSED: Final = "guessed_usage"
"""Why it is estimated: the instrumentation may have counted the tokens itself."""

_OTHER: Final = "_other"

_MOST_KINDS: Final = 1_000
"""Kinds of calls that are told apart."""


class Missing(NamedTuple):
    """What calls have in common of which the same is not known."""

    status: str
    """`unpriced`, `partial`, `estimated` or `unsplit`: the first of these that a call is."""
    reason: str
    provider: str
    model: str
    instrumentation: str
    """The scope that told of them first."""


def missing_of(charge: Charge) -> Missing | None:
    """Return what is not known of a charge, None where all is, or where it was taken back."""
    if charge.amount is None:
        status, reason = UNPRICED, charge.reason
    elif charge.status == PARTIAL:
        status, reason = PARTIAL, charge.reason
    elif charge.call.estimated:
        status, reason = ESTIMATED, GUESSED
    elif charge.reason:
        status, reason = UNSPLIT, charge.reason
    else:
        return None
    call = charge.call
    return None if charge.is_void else Missing(status, reason, call.provider, call.request_model, charge.emitter.scope)


def count(missing: Counter[Missing], kind: Missing, calls: int = 1) -> None:
    """Count calls of a kind, and those of one too many as others of that reason."""
    if kind not in missing and len(missing) >= _MOST_KINDS:
        kind = Missing(kind.status, kind.reason, _OTHER, _OTHER, _OTHER)
    missing[kind] += calls


class Lacking:
    """Remembers calls of which something was not known when they were counted: later records may know better.

    Of more than it may remember the first are counted as they stand. Each step on its deque is atomic: no lock.
    """

    def __init__(self, most: int = 5_000) -> None:
        self._most = most
        self._charges: deque[Charge] = deque()
        self._counted = Counter[Missing]()

    def take(self, outcome: Outcome) -> None:
        """Hear of a call that was counted, or of what an agent says of its calls."""
        charge = outcome.charge or outcome.aggregate
        if charge is None or missing_of(charge) is None:
            return
        self._charges.append(charge)
        if len(self._charges) > self._most:
            first = self._charges.popleft()
            if (kind := missing_of(first)) is not None:
                count(self._counted, kind, first.amounts.calls)

    def counts(self) -> Counter[Missing]:
        """Return how many calls there are of each kind."""
        told = self._counted.copy()
        for charge in self._charges.copy():
            if (kind := missing_of(charge)) is not None:
                count(told, kind, charge.amounts.calls)
        return told
