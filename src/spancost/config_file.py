"""The TOML file -> budgets, prices and attribution; each problem with the line and key it stands at."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import Any, Final, TypeVar, cast

from spancost.budgets import Budget, parse_tables
from spancost.calls.who import NAMES
from spancost.errors import MOST_PROBLEMS, ConfigError, Problem, nearest, shown
from spancost.pricing.overrides import Override
from spancost.pricing.overrides import parse as parse_prices
from spancost.toml_lines import line_of, lines_of

__all__ = ["File", "read_bytes", "read_file"]

Part = TypeVar("Part")

_MOST_BYTES: Final = 4 * 2**20
_TABLES: Final = ("attribution", "budget", "price")


@dataclass(frozen=True, slots=True)
class File:
    """What the TOML file says; each of its parts that is right counts, each that is wrong is a problem."""

    budgets: tuple[Budget, ...] = ()
    prices: tuple[Override, ...] = ()
    attribution: Mapping[str, tuple[str, ...]] | None = None
    """Attribution key -> attribute names asked before ours."""
    problems: tuple[Problem, ...] = ()


def read_file(path: str, zone: tzinfo, read: Callable[[str], bytes], asked: frozenset[str] | None) -> File:
    """Read the file.

    `asked` are the attribution keys that the environment's budgets and dimensions ask for, None where it isn't known.
    """
    try:
        text = _text(path, read)
        tables = _parsed(path, text)
    except ConfigError as fault:
        return File(problems=tuple(_placed(fault.problems, path, {})))
    problems: list[Problem] = []

    def attempt(parse: Callable[[], Part], otherwise: Part) -> Part:
        try:
            return parse()
        except ConfigError as fault:
            problems.extend(fault.problems)
            return otherwise

    attempt(lambda: _check_tables(tables, path), None)
    budgets = attempt(lambda: parse_tables(_list(tables, "budget", path), path, zone), None)
    prices = attempt(lambda: parse_prices(_list(tables, "price", path), path), ())
    attribution = attempt(lambda: _attribution(tables, path), None)
    if attribution and budgets is not None and asked is not None:
        problems += _without_effect(attribution, asked | {budget.scope for budget in budgets}, path)
    # The lines are looked for only where something is wrong.
    placed = _placed(problems, path, lines_of(text)) if problems else ()
    return File(budgets or (), prices, attribution, tuple(placed))


def read_bytes(path: str) -> bytes:
    """Return what stands in a file, and no more than a byte beyond what is read of it.

    Raises ValueError where it is no regular file: a pipe or a terminal would hold up the start of the program.
    """
    if not S_ISREG(Path(path).stat().st_mode):
        raise ValueError("not a regular file")
    with Path(path).open("rb") as file:
        return file.read(_MOST_BYTES + 1)


def _placed(problems: Sequence[Problem], path: str, lines: Mapping[str, int]) -> Iterator[Problem]:
    """Yield problems with the file and line they stand at, in the order of the file."""
    placed = [
        replace(each, file=path, line=each.line if each.line is not None else line_of(each.key, lines))
        for each in problems
    ]
    yield from sorted(placed, key=lambda each: each.line or 0)


def _text(path: str, read: Callable[[str], bytes]) -> str:
    def wrong(message: str, remedy: str, line: int | None = None) -> ConfigError:
        return ConfigError([Problem("SPANCOST_CONFIG", f"{path}: {message}", remedy, line=line)])

    try:
        content = read(path)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        raise wrong(f"can't be read ({reason})", "name a TOML file in SPANCOST_CONFIG or take it out") from fault
    if len(content) > _MOST_BYTES:
        raise wrong(f"is over {_MOST_BYTES} bytes", "name the file of spancost's settings in SPANCOST_CONFIG")
    try:
        return content.decode()
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise wrong(f"is not TOML: no UTF-8 in line {line}", "save it as UTF-8", line) from fault


def _parsed(path: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as fault:
        message, remedy = "nested too deeply", "write tables as docs/configuration.md shows them"
        # Where the parser gave up it doesn't say; what is nested so deeply stands in the longest line, mostly.
        line = 1 + max(enumerate(text.split("\n")), key=lambda numbered: len(numbered[1]))[0]
        raise ConfigError([Problem("SPANCOST_CONFIG", f"{path}: is not TOML: {message}", remedy, line=line)]) from fault
    except ValueError as fault:
        found = re.search(r"\bline (\d+)", str(fault))
        line = int(found[1]) if found else text.count("\n") + 1
        remedy = f"correct line {line}: texts stand in quotes, a table's name in brackets, a key once"
        raise ConfigError([Problem("SPANCOST_CONFIG", f"{path}: is not TOML: {fault}", remedy, line=line)]) from fault


def _check_tables(tables: Mapping[str, Any], where: str) -> None:
    """Raise ConfigError naming every table that nobody reads: one of them may be a budget."""
    problems: list[Problem] = []
    for name in islice((name for name in tables if name not in _TABLES), MOST_PROBLEMS):
        near = nearest(name, _TABLES)
        remedy = f"write {near}" if near else f"take it out: the tables are {', '.join(_TABLES)}"
        problems.append(Problem(name, f"{where}: unknown table {shown(name)}", remedy))
    if problems:
        raise ConfigError(problems)


def _list(tables: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, object]]:
    value: object = tables.get(key, [])
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in cast("list[object]", value)):
        message = f"{where}: {key} must be a list of tables, got {shown(cast('object', value))}"
        raise ConfigError([Problem(key, message, f"write each {key} as a table of its own: [[{key}]]")])
    return cast("list[Mapping[str, object]]", value)


def _attribution(tables: Mapping[str, Any], where: str) -> Mapping[str, tuple[str, ...]] | None:
    value = tables.get("attribution")
    if value is None:
        return None
    if not isinstance(value, dict):
        message = f"{where}: attribution must be a table, got {shown(value)}"
        raise ConfigError([Problem("attribution", message, 'write [attribution], and below it user = ["crm.user"]')])
    right: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for key, told in cast("dict[str, object]", value).items():
        found = shown(told)
        names = cast("list[object]", told) if isinstance(told, list) else []
        if names and all(isinstance(name, str) and name for name in names):
            right[key] = tuple(cast("list[str]", names))
        else:
            message = f"{where}: attribution: {shown(key)} must be a list of attribute names, got {found}"
            remedy = 'write them in brackets, each in quotes, such as ["crm.user"], or take the key out'
            problems.append(Problem(f"attribution.{key}", message, remedy))
            if len(problems) >= MOST_PROBLEMS:
                break
    if problems:
        raise ConfigError(problems)
    return right


def _without_effect(attribution: Mapping[str, object], asked: frozenset[str], where: str) -> Iterator[Problem]:
    """Yield a warning for each key of the user's own that no budget and no dimension asks for: it may be misspelt."""
    for key in islice((key for key in attribution if key not in NAMES and key not in asked), MOST_PROBLEMS):
        near = nearest(key, (*NAMES, *sorted(asked)))
        meant = f"write {near} if that is meant" if near else "take it out"
        message = f"{where}: attribution: {shown(key)} has no effect: no budget and no dimension asks for it"
        remedy = f"{meant}, or name it as a budget's scope or in SPANCOST_DIMENSIONS"
        yield Problem(f"attribution.{key}", message, remedy, is_error=False)
