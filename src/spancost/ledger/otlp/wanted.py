"""What is kept of a file: the attributes that counting reads, and each resource once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from spancost.calls.bare import is_of_answer
from spancost.calls.guesses import MEASURED, MESSAGES
from spancost.calls.kinds import SAYS_KIND
from spancost.calls.names import CALL_NAMES
from spancost.rollup.attribution import NAMES_OF_AGENTS

if TYPE_CHECKING:
    from spancost.calls import Who

__all__ = ["HOST", "INSTANCE", "PID", "Names", "Wanted", "wanted"]

HOST: Final = ("host.id", "host.name", "container.id", "k8s.pod.uid")
INSTANCE: Final = ("service.namespace", "service.name", "service.instance.id")
PID: Final = "process.pid"
"""What tells the processes of a resource apart, with the two above."""

_NAMES: Final = 8_192
"""Names of which it is remembered whether they are kept; of others it is found out each time."""

_MOST: Final = 1_024
"""Resources remembered, of one process each."""

_LONGEST: Final = 16_384
"""Bytes of one that is remembered: a thousand of any length would be a memory of any size."""


class Names(dict[str, str | None]):
    """Attribute name -> the same name, one object for all spans, whose hash is known; None where it isn't kept."""

    def __missing__(self, name: object) -> str | None:
        """Find out about a name that nobody has named yet: it may say what a span of an unknown product is."""
        if type(name) is not str:
            return None
        kept = intern(name) if name.endswith(SAYS_KIND) or is_of_answer(name) else None
        if len(self) < _NAMES:
            self[name] = kept
        return kept


class Wanted:
    """Names the attributes that are kept, and remembers the resources that were read; for one reading, and one thread.

    `asked` are read of every span, whatever else they are.
    """

    def __init__(self, names: Iterable[str], asked: frozenset[str] = frozenset()) -> None:
        # Interned: read back from disk, where spans may wait, a name is the one object again that is asked for.
        kept = [intern(name) for name in names]
        self._measured = Names((name, name) for name in kept)
        self._usual = Names((name, name) for name in kept if name not in MESSAGES or name in asked)
        self._resources: dict[bytes, dict[str, Any]] = {}

    def of(self, scope: str) -> Names:
        """Return the names of what is kept of an instrumentation's spans: of few it matters how long messages are."""
        return self._measured if scope in MEASURED else self._usual

    def resource(self, told: bytes, read: Callable[[bytes, Names], dict[str, Any]]) -> dict[str, Any]:
        """Return what is kept of a resource, one object for all that are told alike; it is read where it is new."""
        known = self._resources.get(told)
        if known is None:
            known = read(told, self._usual)
            if len(self._resources) >= _MOST:
                self._resources.clear()
            if len(told) <= _LONGEST:
                self._resources[told] = known
        return known


def wanted(who: Who) -> Wanted:
    """Return what is kept of spans and resources where charges are told apart by these keys."""
    names = CALL_NAMES.union(who.every_name, NAMES_OF_AGENTS, HOST, INSTANCE, (PID,))
    return Wanted(names, who.every_name)
