"""Environment and one TOML file -> one frozen Config; every problem found is named.

A wrong variable is one warning and the default (OpenTelemetry's rule); a wrong file or budget is an error, and then
there are no budgets rather than some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spancost import semconv
from spancost.budgets import SCOPE, Budget, parse_line
from spancost.calls.who import WRITTEN_AS
from spancost.config_file import File, read_bytes, read_file
from spancost.errors import ConfigError, Problem, nearest, shown
from spancost.ledger.place import Place, place_of
from spancost.pricing.overrides import Override

__all__ = ["FRAMEWORKS", "VARIABLES", "Config", "is_off", "load"]

_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_CONSOLES: Final = ("off", "summary", "tree")
_SAMPLERS: Final = ("off", "subtree", "all")
_LATER: Final = {
    "ENFORCE": "take it out: budgets are observed, and no call is stopped",
    "STORE": "take it out: what was spent is kept in each process, and begins anew with it",
    "FAIL": "take it out: no call waits for a budget, so none can fail",
    "HASH_USERS": "take `user` out of SPANCOST_DIMENSIONS and of budgets: users leave the process as they are",
}
"""Variables of later versions, and what to do without them in this one."""

VARIABLES: Final = frozenset(
    {
        "DISABLED", "CONFIG", "BUDGETS", "TIMEZONE", "DIMENSIONS", "CONSOLE", "LEDGER", "SAMPLER", "FRAMEWORKS",
        "STRICT", "OPERATION_COST", "LOG_LEVEL", *_LATER,
    }
)  # fmt: skip
"""Names after `SPANCOST_`, those of later versions included."""


FRAMEWORKS: Final = ("pydantic-ai",)
"""Frameworks whose own telemetry can be switched on."""

_MOST_NAMED: Final = 5
"""Wrong names that one warning quotes."""

_ALWAYS_THERE: Final = (
    semconv.GEN_AI_PROVIDER_NAME,
    semconv.GEN_AI_REQUEST_MODEL,
    semconv.GEN_AI_AGENT_NAME,
    semconv.GEN_AI_WORKFLOW_NAME,
    semconv.PRICING_STATUS,
    semconv.TOKEN_TYPE,
)
"""Attributes of the counters that no dimension adds."""


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
    ledger: Place | None = None
    """Where charges are kept, if they are."""
    sampler: str = "off"
    """Which of the spans that samplers drop are recorded, to be counted."""
    frameworks: tuple[str, ...] | None = None
    """Frameworks whose own telemetry is switched on; None is every one we know, empty is none."""
    strict: bool = False
    operation_cost: bool = False
    log_level: str | None = None
    problems: tuple[Problem, ...] = ()


def is_off(environ: Mapping[str, str]) -> bool:
    """Tell whether the environment switches everything off, by our variable or by one of OpenTelemetry's."""
    instrumentations = environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "").split(",")
    return any(
        environ.get(name, "").strip().lower() == "true" for name in ("SPANCOST_DISABLED", "OTEL_SDK_DISABLED")
    ) or any(name.strip() in ("spancost", "*") for name in instrumentations)


