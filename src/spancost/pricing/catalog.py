"""The price table that ships with spancost: which model a name means, and what it costs when."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, date, datetime, time
from fractions import Fraction
from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypedDict

from spancost.errors import SpancostError
from spancost.pricing.clauses import predicate
from spancost.pricing.compiler import DAY_NS, by_date, by_input, by_time_of_day, compile_rates, unpriced
from spancost.pricing.rates import Rates, pico_rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from spancost.pricing.clauses import Clause, Predicate
    from spancost.pricing.compiler import PriceFunction

__all__ = ["Catalog", "Entry", "Provider", "bundled"]

Condition: TypeAlias = "str | list[str] | None"
"""From an ISO date on (UTC), daily between two times (UTC, may span midnight), or always."""


class _Tiered(TypedDict):
    base: str
    above: list[tuple[int, str]]
    """More input tokens than, and the price of the whole call then; ascending."""


_Price: TypeAlias = "str | _Tiered"
"""USD per unit as decimal text, the unit being the key's."""


class _Model(TypedDict):
    id: str
    match: Clause
    prices: list[tuple[Condition, dict[str, _Price]]]


class _Provider(TypedDict):
    id: str
    match: Clause | None
    model_match: Clause | None
    fallback: list[str]
    models: list[_Model]


class _Snapshot(TypedDict):
    version: str
    providers: list[_Provider]


# Fields of Rates, and the keys genai-prices has for them. What a Usage can't carry (seconds, pages, searches, images)
# costs nothing here: a token count says nothing about it.
_PRICE_KEYS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
    "audio_input": "input_audio_mtok",
    "audio_output": "output_audio_mtok",
    "audio_cache_read": "cache_audio_read_mtok",
}
_REQUEST_KEY = "requests_kcount"

# LiteLLM and OpenRouter write 20251211 where the table has 2025-12-11.
_COMPACT_DATE = re.compile(r"-(20\d\d)(\d\d)(\d\d)(?=[-:]|$)")

_EPOCH = date(1970, 1, 1)


class Entry(NamedTuple):
    """One model of one provider's table."""

    provider: str
    model: _Model

    @property
    def name(self) -> str:
        """The entry as `provider:model`."""
        return f"{self.provider}:{self.model['id']}"

    def compile(self, status: str, version: str) -> PriceFunction:
        """Return the entry's price function: by date, by time of day, by size of the input.

        Of the price sets that hold at a moment the last is in force; if none holds, the first.
        """
        sets = self.model["prices"]
        compiled = [self._compile_set(prices, status, version) for _, prices in sets]
        days = sorted({_day(condition) for condition, _ in sets if isinstance(condition, str)})
        windows = [condition for condition, _ in sets if isinstance(condition, list)]
        bounds = sorted({_time_ns(moment) for window in windows for moment in window} - {0})

        def in_force(day: int, time_ns: int) -> PriceFunction:
            holding = (i for i in reversed(range(len(sets))) if _holds(sets[i][0], day, time_ns))
            return compiled[next(holding, 0)]

        eras = [days[0] - 1, *days] if days else [0]
        return by_date(
            [day * DAY_NS for day in days],
            [by_time_of_day(bounds, [in_force(day, time_ns) for time_ns in (0, *bounds)]) for day in eras],
        )

    def _compile_set(self, prices: Mapping[str, _Price], status: str, version: str) -> PriceFunction:
        """Compile one price set.

        An empty one means free, subscription only, or no longer listed; genai-prices makes 0 of all three. We believe
        it where the entry itself says so (OpenRouter's `…:free`), the rest has no price.
        """
        if prices:
            starts = _starts(prices)
            tiers = [_rates(prices, above) for above in (-1, *starts)]
            return by_input(starts, [compile_rates(rates, status, self.name, version) for rates in tiers])
        if self.model["id"].endswith(":free"):
            free = Rates(*(0,) * len(Rates._fields))
            return compile_rates(free, status, self.name, version)
        return unpriced("no_price", version, self.name)


class Provider:
    """One provider's table, its clauses compiled on the first look."""

    def __init__(self, raw: _Provider) -> None:
        self.id = raw["id"]
        self.fallback = raw["fallback"]
        self._models: list[tuple[Predicate, Entry]] = [
            (predicate(model["match"]), Entry(self.id, model)) for model in raw["models"]
        ]

    def find(self, name: str) -> Entry | None:
        """Return the first entry that matches the lower-case name."""
        for matches, entry in self._models:
            if matches(name):
                return entry
        return None


