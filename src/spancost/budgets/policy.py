"""What a budget is: whose spend it counts, over which window, up to which limit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal, InvalidOperation, localcontext
from typing import Final, cast

from spancost.budgets.windows import KINDS
from spancost.errors import ConfigError
from spancost.money import EXACT, pico_from_decimal

__all__ = ["Budget", "Threshold", "parse_line", "parse_tables"]

_DEFAULT_THRESHOLDS: Final = (Decimal(75), Decimal(90), Decimal(100))
_SCOPE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_LINE: Final = re.compile(r"(?P<scope>[^=\s]+)\s*=\s*(?P<limit>[^/!\s]+)\s*(?:/\s*(?P<window>[^!\s]+))?\s*(?P<hold>!)?")
_LIMIT: Final = Decimal(100)
"""Percent of the limit that are always told: passing it is a breach."""

_MOST_USD: Final = Decimal(10**9)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A part of the limit that is told when it is passed."""

    percent: Decimal
    amount: int
    """Pico-USD at which it fires."""
    fraction: float
    """The part of the limit, for telling; where spans end nothing is computed in decimals."""
    text: str
    """The percent as people write it: `75`, `99.5`."""

    @property
    def is_limit(self) -> bool:
        """Whether passing it is a breach."""
        return self.text == "100"


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit on what each value of a scope may spend in a window."""

    id: str
    scope: str
    """An attribution key (`user`, `team`, `workflow`, `agent`, `tenant`, `session`) or any attribute's name."""
    limit: int
    """Pico-USD."""
    window: str
    zone: tzinfo
    thresholds: tuple[Threshold, ...]
    """Ascending."""
    value: str | None = None
    """The one value it is for; None gives each value a budget of its own."""


def parse_line(line: str, zone: tzinfo) -> tuple[Budget, ...]:
    """Read `SPANCOST_BUDGETS`, such as `team=100/month; user=5/day`; raises ConfigError naming every fault."""
    budgets: list[Budget] = []
    faults: list[str] = []
    for part in filter(None, (piece.strip() for piece in line.split(";"))):
        match = _LINE.fullmatch(part)
        if match is None:
            faults.append(f"budget {part!r}: write it as SCOPE=LIMIT/WINDOW, such as team=100/month")
            continue
        scope, window = match["scope"], match["window"] or ""
        table: dict[str, object] = {"scope": scope, "limit": match["limit"], "window": window}
        if match["hold"]:
            table["enforce"] = True
        try:
            budgets.append(_budget(table, f"{scope}-{window}", zone, repr(f"{scope}-{window}")))
        except ConfigError as fault:
            faults.append(str(fault))
    return _checked(budgets, faults, "SPANCOST_BUDGETS")


def parse_tables(tables: Sequence[Mapping[str, object]], where: str, zone: tzinfo) -> tuple[Budget, ...]:
    """Read the `[[budget]]` tables of a file; raises ConfigError naming every fault."""
    budgets: list[Budget] = []
    faults: list[str] = []
    for number, table in enumerate(tables, 1):
        name = table.get("id", f"{table.get('scope')}-{table.get('window')}")
        if not isinstance(name, str) or not name:
            faults.append(f"budget #{number}: id must be a text, got {name!r}")
            continue
        try:
            budgets.append(_budget(table, name, zone, repr(name) if "id" in table else f"#{number}"))
        except ConfigError as fault:
            faults.append(str(fault))
    return _checked(budgets, faults, where)


def _checked(budgets: list[Budget], faults: list[str], where: str) -> tuple[Budget, ...]:
    seen: set[str] = set()
    for budget in budgets:
        if budget.id in seen:
            faults.append(f"budget {budget.id!r}: there are two of this id; give each an id of its own")
        seen.add(budget.id)
    if faults:
        raise ConfigError("\n".join(f"{where}: {fault}" for fault in faults))
    return tuple(budgets)


_KEYS: Final = frozenset({"id", "scope", "value", "limit", "window", "thresholds", "enforce"})


def _budget(table: Mapping[str, object], name: str, zone: tzinfo, called: str) -> Budget:
    def fault(message: str) -> ConfigError:
        return ConfigError(f"budget {called}: {message}")

    if unknown := sorted(set(table) - _KEYS):
        raise fault(f"unknown key {unknown[0]!r}; the keys are {', '.join(sorted(_KEYS))}")
    if table.get("enforce", False) is not False:
        raise fault("enforcing ('!' or enforce) is not in this version: take it out to have the budget observed")
    scope = table.get("scope")
    if not isinstance(scope, str) or not _SCOPE.fullmatch(scope):
        raise fault(f"scope must be an attribution key or an attribute's name, got {scope!r}")
    value = table.get("value")
    if value is not None and (not isinstance(value, str) or not value):
        raise fault(f"value must be a text, got {value!r}")
    limit = _decimal(table.get("limit"))
    if limit is None:
        raise fault(f"limit must be a number of USD, got {table.get('limit')!r}")
    if limit <= 0:
        raise fault(f"limit must be positive, got {limit}")
    if limit > _MOST_USD:
        raise fault(f"limit must be at most {_MOST_USD}, got {limit}")
    window = table.get("window")
    if window not in KINDS:
        raise fault(f"window must be one of {', '.join(KINDS)}, got {window!r}")
    percents = table.get("thresholds", _DEFAULT_THRESHOLDS)
    if not isinstance(percents, (list, tuple)) or not percents:
        raise fault(f"thresholds must be a list of percents, got {percents!r}")
    told = cast("Sequence[object]", percents)
    parsed = [_decimal(percent) for percent in told]
    wrong = [raw for raw, read in zip(told, parsed, strict=True) if read is None or not 0 < read <= 1000]
    if wrong:
        raise fault(f"thresholds must lie above 0 and at most 1000 percent, got {wrong[0]!r}")
    pico = pico_from_decimal(limit)
    if pico == 0:
        raise fault(f"limit must be at least a pico-dollar, got {limit}")
    with localcontext(EXACT):
        thresholds = tuple(
            Threshold(
                percent, pico_from_decimal(limit * percent / 100), float(percent / 100), f"{percent.normalize():f}"
            )
            for percent in sorted({_LIMIT, *(each for each in parsed if each is not None)})
        )
    return Budget(name, scope, pico, str(window), zone, thresholds, value)


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
