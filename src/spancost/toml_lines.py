"""At which line of a TOML file each table and key stands: the parser doesn't tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["line_of", "lines_of"]

_NAME: Final = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_PATH: Final = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_PATH})\s*\]")
_PAIR: Final = re.compile(rf"\s*({_PATH})\s*=")
_NAMES: Final = re.compile(_NAME)
_TOKEN: Final = re.compile(r"""\"{3}|'{3}|"(?:[^"\\]|\\.)*"|'[^']*'|#.*""")
_QUOTES: Final = ('"""', "'''")


def lines_of(text: str) -> Mapping[str, int]:
    """Return the first line of each table and key, counted from 1.

    They are called as `budget[0]`, `budget[0].limit`, `attribution`, `attribution.user`. It is for telling, and for
    files that TOML's parser has read: what stands inside an inline table or array has the line where that begins.
    """
    lines: dict[str, int] = {}
    tables: Counter[str] = Counter()
    table = ""
    for number, line in _statements(text):
        if header := _HEADER.match(line):
            brackets, path = header.groups()
            first, *rest = _names(path)
            if brackets == "[[" and not rest:
                table = f"{first}[{tables[first]}]"
                tables[first] += 1
            elif tables[first]:
                table = ".".join((f"{first}[{tables[first] - 1}]", *rest))
            else:
                table = ".".join((first, *rest))
            lines.setdefault(table, number)
        elif pair := _PAIR.match(line):
            told = table
            for name in _names(pair[1]):
                told = f"{told}.{name}" if told else name
                lines.setdefault(told, number)
    return lines


def line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of a key; where it doesn't stand, that of its table; None where neither does."""
    table = key.partition(".")[0]
    every = table.partition("[")[0]
    return next((lines[name] for name in (key, table, every, f"{every}[0]") if name in lines), None)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers, without those inside texts of many lines."""
    inside = ""
    for number, line in enumerate(text.split("\n"), 1):
        rest = line
        if inside:
            _, closed, rest = line.partition(inside)
            if not closed:
                continue
        else:
            yield number, line
        inside = _opened(rest)


def _opened(line: str) -> str:
    """Return the quotes of a text of many lines that a line begins and doesn't end, empty where there is none."""
    place = 0
    while token := _TOKEN.search(line, place):
        if token[0].startswith("#"):
            return ""
        place = token.end()
        if token[0] in _QUOTES:
            end = line.find(token[0], place)
            if end < 0:
                return token[0]
            place = end + len(token[0])
    return ""


def _names(path: str) -> list[str]:
    return [name[1:-1] if name[0] in "\"'" else name for name in _NAMES.findall(path)]
