"""Spans of the past through the engine: each process of the past has one of its own, as it had when it lived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heappop, heappush
from itertools import chain
from typing import TYPE_CHECKING, Final

from spancost.budgets import Budgets
from spancost.engine import Engine
from spancost.ledger.otlp.across import Across, Root
from spancost.ledger.otlp.processes import Processes
from spancost.ledger.otlp.spans import Span

if TYPE_CHECKING:
    from spancost.calls import Attributes
    from spancost.engine import Pricer
    from spancost.outcome import Outcome

__all__ = ["Replay"]

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
        """Spans that have started and ended."""
        self.processes = Processes(self._new_engine)
        self._across = Across()
        self.who = self._new_engine().who
        """The attribution keys whose values charges have, and the attributes these are read from."""

    def outcomes(self, spans: Iterable[Span]) -> Iterator[tuple[Span, Outcome]]:
        """Yield what came of each span that is a record of a call, or an owner, as it ends."""
        # By their ends, and of those that end at once the one that started last first.
        waiting: list[tuple[int, int, Span, Engine, Root | None]] = []
        last: Attributes | None = None
        engine = self.processes.engine({}, 0)
        for count, span in enumerate(chain(spans, (_BEHIND_ALL,))):
            while waiting and waiting[0][0] < span[0]:
                self._now, _, ended, its, root = heappop(waiting)
                start, end, trace_id, span_id, parent_id, name, scope, attributes, resource, error = ended
                outcome = its.end(trace_id, span_id, parent_id, name, attributes, start, resource, scope, end, error)
                if outcome is not None:
                    yield ended, outcome
                    if outcome.aggregate is not None or outcome.corrections:
                        for elsewhere in self._across.charged(its, outcome):
                            yield ended, elsewhere
                if root is not None:
                    for elsewhere in self._across.ended(root):
                        yield ended, elsewhere
            if span is _BEHIND_ALL:
                self.played += count
                return
            self._now, end, trace_id, span_id, parent_id, name, scope, attributes, resource, _ = span
            if resource is not last:
                last, engine = resource, self.processes.engine(resource, self._now)
            node = engine.start(trace_id, span_id, parent_id, name, attributes, _held(attributes), None, scope)
            is_asked = parent_id is not None and node.parent is None
            root = self._across.began(engine, node, parent_id) if is_asked else None
            heappush(waiting, (end, -count, span, engine, root))

    def _clock(self) -> int:
        return self._now


def _held(attributes: Attributes) -> Callable[[], Attributes]:
    return lambda: attributes