def load(environ: Mapping[str, str], read: Callable[[str], bytes] | None = None) -> Config:
    """Read the settings; never raises, whatever they hold: see `Config.problems`.

    Where everything is off nothing else is read: no file, however wrong, is in the way of a switch.
    """
    if is_off(environ):
        return Config(disabled=True)
    problems: list[Problem] = []

    def told(name: str) -> str:
        return environ.get(f"SPANCOST_{name}", "").strip()

    def warn(name: str, message: str, remedy: str) -> None:
        problems.append(Problem(f"SPANCOST_{name}", f"SPANCOST_{name}: {message}", remedy, is_error=False))

    def boolean(name: str) -> bool:
        value = told(name).lower()
        if value not in ("", "true", "false"):
            warn(name, f"got {shown(told(name))}, taken as false", "write true or false")
        return value == "true"

    def one_of(name: str, allowed: tuple[str, ...], default: str) -> str:
        value = told(name)
        for choice in allowed:
            if value.lower() == choice.lower():
                return choice
        if value:
            warn(name, f"got {shown(value)}, taken as {default or 'unset'}", f"write one of {', '.join(allowed)}")
        return default

    for name in sorted(environ):
        ours = name.removeprefix("SPANCOST_")
        if ours != name and ours not in VARIABLES and "_TEST_" not in name:
            near = nearest(ours, sorted(VARIABLES))
            remedy = f"write SPANCOST_{near}" if near else "take it out"
            warn(ours, "there is no such setting", f"{remedy}; docs/configuration.md lists them")
    for name, remedy in _LATER.items():
        if told(name) and told(name).lower() not in ("off", "false", "open"):
            warn(name, "is not in this version and has no effect", remedy)
    zone: tzinfo = UTC
    if told("TIMEZONE"):
        try:
            zone = ZoneInfo(told("TIMEZONE"))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            warn(
                "TIMEZONE",
                f"no time zone {shown(told('TIMEZONE'))} here, taken as UTC",
                "write a name like Europe/Berlin; where the system has no zones, install tzdata",
            )
    dimensions, wrong = _dimensions(told("DIMENSIONS"))
    if wrong:
        told_of = "; ".join(
            f"{shown(name)} is left out: {reason}" for name, reason in islice(wrong.items(), _MOST_NAMED)
        )
        more = f"; and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
        warn("DIMENSIONS", told_of + more, "write attribution keys or names of attributes")
    budgets: tuple[Budget, ...] = ()
    asked: frozenset[str] | None = None
    try:
        budgets = parse_line(told("BUDGETS"), zone)
        asked = frozenset((*dimensions, *(budget.scope for budget in budgets)))
    except ConfigError as fault:
        problems += fault.problems
    path = told("CONFIG")
    file = read_file(path, zone, read or read_bytes, asked) if path else File()
    problems += (*file.problems, *_twice(budgets, file.budgets, path))
    frameworks, unknown = _frameworks(told("FRAMEWORKS"))
    if unknown:
        remedy = f"the names are auto, off, {', '.join(FRAMEWORKS)}"
        warn("FRAMEWORKS", f"{_some(unknown)} {'is' if len(unknown) == 1 else 'are'} not known", remedy)
    ledger: Place | None = None
    try:
        ledger = place_of(told("LEDGER"), environ)
    except ValueError as fault:
        remedy = f"write true or a path, behind it ?keep= with {fault}"
        warn("LEDGER", f"got {shown(told('LEDGER'))}, nothing is kept", remedy)
    boolean("DISABLED")  # not true, and a warning where it is anything else than false
    return Config(
        # Rather none than some: whoever asked for a budget must not run with half of it.
        budgets=() if any(problem.is_error for problem in problems) else (*file.budgets, *budgets),
        prices=file.prices,
        attribution=file.attribution,
        dimensions=dimensions,
        console=one_of("CONSOLE", _CONSOLES, "off"),
        ledger=ledger,
        sampler=one_of("SAMPLER", _SAMPLERS, "off"),
        frameworks=frameworks,
        strict=boolean("STRICT"),
        operation_cost=boolean("OPERATION_COST"),
        log_level=one_of("LOG_LEVEL", _LEVELS, "") or None,
        problems=tuple(problems),
    )


def _twice(budgets: tuple[Budget, ...], others: tuple[Budget, ...], where: str) -> Iterator[Problem]:
    """Yield a problem for each budget of the environment that has the id of one of the file."""
    remedy = "take one of them out, or give the one in the file an id of its own"
    for name in sorted({budget.id for budget in others} & {budget.id for budget in budgets}):
        yield Problem("SPANCOST_BUDGETS", f"SPANCOST_BUDGETS: budget {shown(name)} is also one of {where}", remedy)


def _some(names: tuple[str, ...]) -> str:
    """Return names as a warning quotes them, however many there are."""
    quoted = ", ".join(map(shown, names[:_MOST_NAMED]))
    return quoted if len(names) <= _MOST_NAMED else f"{quoted} and {len(names) - _MOST_NAMED} more"


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in text.split(","))))


def _dimensions(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the dimensions asked for, and what is none with the reason."""
    right: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name in _names(text):
        written = WRITTEN_AS.get(name, name)
        if not SCOPE.fullmatch(name):
            wrong[name] = "it is no attribute's name"
        elif written in _ALWAYS_THERE:
            wrong[name] = "each counter has it already"
        elif written in right and right[written] != name:
            wrong[name] = f"it is the same as {right[written]}"
        else:
            right[written] = name
    return tuple(right.values()), wrong


def _frameworks(text: str) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return the frameworks that are switched on, None for every one we know, and the names of none."""
    names = _names(text.lower()) or ("auto",)
    unknown = tuple(name for name in names if name not in ("auto", "off", *FRAMEWORKS))
    known = tuple(name for name in names if name in FRAMEWORKS)
    return (None if "auto" in names else () if "off" in names else known), unknown