class Catalog:
    """Providers and their models, as genai-prices knows them; immutable once read, but for what is compiled lazily.

    Threads may compile the same provider twice; both results are equal and one of them stays.
    """

    def __init__(self, snapshot: _Snapshot) -> None:
        self.version = snapshot["version"]
        self._raw = {provider["id"]: provider for provider in snapshot["providers"]}
        self._by_provider = _predicates((each["id"], each["match"]) for each in snapshot["providers"])
        self._by_model = _predicates((each["id"], each["model_match"]) for each in snapshot["providers"])
        self._providers: dict[str, Provider] = {}

    def __contains__(self, provider: str) -> bool:
        """Say whether this is the id of a provider here."""
        return provider in self._raw

    def provider_id(self, told: str) -> str | None:
        """Return the id of the provider meant by a lower-case name: its id, else the first whose clause matches."""
        if told in self._raw:
            return told
        return next((provider for provider, matches in self._by_provider if matches(told)), None)

    def provider_of_model(self, name: str) -> str | None:
        """Return the id of the provider whose models are called like this lower-case name."""
        return next((provider for provider, matches in self._by_model if matches(name)), None)

    def find(self, provider: str, name: str) -> Entry | None:
        """Return the entry a lower-case model name means in a provider's table.

        A provider that resells others' models has them looked up in their tables, one step deep. A name that isn't
        found is tried again with its compact date written with dashes.
        """
        found = self._find(provider, name)
        if found is None:
            dashed = _COMPACT_DATE.sub(_dashed, name)
            if dashed != name:
                found = self._find(provider, dashed)
        return found

    def _find(self, provider: str, name: str) -> Entry | None:
        own = self._provider(provider)
        for table in (own, *(self._provider(other) for other in own.fallback)):
            entry = table.find(name)
            if entry is not None:
                return entry
        return None

    def _provider(self, provider: str) -> Provider:
        compiled = self._providers.get(provider)
        if compiled is None:
            compiled = self._providers[provider] = Provider(self._raw[provider])
        return compiled


@cache
def bundled() -> Catalog:
    """Return the catalog shipped with this version of spancost; reads a file the first time."""
    packed = get_data("spancost.pricing", "data/prices.json.gz")
    if packed is None:
        raise SpancostError("spancost was installed without its price table; install it again")
    return Catalog(json.loads(gzip.decompress(packed)))


def _predicates(clauses: Iterable[tuple[str, Clause | None]]) -> list[tuple[str, Predicate]]:
    return [(provider, predicate(clause)) for provider, clause in clauses if clause is not None]


def _dashed(match: re.Match[str]) -> str:
    year, month, day = match.groups()
    try:
        return f"-{date(int(year), int(month), int(day)).isoformat()}"
    except ValueError:  # no date, only digits
        return match[0]


def _starts(prices: Mapping[str, _Price]) -> list[int]:
    """Return the sizes of the input, in tokens, above which a price of the set changes."""
    tiered = [price["above"] for price in prices.values() if not isinstance(price, str)]
    return sorted({start for tiers in tiered for start, _ in tiers})


def _rates(prices: Mapping[str, _Price], above: int) -> Rates:
    """Return the rates of a price set for a call with more input tokens than this."""
    told = {field: pico_rate(_at(prices[key], above)) for field, key in _PRICE_KEYS.items() if key in prices}
    request = pico_rate(_at(prices[_REQUEST_KEY], above), per=1000) if _REQUEST_KEY in prices else 0
    return Rates(**told, request=request)


def _at(price: _Price, above: int) -> Fraction:
    """Return the price for a call with more input tokens than this."""
    if isinstance(price, str):
        return Fraction(price)
    reached = [higher for start, higher in price["above"] if start <= above]
    return Fraction(reached[-1] if reached else price["base"])


def _day(iso: str) -> int:
    """Return a date as days since the epoch."""
    return (date.fromisoformat(iso) - _EPOCH).days


def _time_ns(iso: str) -> int:
    """Return a time of day as nanoseconds since midnight."""
    since = datetime.combine(_EPOCH, time.fromisoformat(iso), UTC) - datetime.combine(_EPOCH, time(), UTC)
    return since.seconds * 10**9 + since.microseconds * 1000


def _holds(condition: Condition, day: int, time_ns: int) -> bool:
    """Say whether a price set holds on that day (since the epoch) at that time (ns since midnight)."""
    if condition is None:
        return True
    if isinstance(condition, str):
        return day >= _day(condition)
    start, end = map(_time_ns, condition)
    if end < start:
        return time_ns >= start or time_ns < end
    return start <= time_ns < end
