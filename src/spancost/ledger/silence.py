"""Agents that ran without a model call that any span tells of: what they cost is not known, which is not nothing."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Kind
from spancost.rollup.node import above

if TYPE_CHECKING:
    from spancost.outcome import Outcome

__all__ = ["Silence"]

_OWNERS: Final = (Kind.AGENT, Kind.WORKFLOW)
_HIGHEST: Final = 256


class Silence:
    """Remembers the outermost agents and workflows that ended with no call below them, as many as it may.

    Each step on its dict and its set is atomic: no lock.
    """

    def __init__(self, most: int = 4_096) -> None:
        self._most = most
        self._scopes: dict[tuple[int, int], str] = {}
        # Those that asked an agent in another service: they may have no calls of their own.
        self._excused: set[tuple[int, int]] = set()
        self._forgotten = Counter[str]()

    def take(self, outcome: Outcome) -> None:
        """Hear of an owner that ended, and of what came below one afterwards."""
        for correction in outcome.corrections:
            if correction.totals.calls:
                self._scopes.pop((correction.trace_id, correction.span_id), None)
        totals = outcome.totals
        if outcome.kind not in _OWNERS or totals is None or totals.calls:
            return
        # Of agents below an agent the outermost speaks: one that only passes work on has no calls of its own.
        *_, outermost = (span for span in above(outcome.node, _HIGHEST) if span.kind in _OWNERS)
        owner = outermost.trace_id, outermost.span_id
        if outcome.is_elsewhere:
            self._excuse(owner)
        elif outermost is outcome.node and owner not in self._excused:
            self._remember(owner, outcome.scope)

    def counts(self) -> Counter[str]:
        """Return how many there are of each instrumentation."""
        return self._forgotten + Counter(self._scopes.copy().values())

    def _remember(self, owner: tuple[int, int], scope: str) -> None:
        self._scopes[owner] = scope
        for span in list(islice(self._scopes, max(0, len(self._scopes) - self._most))):
            self._forgotten[self._scopes.pop(span)] += 1

    def _excuse(self, owner: tuple[int, int]) -> None:
        self._scopes.pop(owner, None)
        if len(self._excused) >= self._most:
            self._excused.clear()
        self._excused.add(owner)
