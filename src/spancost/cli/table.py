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

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def write_csv(rows: Iterable[Iterable[object]]) -> None:
    """Print rows, the first of which names the columns.

    A text that a spreadsheet would take for a formula has a `'` before it, as one types it there: agents, users and
    models are called what whoever asks a program calls them. Numbers stay as they are, those in texts, too.
    """
    csv.writer(_Lines(), lineterminator=_RFC_4180).writerows([_cell(value) for value in row] for row in rows)


class _Lines:
    """Writes rows to standard output with the line's end that it has there."""

    def write(self, row: str) -> None:
        """Write one row."""
        sys.stdout.write(row.removesuffix(_RFC_4180) + "\n")


def _cell(value: object) -> object:
    if type(value) is str and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
