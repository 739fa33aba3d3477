"""The processes of the past: an engine each, held while it has a span open and for a while after."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Final

from spancost.ledger.otlp.wanted import HOST, INSTANCE, PID

if TYPE_CHECKING:
    from spancost.calls import Attributes
    from spancost.engine import Engine

__all__ = ["MOST_OPEN", "Processes"]

MOST_OPEN: Final = 16_384
"""Processes followed at once, of some 20 kB each; those that begin beyond are counted as one."""

_MOST_CLOSED: Final = 4_096
"""Processes followed at once before those are let go that have no span open."""

_SILENT_NS: Final = 3600 * 10**9
_LOOKED_AT: Final = 16
"""Processes that are asked whether they can be let go when a new one begins."""


class Processes:
    """Finds the engine of a process. One that has a span open is never let go: it would count its calls anew."""

    def __init__(
        self, new_engine: Callable[[], Engine], most_open: int = MOST_OPEN, most_closed: int = _MOST_CLOSED
    ) -> None:
        self._new_engine = new_engine
        self._most_open = most_open
        self._most_closed = most_closed
        # Each with when it was last heard of, or seen open: the one of the longest ago first.
        self._engines: dict[tuple[object, ...], tuple[Engine, int]] = {}
        # Of all that there is no room for: spans find theirs in it by their ids, but twins without ids may be confused.
        self._crowd = new_engine()
        self.crowded = False
        """Whether there was ever no room for one."""

    def __len__(self) -> int:
        return len(self._engines)

    def engine(self, resource: Attributes, now: int) -> Engine:
        """Return the engine of the process that a resource tells of, which is heard of now."""
        process = (resource.get(PID), *map(resource.get, HOST))
        if process[0] is None or process.count(None) == len(HOST):
            # A number alone tells no processes apart: in containers many are the first.
            process = (*process, *map(resource.get, INSTANCE))
        known = self._engines.pop(process, None)
        if known is None:
            self._make_room(now)
            # As long as one of the crowd has a span open it isn't known which of them they are.
            if len(self._engines) >= self._most_open or len(self._crowd.tree):
                self.crowded = True
                return self._crowd
        engine = self._new_engine() if known is None else known[0]
        self._engines[process] = engine, now
        return engine

    def _make_room(self, now: int) -> None:
        """Let go of some that have no span open and are silent for long, or the most silent where they are many."""
        engines = self._engines
        many = len(engines) >= self._most_closed
        for process in list(islice(engines, _LOOKED_AT)):
            engine, heard = engines[process]
            if len(engine.tree):
                # It goes to the end, so that the next look falls on others.
                del engines[process]
                engines[process] = engine, now
            elif many or heard < now - _SILENT_NS:
                del engines[process]
