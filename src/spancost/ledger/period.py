"""Times as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["Period", "length_of", "moment_of", "period_of"]

_LENGTH: Final = re.compile(r"(\d{1,6})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_LARGEST: Final = 2**63 - 1
"""No time in ns is later."""

Period = tuple[int, int]
"""The first ns since the epoch, and the first one beyond."""


def length_of(text: str) -> timedelta:
    """Return a length of time; raises ValueError, which says what to write, where it is none."""
    told = _LENGTH.fullmatch(text.strip())
    if told is None:
        raise ValueError("a number and one of s, m, h, d, w, such as 24h")
    return timedelta(**{_UNITS[told[2]]: int(told[1])})


def moment_of(text: str) -> datetime:
    """Return a moment; raises ValueError, which says what to write, where it is none.

    Without a zone it is UTC's, as budgets' windows are.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("a time as in 2026-01-31 or 2026-01-31T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def period_of(now: datetime, last: timedelta | None, since: datetime | None, until: datetime | None) -> Period:
    """Return the period that is asked for: the later of two beginnings, and everything where none is told.

    Moments without a zone are in UTC.
    """
    begin = 0 if since is None else _since_epoch(since)
    if last is not None:
        begin = max(begin, _since_epoch(now) - _ns(last))
    return begin, _LARGEST if until is None else _since_epoch(until)


def _since_epoch(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0, _ns(aware - _EPOCH)), _LARGEST)


def _ns(length: timedelta) -> int:
    return (length.days * 86_400 + length.seconds) * 10**9 + length.microseconds * 1000
