"""Spans of the past through the engine: each process of the past has one of its own, as it had when it lived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heappop, heappush
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from spancost.budgets import Budgets
from spancost.engine import Engine
from spancost.ledger.otlp.spans import HOST, INSTANCE, PID, Span

if TYPE_CHECKING:
    from spancost.calls import Attributes
    from spancost.engine import Pricer
    from spancost.outcome import Outcome

__all__ = ["Replay"]

_MOST_ENGINES: Final = 1_024
"""Processes followed at once; the one heard of least recently begins anew where it is heard of again."""

_SILENT_NS: Final = 3600 * 10**9
_LOOKED_AT: Final = 16
"""Processes that are asked whether they can be let go when a new one begins."""

_BEHIND_ALL: Final = Span(1 << 64, 1 << 64, 0, 0, None, "", "", {}, {}, None)
"""Starts when all others have ended, and is not played."""


class Replay:
    """Plays spans, sorted by start, as their processes saw them start and end."""

    def __init__(
        self,
        pricer: Pricer,
        *,
        keys: tuple[str, ...] = (),
        attribution: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._new_engine: Callable[[], Engine] = lambda: Engine(
            pricer,
            Budgets((), None, self._clock),
            dimensions=keys,
            attribution=attribution,
            clock=self._clock,
        )
        self._now = 0
        self.played = 0
        """Spans that have started."""
        # Each with when it was last heard of, the one heard of least recently first.
        self._engines: dict[tuple[object, ...], tuple[Engine, int]] = {}
        self.who = self._new_engine().who
        """The attribution keys whose values charges have, and the attributes these are read from."""

    def outcomes(self, spans: Iterable[Span]) -> Iterator[tuple[Span, Outcome]]:
        """Yield what came of each span that is a record of a call, or an owner, as it ends."""
        # By their ends, and of those that end at once the one that started last first.
        waiting: list[tuple[int, int, Span, Engine]] = []
        last: Attributes | None = None
        engine = self._engine({})
        for count, span in enumerate(chain(spans, (_BEHIND_ALL,))):
            while waiting and waiting[0][0] < span[0]:
                self._now, _, ended, its = heappop(waiting)
                start, end, trace_id, span_id, parent_id, name, scope, attributes, resource, error = ended
                outcome = its.end(trace_id, span_id, parent_id, name, attributes, start, resource, scope, end, error)
                if outcome is not None:
                    yield ended, outcome
            if span is _BEHIND_ALL:
                return
            self._now, end, trace_id, span_id, parent_id, name, scope, attributes, resource, _ = span
            if resource is not last:
                last, engine = resource, self._engine(resource)
            engine.start(trace_id, span_id, parent_id, name, attributes, _held(attributes), None, scope)
            heappush(waiting, (end, -count, span, engine))
            self.played += 1

    def _engine(self, resource: Attributes) -> Engine:
        process = (resource.get(PID), *map(resource.get, HOST))
        if process[0] is None or process.count(None) == len(HOST):
            # A number alone tells no processes apart: in containers many are the first.
            process = (*process, *map(resource.get, INSTANCE))
        known = self._engines.pop(process, None)
        if known is None:
            self._make_room()
        engine = self._new_engine() if known is None else known[0]
        self._engines[process] = engine, self._now
        return engine

    def _make_room(self) -> None:
        """Let go of processes that are silent and have no span open, and of the most silent where they are too many."""
        engines = self._engines
        for process in list(islice(engines, _LOOKED_AT)):
            engine, heard = engines[process]
            if len(engines) >= _MOST_ENGINES or (heard < self._now - _SILENT_NS and not len(engine.tree)):
                del engines[process]

    def _clock(self) -> int:
        return self._now


def _held(attributes: Attributes) -> Callable[[], Attributes]:
    return lambda: attributes
