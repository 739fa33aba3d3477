"""Processes tell each other, within a trace, what a local root has used that a span of another one asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from spancost.engine import Engine
    from spancost.outcome import Outcome

__all__ = ["Across"]

_TRACES: Final = 4_096
"""Traces remembered that go through several processes, or may."""

_ROOTS: Final = 1_024
"""Local roots remembered of one trace."""


class _Trace:
    """What is known of one trace."""

    __slots__ = ("claimants", "roots")

    def __init__(self) -> None:
        self.roots: list[tuple[Engine, int, int, int]] = []
        """Who told of a local root, the parent it has elsewhere, tokens of input and of output below it."""
        self.claimants: dict[Engine, int] = {}
        """Processes with an agent charged by its own word, and how many of the roots each has heard of."""


class Across:
    """The last traces in which an agent was charged by its own word, or a local root has a parent elsewhere."""

    def __init__(self, most: int = _TRACES) -> None:
        self._traces: dict[int, _Trace] = {}
        self._most = most

    def ended(self, engine: Engine, trace_id: int, parent_id: int | None, outcome: Outcome) -> Iterator[Outcome]:
        """Hear of a span that ended; yield what came of it in other processes, or in its own."""
        told = outcome.totals or (outcome.charge and outcome.charge.amounts)
        if outcome.aggregate is not None:
            trace = self._trace(trace_id)
            trace.claimants.setdefault(engine, 0)
            yield from _told(trace_id, trace, engine)
        elif parent_id is not None and outcome.node.parent is None and told and told.input + told.output:
            trace = self._trace(trace_id)
            if len(trace.roots) < _ROOTS:
                trace.roots.append((engine, parent_id, told.input, told.output))
            for claimant in trace.claimants:
                yield from _told(trace_id, trace, claimant)

    def _trace(self, trace_id: int) -> _Trace:
        trace = self._traces.get(trace_id)
        if trace is None:
            if len(self._traces) >= self._most:
                del self._traces[next(iter(self._traces))]
            trace = self._traces[trace_id] = _Trace()
        return trace


def _told(trace_id: int, trace: _Trace, claimant: Engine) -> Iterator[Outcome]:
    """Tell a process of the roots it has not heard of."""
    heard, trace.claimants[claimant] = trace.claimants[claimant], len(trace.roots)
    for teller, parent_id, input_, output in trace.roots[heard:]:
        if teller is not claimant:
            outcome = claimant.hear(trace_id, parent_id, input_, output)
            if outcome is not None:
                yield outcome
