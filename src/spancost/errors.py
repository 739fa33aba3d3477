"""What can go wrong with what a user tells us, and how it is said.

SpancostError
 ├── ConfigError      a wrong environment variable, file or budget
 ├── LedgerError      a ledger that isn't there, or can't be read or written
 │    └── DamagedLedgerError   one that is no whole database any more
 └── SpillError       spans that memory can't hold, and the disk neither
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = [
    "MOST_PROBLEMS",
    "ConfigError",
    "DamagedLedgerError",
    "LedgerError",
    "Problem",
    "SpancostError",
    "SpillError",
    "nearest",
    "shown",
]

MOST_PROBLEMS: Final = 50
"""Problems of one part of a file that are looked into and told; one with more is a file of something else."""

_LONGEST: Final = 80
"""Characters quoted of what a user wrote."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the settings."""

    key: str
    """The variable, or the table and key of the file, such as `budget[0].limit`."""
    message: str
    """What is wrong, and where."""
    remedy: str
    """What to write instead."""
    is_error: bool = True
    """A wrong file or budget; else a wrong variable, for which the default stands, or a key without effect."""
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}"


class SpancostError(Exception):
    """Base of every error spancost raises on purpose."""


class ConfigError(SpancostError):
    """Settings that can't be used: what each problem is, where it stands and what to write instead."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class LedgerError(SpancostError):
    """A ledger that isn't there, or can't be read or written: which file, why, and what to do."""


class DamagedLedgerError(LedgerError):
    """A ledger that is no whole database any more."""


class SpillError(SpancostError):
    """Spans that memory can't hold have no room on disk: in which folder, why, and what to do."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the one of the known words that may have been meant, None where none is near."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word[:_LONGEST], known, 1)), None)


def shown(value: object) -> str:
    """Return what a user wrote as a message quotes it, however long it is."""
    try:
        return f"{value!r:.{_LONGEST}}"
    except ValueError:
        return "a number of thousands of digits"  # more than Python prints
