"""Environment and one TOML file -> one frozen Config; every problem found is named.

A wrong variable is one warning and the default (OpenTelemetry's rule); a wrong file or budget is an error, and then
there are no budgets rather than some.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spancost.budgets import Budget, parse_line, parse_tables
from spancost.errors import ConfigError
from spancost.pricing.overrides import Override
from spancost.pricing.overrides import parse as parse_prices

__all__ = ["VARIABLES", "Config", "Problem", "load"]

Part = TypeVar("Part")

_MOST_BYTES: Final = 4 * 2**20
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_CONSOLES: Final = ("off", "summary", "tree")
_LATER: Final = ("ENFORCE", "STORE", "FAIL", "LEDGER", "SAMPLER", "HASH_USERS")
VARIABLES: Final = frozenset(
    {
        "DISABLED", "CONFIG", "BUDGETS", "TIMEZONE", "DIMENSIONS", "CONSOLE", "FRAMEWORKS", "STRICT",
        "OPERATION_COST", "LOG_LEVEL", *_LATER,
    }
)  # fmt: skip
"""Names after `SPANCOST_`, those of later versions included."""

_TABLES: Final = frozenset({"budget", "price", "attribution"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the settings."""

    key: str
    """The variable, or the table and key of the file."""
    message: str
    is_error: bool
    """A wrong file or budget; else a wrong variable, for which the default stands."""
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting, as it stands for the whole life of the process."""

    disabled: bool = False
    budgets: tuple[Budget, ...] = ()
    prices: tuple[Override, ...] = ()
    attribution: Mapping[str, tuple[str, ...]] | None = None
    """Attribution key -> attribute names asked before ours."""
    dimensions: tuple[str, ...] = ()
    console: str = "off"
    frameworks: tuple[str, ...] | None = None
    """Frameworks whose own telemetry is switched on; None is every one we know, empty is none."""
    strict: bool = False
    operation_cost: bool = False
    log_level: str | None = None
    problems: tuple[Problem, ...] = ()


def load(environ: Mapping[str, str], read: Callable[[str], bytes] | None = None) -> Config:
    """Read the settings; never raises, whatever they hold: see `Config.problems`."""
    problems: list[Problem] = []

    def told(name: str) -> str:
        return environ.get(f"SPANCOST_{name}", "").strip()

    def warn(name: str, message: str) -> None:
        problems.append(Problem(f"SPANCOST_{name}", f"SPANCOST_{name}: {message}", is_error=False))

    def boolean(name: str) -> bool:
        value = told(name).lower()
        if value not in ("", "true", "false"):
            warn(name, f"must be true or false, got {told(name)!r}; taken as false")
        return value == "true"

    def one_of(name: str, allowed: tuple[str, ...], default: str) -> str:
        value = told(name)
        for choice in allowed:
            if value.lower() == choice.lower():
                return choice
        if value:
            warn(name, f"must be one of {', '.join(allowed)}, got {value!r}; taken as {default or 'unset'}")
        return default

    for name in sorted(environ):
        if name.startswith("SPANCOST_") and name.removeprefix("SPANCOST_") not in VARIABLES and "_TEST_" not in name:
            warn(name.removeprefix("SPANCOST_"), "there is no such setting; see docs/configuration.md")
    for name in _LATER:
        if told(name) and told(name).lower() not in ("off", "false", "open"):
            warn(name, "is not in this version and has no effect")
    zone: tzinfo = UTC
    if told("TIMEZONE"):
        try:
            zone = ZoneInfo(told("TIMEZONE"))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            warn(
                "TIMEZONE",
                f"no time zone {told('TIMEZONE')!r} here; taken as UTC. Names are like Europe/Berlin; where the system "
                "has no zones, install tzdata",
            )
    file, faults = _file(told("CONFIG"), zone, read or _read)
    budgets = file.budgets
    try:
        budgets += _apart(parse_line(told("BUDGETS"), zone), file.budgets, told("CONFIG"))
    except ConfigError as fault:
        faults += [Problem("SPANCOST_BUDGETS", line, is_error=True) for line in str(fault).split("\n")]
    return Config(
        disabled=boolean("DISABLED"),
        # Rather none than some: whoever asked for a budget must not run with half of it.
        budgets=() if faults else budgets,
        prices=file.prices,
        attribution=file.attribution,
        dimensions=_names(told("DIMENSIONS")),
        console=one_of("CONSOLE", _CONSOLES, "off"),
        frameworks=_frameworks(told("FRAMEWORKS")),
        strict=boolean("STRICT"),
        operation_cost=boolean("OPERATION_COST"),
        log_level=one_of("LOG_LEVEL", _LEVELS, "") or None,
        problems=(*problems, *faults),
    )


def _apart(budgets: tuple[Budget, ...], others: tuple[Budget, ...], where: str) -> tuple[Budget, ...]:
    """Return the environment's budgets; raises ConfigError where one has the id of a budget of the file."""
    taken = {budget.id for budget in others} & {budget.id for budget in budgets}
    if taken:
        faults = (f"budget {name!r}: there is one of this id in {where}; give each an id of its own" for name in taken)
        raise ConfigError("\n".join(f"SPANCOST_BUDGETS: {fault}" for fault in sorted(faults)))
    return budgets


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in text.split(","))))


