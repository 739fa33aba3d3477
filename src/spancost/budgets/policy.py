"""What a budget is: whose spend it counts, over which window, up to which limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal, InvalidOperation, localcontext
from itertools import islice
from typing import Final, TypeVar, cast

from spancost.budgets.windows import KINDS
from spancost.calls.who import LONGEST, NAMES
from spancost.errors import MOST_PROBLEMS, ConfigError, Problem, nearest, shown
from spancost.money import EXACT, pico_from_decimal

__all__ = ["SCOPE", "Budget", "Threshold", "parse_line", "parse_tables"]

_DEFAULT_THRESHOLDS: Final = (Decimal(75), Decimal(90), Decimal(100))
SCOPE: Final = re.compile(r"\w[\w.:/@\-]*")
"""What an attribution key or an attribute's name may look like."""

_PART: Final = re.compile(r"""(?:[^;"]|"[^"]*"?)+""")
_LINE: Final = re.compile(
    r"(?P<scope>[^=\s]+)\s*=\s*(?P<limit>[^/!\s]+)\s*(?:/\s*(?P<window>[^!\s]+))?\s*(?P<hold>!)?(?P<further>(?:\s.*)?)",
    re.DOTALL,
)
_FURTHER: Final = re.compile(r"""\s+(?P<key>\w+)\s*=\s*(?P<value>"[^"]*"|[^\s"]+)""")
_LIMIT: Final = Decimal(100)
"""Percent of the limit that are always told: passing it is a breach."""

_MOST_USD: Final = Decimal(10**9)
_MOST_PERCENT: Final = 1000
_LEAST_PERCENT: Final = Decimal("0.000001")

Part = TypeVar("Part")


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
    """Read `SPANCOST_BUDGETS`; raises ConfigError naming every problem.

    Such as `team=100/month; user=5/day`, or with what else a budget may say behind it:
    `team=100/month id=search value="team search" thresholds=50,100`.
    """
    checked = _Checked("SPANCOST_BUDGETS", zone)
    if not _is_text(line):
        checked.complain("can't be read: it is not UTF-8", "write it in UTF-8")
        return checked.budgets()
    for part in filter(None, (piece.strip() for piece in _PART.findall(line))):
        table = _table(part)
        if table is None:
            checked.complain(f"budget {shown(part)} can't be read", "write SCOPE=LIMIT/WINDOW, such as team=100/month")
            continue
        usual = f"{table['scope']}-{table.get('window')}"
        name = str(table.get("id", usual))
        if not name:
            checked.complain(f"budget {shown(part)}: id must be a text, got ''", "write a name, or leave it out", "")
            continue
        checked.add(table, name, shown(name if "window" in table or "id" in table else part), "")
    return checked.budgets()


def _is_text(told: str) -> bool:
    """Tell whether text can leave: what is no UTF-8 in the environment comes in halves of characters."""
    try:
        told.encode()
    except UnicodeEncodeError:
        return False
    return True


def _table(part: str) -> dict[str, object] | None:
    """Return what a part of the variable says as a table of the file would, None where it can't be read."""
    match = _LINE.fullmatch(part)
    if match is None or _FURTHER.sub("", match["further"]).strip():
        return None
    table: dict[str, object] = {"scope": match["scope"], "limit": match["limit"], "enforce": bool(match["hold"])}
    if match["window"]:
        table["window"] = match["window"]
    for key, value in _FURTHER.findall(match["further"]):
        if key in table:
            return None
        table[key] = value.strip('"').split(",") if key == "thresholds" else value.strip('"')
    return table


def parse_tables(tables: Sequence[Mapping[str, object]], where: str, zone: tzinfo) -> tuple[Budget, ...]:
    """Read the `[[budget]]` tables of a file; raises ConfigError naming every problem."""
    checked = _Checked(where, zone)
    for number, table in enumerate(tables):
        key = f"budget[{number}]"
        name = table.get("id", f"{table.get('scope')}-{table.get('window')}")
        called = shown(name) if "id" in table else f"#{number + 1}"
        if isinstance(name, str) and name:
            checked.add(table, name, called, key)
        else:
            checked.complain(
                f"budget #{number + 1}: id must be a text, got {shown(name)}",
                'write a name of your choice, such as "search-team", or leave it out',
                f"{key}.id",
            )
    return checked.budgets()


_KEYS: Final = ("id", "scope", "value", "limit", "window", "thresholds", "enforce")


