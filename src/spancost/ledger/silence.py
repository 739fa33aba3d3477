"""Agents that ran without a call that any span tells of: what they cost is not known, or known from them alone."""

from __future__ import annotations

from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from spancost.calls.bare import WRITER
from spancost.calls.dialects import Kind
from spancost.rollup.node import above

if TYPE_CHECKING:
    from spancost.outcome import Outcome
    from spancost.rollup import Charge

__all__ = ["ELSEWHERE", "NO_CALL", "OWN_WORD", "Quiet", "Silence", "quiet_of"]

NO_CALL: Final = "no_call"
"""Nothing tells what they used."""

ELSEWHERE: Final = "elsewhere"
"""They were asked in another service, where they are counted."""

OWN_WORD: Final = "own_word"
"""They are charged with what their own spans say, and no address tells whose process they ran in."""

_OWNERS: Final = (Kind.AGENT, Kind.WORKFLOW)
_HIGHEST: Final = 256


class Quiet(NamedTuple):
    """What agents without a call have in common."""

    reason: str
    instrumentation: str
    asked_at: str
    """The host where they were asked, of those elsewhere."""


def quiet_of(outcome: Outcome) -> Quiet | None:
    """Return why no call is known of an agent that ended, None where one is."""
    totals = outcome.totals
    if outcome.kind not in _OWNERS or totals is None or totals.calls:
        return None
    if outcome.is_elsewhere:
        return Quiet(ELSEWHERE, outcome.scope, outcome.asked_at)
    return Quiet(NO_CALL, outcome.scope, "")


class Silence:
    """Remembers the outermost agents and workflows that ended with no call below them, as many as it may.

    Each step on its dict and its set is atomic: no lock.
    """

    def __init__(self, most: int = 4_096) -> None:
        self._most = most
        self._silent: dict[tuple[int, int], Quiet] = {}
        # Those that asked an agent in another service: they may have no calls of their own.
        self._excused: set[tuple[int, int]] = set()
        # What agents said themselves; a call below one that is told later takes it back.
        self._claims: deque[Charge] = deque()
        self._counted = Counter[Quiet]()

    def take(self, outcome: Outcome) -> None:
        """Hear of an owner that ended, and of what came below one afterwards."""
        for correction in outcome.corrections:
            if correction.totals.calls:
                self._silent.pop((correction.trace_id, correction.span_id), None)
        said = outcome.aggregate
        # What a library wrote over another's span are no words of that one's.
        if said is not None and not outcome.asked_at and said.emitter is not WRITER:
            self._claim(said)
        quiet = quiet_of(outcome)
        if quiet is None:
            return
        # Of agents below an agent the outermost speaks: one that only passes work on has no calls of its own.
        *_, outermost = (span for span in above(outcome.node, _HIGHEST) if span.kind in _OWNERS)
        owner = outermost.trace_id, outermost.span_id
        if quiet.reason == ELSEWHERE:
            self._excuse(owner)
            self._remember((outcome.node.trace_id, outcome.node.span_id), quiet)
        elif outermost is outcome.node and owner not in self._excused:
            self._remember(owner, quiet)

    def counts(self) -> Counter[Quiet]:
        """Return how many there are of each kind."""
        claims = Counter(_said_by(claim) for claim in self._claims.copy() if not claim.is_void)
        return self._counted + claims + Counter(self._silent.copy().values())

    def _remember(self, owner: tuple[int, int], quiet: Quiet) -> None:
        self._silent[owner] = quiet
        for span in list(islice(self._silent, max(0, len(self._silent) - self._most))):
            self._counted[self._silent.pop(span)] += 1

    def _claim(self, charge: Charge) -> None:
        self._claims.append(charge)
        if len(self._claims) > self._most and not (oldest := self._claims.popleft()).is_void:
            self._counted[_said_by(oldest)] += 1

    def _excuse(self, owner: tuple[int, int]) -> None:
        if (quiet := self._silent.get(owner)) is not None and quiet.reason == NO_CALL:
            self._silent.pop(owner, None)
        if len(self._excused) >= self._most:
            self._excused.clear()
        self._excused.add(owner)


def _said_by(claim: Charge) -> Quiet:
    return Quiet(OWN_WORD, claim.emitter.scope, "")
