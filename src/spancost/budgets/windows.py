"""Calendar windows that spend is counted in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

__all__ = ["KINDS", "Window", "window_at"]

KINDS: Final = ("day", "month")
"""Kinds of window a limit may count over."""

_SECOND: Final = 10**9


@dataclass(frozen=True, slots=True)
class Window:
    """From its first nanosecond to the one before the next window's first."""

    kind: str
    start_ns: int
    end_ns: int

    @property
    def start(self) -> datetime:
        """The first moment, in UTC."""
        return datetime.fromtimestamp(self.start_ns / _SECOND, UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it, in UTC."""
        return datetime.fromtimestamp(self.end_ns / _SECOND, UTC)

    def holds(self, now_ns: int) -> bool:
        """Tell whether the moment lies within."""
        return self.start_ns <= now_ns < self.end_ns

    def forecast(self, usage: int, now_ns: int) -> int:
        """Return the usage at the window's end if it goes on as it has so far.

        In the first hundredth of the window too little has passed to say: it is taken as passed.
        """
        length = self.end_ns - self.start_ns
        passed = min(max(now_ns - self.start_ns, length // 100), length)
        return usage * length // passed


def window_at(kind: str, zone: tzinfo, now_ns: int) -> Window:
    """Return the window of this kind that holds the moment, by the calendar and clock of the zone.

    A day has 23 or 25 hours where the clock changes; a month has its own length.
    """
    local = datetime.fromtimestamp(now_ns // _SECOND, zone)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if kind == "month":
        start = start.replace(day=1)
        end = (start + timedelta(days=32)).replace(day=1)
    else:
        # Wall-clock arithmetic: the next midnight, however many hours away.
        end = start + timedelta(days=1)
    return Window(kind, _epoch_ns(start), _epoch_ns(end))


def _epoch_ns(moment: datetime) -> int:
    return int(moment.timestamp()) * _SECOND
