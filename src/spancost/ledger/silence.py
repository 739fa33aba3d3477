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

    Each step on its dict is atomic: no lock.
    """

    def __init__(self, most: int = 4_096) -> None:
        self._most = most
        self._scopes: dict[tuple[int, int], str] = {}
        self._forgotten = Counter[str]()

    def take(self, outcome: Outcome) -> None:
        """Hear of an owner that ended, and of what came below one afterwards."""
        for correction in outcome.corrections:
            if correction.totals.calls:
                self._scopes.pop((correction.trace_id, correction.span_id), None)
        totals = outcome.totals
        if outcome.kind not in _OWNERS or totals is None or totals.calls:
            return
        node = outcome.node
        # Of agents below an agent the outermost speaks: one that only passes work on has no calls of its own.
        if any(span.kind in _OWNERS for span in above(node.parent, _HIGHEST)):
            return
        self._scopes[node.trace_id, node.span_id] = outcome.scope
        for span in list(islice(self._scopes, max(0, len(self._scopes) - self._most))):
            self._forgotten[self._scopes.pop(span)] += 1

    def counts(self) -> Counter[str]:
        """Return how many there are of each instrumentation."""
        return self._forgotten + Counter(self._scopes.copy().values())
