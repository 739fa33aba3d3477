"""What time it is for rows that may be too old, where a clock may be wrong."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Ageing"]


class Ageing:
    """Tells a process the time by which it may judge its own rows, and that for those of others.

    A clock that is ahead makes nothing old: of its own clock a process believes no more than the time that it has seen
    pass (`elapsed`, which nobody sets), and of the others' rows no more than what others have told last and the time
    since then. It is used by one thread. Times are ns since the epoch.
    """

    def __init__(self, clock: Callable[[], int], elapsed: Callable[[], int]) -> None:
        self._clock = clock
        self._elapsed = elapsed
        self._began = clock()
        self._began_at = elapsed()
        # As of the beginning.
        self._others: int | None = None

    def own(self) -> int:
        """Return the time for the process's own rows."""
        return min(self._clock(), self._began + self._passed())

    def others(self, told: int | None) -> int:
        """Return the time for the rows of others, the last of which told this one; 0 where none ever has."""
        passed = self._passed()
        if told is not None and (self._others is None or told - passed > self._others):
            self._others = told - passed
        return 0 if self._others is None else min(self.own(), self._others + passed)

    def _passed(self) -> int:
        return self._elapsed() - self._began_at