def _frameworks(text: str) -> tuple[str, ...] | None:
    names = _names(text.lower()) or ("auto",)
    if "auto" in names:
        return None
    return () if "off" in names else names


@dataclass(frozen=True, slots=True)
class _File:
    """What the TOML file says."""

    budgets: tuple[Budget, ...] = ()
    prices: tuple[Override, ...] = ()
    attribution: Mapping[str, tuple[str, ...]] | None = None


def _file(path: str, zone: tzinfo, read: Callable[[str], bytes]) -> tuple[_File, list[Problem]]:
    """Read the file; each of its parts that is right counts, each that is wrong is a problem."""
    if not path:
        return _File(), []
    problems: list[Problem] = []
    text = ""

    def attempt(parse: Callable[[], Part], otherwise: Part) -> Part:
        try:
            return parse()
        except ConfigError as fault:
            problems.extend(
                Problem(_key(line), line, is_error=True, file=path, line=_line(text, line))
                for line in str(fault).split("\n")
            )
            return otherwise
        except ValueError as fault:
            # A number of more digits than Python prints: no message of ours can quote it.
            problems.append(Problem(path, f"{path}: {fault}", is_error=True, file=path))
            return otherwise

    def open_file() -> dict[str, Any]:
        nonlocal text
        try:
            content = read(path)
        except (OSError, ValueError) as fault:
            reason = getattr(fault, "strerror", None) or str(fault)
            raise ConfigError(f"{path}: can't be read ({reason}); correct SPANCOST_CONFIG or take it out") from fault
        try:
            if len(content) > _MOST_BYTES:
                raise ConfigError(f"{path}: is over {_MOST_BYTES} bytes; that is no configuration")
            text = content.decode()
            tables = tomllib.loads(text)
        except (ValueError, RecursionError) as fault:
            raise ConfigError(f"{path}: is not TOML: {fault}") from fault
        if unknown := sorted(set(tables) - _TABLES):
            raise ConfigError(f"{path}: unknown table {unknown[0]!r}; the tables are {', '.join(sorted(_TABLES))}")
        return tables

    empty: dict[str, Any] = {}
    tables = attempt(open_file, empty)
    file = _File(
        attempt(lambda: parse_tables(_list(tables, "budget", path), path, zone), ()),
        attempt(lambda: parse_prices(_list(tables, "price", path), path), ()),
        attempt(lambda: _attribution(tables, path), None),
    )
    return file, problems


def _list(tables: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, object]]:
    value = tables.get(key, [])
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):  # pyright: ignore[reportUnknownVariableType] - TOML
        raise ConfigError(f"{where}: write each {key} as a table of its own: [[{key}]]")
    return value  # pyright: ignore[reportUnknownVariableType]


def _attribution(tables: Mapping[str, Any], where: str) -> Mapping[str, tuple[str, ...]] | None:
    value = tables.get("attribution")
    if value is None:
        return None
    right: dict[str, tuple[str, ...]] = {}
    for key, told in value.items() if isinstance(value, dict) else [("", value)]:  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(told, list) or not told or not all(isinstance(name, str) and name for name in told):  # pyright: ignore[reportUnknownVariableType]
            raise ConfigError(f"{where}: attribution: {key!r} must be a list of attribute names, got {told!r}")
        right[str(key)] = tuple(told)  # pyright: ignore[reportUnknownArgumentType]
    return right


def _key(message: str) -> str:
    """Return the table and key of the file that a message speaks of, such as `budget.limit`."""
    match = re.search(r"\b(budget|price|attribution)\b[^:]*: '?(\w+)", message)
    return f"{match[1]}.{match[2]}" if match else "file"


def _line(text: str, message: str) -> int | None:
    """Return the line of the file that a message speaks of, by the number or the id of the table it names."""
    if match := re.search(r"\bline (\d+)", message):
        return int(match[1])
    lines = list(enumerate(text.splitlines(), 1))
    if match := re.search(r"\b(budget|price) #(\d+)", message):
        header = f"[[{match[1]}]]"
        headers = [number for number, line in lines if line.replace(" ", "").startswith(header)]
        return headers[int(match[2]) - 1] if int(match[2]) <= len(headers) else None
    if match := re.search(r"\bbudget '([^']*)'", message):
        named = re.compile(rf"id\s*=\s*[\"']{re.escape(match[1])}[\"']")
        return next((number for number, line in lines if named.search(line)), None)
    return None


def _read(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(_MOST_BYTES + 1)
