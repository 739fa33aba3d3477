"""The user's own prices: the `[[price]]` tables of the TOML file, checked whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import TYPE_CHECKING

from spancost.errors import MOST_PROBLEMS, ConfigError, Problem, nearest, shown
from spancost.pricing import names
from spancost.pricing.rates import Rates, pico_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DEAREST", "Override", "parse"]

DEAREST = 10**6
"""USD per million tokens above which a price is taken for a mistake: a dollar a token."""

_SMALLEST = -18
_MOST_DIGITS = 40
"""Of a price: exact sums of longer ones take for ever."""

_RATES = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "reasoning",
    "audio_input",
    "audio_output",
)
_KEYS = ("provider", "model", *_RATES, "from")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Override:
    """What the user says a model costs, for any provider or for one, always or from a moment on."""

    model: str
    """Lower case, as it stands on spans."""
    rates: Rates
    provider: str = ""
    """As told; empty means any."""
    from_ns: int | None = None
    """Since the epoch; None means always."""


def parse(items: Sequence[Mapping[str, object]], where: str) -> tuple[Override, ...]:
    """Return the overrides of a file's `[[price]]` tables; `where` names the file.

    Prices are USD per million tokens. What is left out costs what the class around it costs: cache reads and writes
    and audio what `input` costs, hour-long writes what writes cost, reasoning and spoken output what `output` costs.
    Raises ConfigError naming every problem, or as many as anybody reads.
    """
    problems: list[Problem] = []
    overrides: list[Override] = []
    seen: set[tuple[str, str, int | None]] = set()
    for number, item in enumerate(items):
        reader = _Reader(item, f"{where}: price #{number + 1}", f"price[{number}]")
        override = reader.read()
        same = (override.provider, override.model, override.from_ns)
        if same in seen and not reader.problems:
            reader.complain("the same model, provider and from as an earlier price", "keep one of them")
        problems += reader.problems
        if len(problems) >= MOST_PROBLEMS:
            break
        seen.add(same)
        overrides.append(override)
    if problems:
        raise ConfigError(problems[:MOST_PROBLEMS])
    return tuple(overrides)


class _Reader:
    """Reads one table and collects what is wrong with it."""

    def __init__(self, item: object, place: str, key: str) -> None:
        self.problems: list[Problem] = []
        self._place = place
        self._key = key
        self._item: Mapping[object, object] = {}
        if isinstance(item, Mapping):
            self._item = item
        else:
            self.complain(f"must be a table, got {shown(item)}", "write it below a line [[price]]")

    def read(self) -> Override:
        model = names.normal(self._text("model", "write the name as it stands on spans", required=True))
        if model:
            self._place += f" {shown(model)}"
        provider = self._text(
            "provider", "write the name as it stands on spans, or leave it out", required=False
        ).strip()
        for key in islice((key for key in self._item if key not in _KEYS), MOST_PROBLEMS):
            near = nearest(str(key), _KEYS)
            remedy = f"write {near}" if near else f"take it out: the keys are {', '.join(_KEYS)}"
            self.complain(f"unknown key {shown(key)}", remedy, str(key))
        told = {key: self._rate(key) for key in _RATES if key in self._item}
        if not ("input" in told or "output" in told):
            self.complain("has neither input nor output", "write what a million tokens cost in USD")
        return Override(model, _filled(told), provider, self._from_ns())

    def complain(self, message: str, remedy: str, key: str = "") -> None:
        """Note a problem of one key, or of the table."""
        self.problems.append(Problem(f"{self._key}.{key}" if key else self._key, f"{self._place}: {message}", remedy))

    def _text(self, key: str, remedy: str, *, required: bool) -> str:
        value = self._item.get(key, "")
        if not isinstance(value, str) or len(value) > names.LONGEST_NAME:
            self.complain(
                f"{key} must be text of at most {names.LONGEST_NAME} characters, got {shown(value)}", remedy, key
            )
            return ""
        if required and not value.strip():
            self.complain(f"{key} is missing", remedy, key)
        return value

    def _rate(self, key: str) -> int:
        value = self._item[key]
        try:
            # str() of a float is what the file says; the float itself is not.
            price = Decimal(str(value)) if isinstance(value, str | int | float | Decimal) else None
        except (InvalidOperation, ValueError):
            price = None
        if price is None or isinstance(value, bool) or not price.is_finite():
            self.complain(
                f"{key} must be a decimal string or number, got {shown(value)}",
                'write what a million tokens cost in USD, in digits alone, such as "0.20"',
                key,
            )
        elif price and (price.adjusted() < _SMALLEST or len(price.as_tuple().digits) > _MOST_DIGITS):
            self.complain(
                f"{key} must have at most {_MOST_DIGITS} digits and be no less than 1e{_SMALLEST}, got {shown(value)}",
                "write 0 where it costs nothing",
                key,
            )
        elif not 0 <= price <= DEAREST:
            self.complain(
                f"{key} must be from 0 to {DEAREST} USD per million tokens, got {shown(value)}",
                "write 0 where it costs nothing" if price < 0 else "write what a million tokens cost in USD",
                key,
            )
        else:
            return pico_rate(price)
        return 0

    def _from_ns(self) -> int | None:
        value = self._item.get("from")
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            moment = None
        if isinstance(moment, date) and not isinstance(moment, datetime):
            moment = datetime.combine(moment, time())
        if not isinstance(moment, datetime):
            self.complain(
                f"from must be an ISO date or timestamp, got {shown(value)}",
                "write it as 2026-11-01 or 2026-11-01T00:00:00Z, or leave it out",
                "from",
            )
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - _EPOCH) // timedelta(microseconds=1) * 1000


def _filled(told: Mapping[str, int]) -> Rates:
    """Return rates in which every class that the user can leave out has one."""
    rates = dict(told)
    if "input" in rates:
        rates.setdefault("cache_write", rates["input"])
        rates.setdefault("cache_write_1h", rates["cache_write"])
        rates.setdefault("audio_input", rates["input"])
    if "output" in rates:
        rates.setdefault("audio_output", rates["output"])
    return Rates(**rates)