class _Checked:
    """The budgets of one source, and every problem with them."""

    def __init__(self, where: str, zone: tzinfo) -> None:
        self._where = where
        self._zone = zone
        self._budgets: dict[str, Budget] = {}
        self._problems: list[Problem] = []

    def budgets(self) -> tuple[Budget, ...]:
        """Return the budgets; raises ConfigError where anything is wrong with any."""
        if self._problems:
            raise ConfigError(self._problems[:MOST_PROBLEMS])
        return tuple(self._budgets.values())

    def complain(self, message: str, remedy: str, key: str = "") -> None:
        """Note a problem: of a key of the file, or of the variable where there is none."""
        self._problems.append(Problem(key or self._where, f"{self._where}: {message}", remedy))

    def add(self, table: Mapping[str, object], name: str, called: str, key: str) -> None:
        """Read one budget; `key` is its table in the file, empty for a part of the variable."""
        if len(self._problems) >= MOST_PROBLEMS:
            return

        def complain(wrong: str, message: str, remedy: str) -> None:
            self.complain(f"budget {called}: {message}", remedy, key and f"{key}.{wrong}")

        reader = _Reader(table, complain)
        budget = reader.read(name, self._zone)
        if budget is None:
            return
        if name in self._budgets:
            remedy = "give each an id of its own" if key else "keep one of them"
            complain("id", "there are two of this id", remedy)
        self._budgets[name] = budget


class _Reader:
    """Reads one budget, key by key, and complains of what is wrong with it."""

    def __init__(self, table: Mapping[str, object], complain: Callable[[str, str, str], None]) -> None:
        self._table = table
        self._told = complain
        self._is_right = True

    def read(self, name: str, zone: tzinfo) -> Budget | None:
        """Return the budget, None where anything is wrong with it."""
        for key in islice((key for key in self._table if key not in _KEYS), MOST_PROBLEMS):
            near = nearest(key, _KEYS)
            remedy = f"write {near}" if near else f"take it out: the keys are {', '.join(_KEYS)}"
            self._complain(key, f"unknown key {shown(key)}", remedy)
        if self._table.get("enforce", False) is not False:
            message = "enforcing ('!' or enforce) is not in this version: no call would be stopped"
            self._complain("enforce", message, "take it out, to have the budget observed")
        scope, value, limit, window = self._scope(), self._value(), self._limit(), self._window()
        percents = self._percents()
        if not self._is_right:
            return None
        with localcontext(EXACT):
            thresholds = tuple(
                Threshold(
                    percent, pico_from_decimal(limit * percent / 100), float(percent / 100), f"{percent.normalize():f}"
                )
                for percent in sorted({_LIMIT, *percents})
            )
        return Budget(name, scope, pico_from_decimal(limit), window, zone, thresholds, value)

    def _scope(self) -> str:
        scope = self._table.get("scope")
        if isinstance(scope, str) and SCOPE.fullmatch(scope):
            return scope
        remedy = f"write one of {', '.join(NAMES)}, or an attribute's name"
        return self._wrong("scope", "scope must be an attribution key or an attribute's name", remedy, "")

    def _value(self) -> str | None:
        value = self._table.get("value")
        if value is None or (isinstance(value, str) and 0 < len(value) <= LONGEST):
            return value
        remedy = 'write the one value it is for, such as "search", or leave it out: then each has a budget of its own'
        return self._wrong("value", f"value must be a text of at most {LONGEST} characters", remedy, None)

    def _limit(self) -> Decimal:
        limit = _decimal(self._table.get("limit"))
        nothing = Decimal(0)
        if limit is None:
            return self._wrong("limit", "limit must be a number of USD", "write digits alone, such as 100", nothing)
        if limit <= 0:
            return self._wrong("limit", "limit must be positive", "write an amount of USD above 0", nothing)
        if limit > _MOST_USD:
            return self._wrong("limit", f"limit must be at most {_MOST_USD}", "write it in USD", nothing)
        if pico_from_decimal(limit) == 0:
            return self._wrong("limit", "limit must be at least a pico-dollar", "write 0.000000000001 or more", nothing)
        return limit

    def _window(self) -> str:
        window = self._table.get("window")
        if isinstance(window, str) and window in KINDS:
            return window
        near = nearest(window, KINDS) if isinstance(window, str) else None
        remedy = f"write {near or ' or '.join(KINDS)}"
        return self._wrong("window", f"window must be one of {', '.join(KINDS)}", remedy, "")

    def _percents(self) -> list[Decimal]:
        told = self._table.get("thresholds", _DEFAULT_THRESHOLDS)
        if not isinstance(told, (list, tuple)) or not told:
            remedy = "write them as [75, 90, 100], or leave them out"
            return self._wrong("thresholds", "thresholds must be a list of percents", remedy, [])
        right: list[Decimal] = []
        for raw in cast("Sequence[object]", told):
            percent = _decimal(raw)
            if percent is None or not _LEAST_PERCENT <= percent <= _MOST_PERCENT or len(percent.as_tuple().digits) > 12:
                message = f"thresholds must lie above 0 and at most {_MOST_PERCENT} percent, got {shown(raw)}"
                self._complain("thresholds", message, "write percents of the limit, such as 75")
            else:
                right.append(percent)
        return right

    def _wrong(self, key: str, message: str, remedy: str, otherwise: Part) -> Part:
        if self._table.get(key) is None:
            self._complain(key, f"{key} is missing", remedy)
        else:
            self._complain(key, f"{message}, got {shown(self._table[key])}", remedy)
        return otherwise

    def _complain(self, key: str, message: str, remedy: str) -> None:
        self._is_right = False
        self._told(key, message, remedy)


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        number = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() else None
