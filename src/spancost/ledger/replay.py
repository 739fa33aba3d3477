"""Spans of the past through the engine: each process of the past has one of its own, as it had when it lived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from spancost.budgets import Budgets
from spancost.engine import Engine

if TYPE_CHECKING:
    from spancost.calls import Attributes
    from spancost.engine import Pricer
    from spancost.ledger.spans import Resources, Span
    from spancost.outcome import Outcome

__all__ = ["Replay"]

_PROCESS: Final = ("host.name", "container.id", "k8s.pod.uid", "process.pid")
_INSTANCE: Final = ("service.namespace", "service.name", "service.instance.id")

_MOST_ENGINES: Final = 1_024
"""Processes followed at once; the one heard of least recently begins anew where it is heard of again."""


class Replay:
    """Plays spans, sorted by start, as their processes saw them start and end."""

    def __init__(
        self,
        pricer: Pricer,
        resources: Resources,
        *,
        keys: tuple[str, ...] = (),
        attribution: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._resources = resources
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
        self._engines: dict[tuple[object, ...], Engine] = {}
        self.who = self._new_engine().who
        """The attribution keys whose values charges have, and the attributes these are read from."""

    def outcomes(self, spans: Iterable[Span]) -> Iterator[tuple[Span, Outcome]]:
        """Yield what came of each span that is a record of a call, or an owner, as it ends."""
        # A span's end, and of those that end at once the one that started last first.
        waiting: list[tuple[int, int, int, Span, Engine]] = []
        resources = self._resources
        last, engine = -1, None
        count = 0
        for count, span in enumerate(spans, 1):
            start, end, trace_id, span_id, parent_id, name, scope, attributes, resource, _ = span
            while waiting and waiting[0][0] < start:
                ended = heappop(waiting)
                outcome = self._end(ended)
                if outcome is not None:
                    yield ended[3], outcome
            self._now = start
            if engine is None or resource != last:
                last, engine = resource, self._engine(resources[resource])
            engine.start(trace_id, span_id, parent_id, name, attributes, _held(attributes), None, scope)
            heappush(waiting, (end, -start, -count, span, engine))
        self.played += count
        while waiting:
            ended = heappop(waiting)
            outcome = self._end(ended)
            if outcome is not None:
                yield ended[3], outcome

    def _end(self, waiting: tuple[int, int, int, Span, Engine]) -> Outcome | None:
        self._now, _, _, span, engine = waiting
        start, end, trace_id, span_id, parent_id, name, scope, attributes, resource, error = span
        return engine.end(
            trace_id, span_id, parent_id, name, attributes, start, self._resources[resource], scope, end, error
        )

    def _engine(self, resource: Attributes) -> Engine:
        process = tuple(map(resource.get, _PROCESS))
        if resource.get("process.pid") is None:
            process = (*process, *map(resource.get, _INSTANCE))
        engine = self._engines.pop(process, None)
        if engine is None:
            engine = self._new_engine()
            while len(self._engines) >= _MOST_ENGINES:
                del self._engines[next(iter(self._engines))]
        self._engines[process] = engine
        return engine

    def _clock(self) -> int:
        return self._now


def _held(attributes: Attributes) -> Callable[[], Attributes]:
    return lambda: attributes
