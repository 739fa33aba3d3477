"""Rows as CSV, which a spreadsheet may open."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable
from typing import Final

__all__ = ["write_csv"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that spreadsheets compute. https://owasp.org/www-community/attacks/CSV_Injection"""

_RFC_4180: Final = "\r\n"
"""Of whatever stands in it a cell with one is quoted: a return alone would begin another row in a spreadsheet."""

_MOVES: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What a terminal obeys; a tab and the ends of lines are text where a cell is quoted."""

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def write_csv(rows: Iterable[Iterable[object]]) -> None:
    """Print rows, the first of which names the columns.

    A text that a spreadsheet would take for a formula has a `'` before it, as one types it there: agents, users and
    models are called what whoever asks a program calls them. Numbers stay as they are, those in texts, too. Of what a
    terminal would obey stands the escape.
    """
    csv.writer(_Lines(), lineterminator=_RFC_4180).writerows([_cell(value) for value in row] for row in rows)


class _Lines:
    """Writes rows to standard output with the line's end that it has there."""

    def write(self, row: str) -> None:
        """Write one row."""
        sys.stdout.write(row.removesuffix(_RFC_4180) + "\n")


def _cell(value: object) -> object:
    if type(value) is not str:
        return value
    text = _MOVES.sub(_escaped, value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
