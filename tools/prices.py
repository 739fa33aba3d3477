"""Write the price snapshot that spancost ships, from the installed genai-prices: `python tools/prices.py`."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genai_prices.data import providers
from genai_prices.data_units import unit_data
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)
from genai_prices.units import UnitRegistry
from genai_prices.validation import validate_model_price

if TYPE_CHECKING:
    from decimal import Decimal

    from genai_prices.types import ModelInfo, Provider

TARGET = Path(__file__).parent.parent / "src" / "spancost" / "pricing" / "data" / "prices.json.gz"
UNITS = UnitRegistry(unit_data)


def clause(match: object) -> dict[str, Any]:
    """Return a matching clause as its operator and operand; operands other than regexes in lower case."""
    match match:
        case ClauseOr():
            return {"or": [clause(part) for part in match.or_]}
        case ClauseAnd():
            return {"and": [clause(part) for part in match.and_]}
        case ClauseEquals():
            return {"equals": match.equals.lower()}
        case ClauseStartsWith():
            return {"starts_with": match.starts_with.lower()}
        case ClauseEndsWith():
            return {"ends_with": match.ends_with.lower()}
        case ClauseContains():
            return {"contains": match.contains.lower()}
        case ClauseRegex():
            return {"regex": match.regex}
        case _:
            raise TypeError(f"a new matching clause, {match!r}: teach spancost.pricing.clauses about it")


def rate(price: Decimal | TieredPrices) -> str | dict[str, Any]:
    """Return a price as plain decimal text; with tiers also what it is above how many input tokens."""
    if isinstance(price, TieredPrices):
        return {"base": f"{price.base:f}", "above": [[tier.start, f"{tier.price:f}"] for tier in price.tiers]}
    return f"{price:f}"


def price_set(prices: ModelPrice) -> dict[str, Any]:
    """Return one set of prices by genai-prices' own keys, in a stable order."""
    told = {key: price for key, price in vars(prices).items() if price is not None}
    validate_model_price(set(told), UNITS)
    return {key: rate(told[key]) for key in sorted(told)}


def utc(moment: time) -> str:
    """Return a time of day as ISO text in UTC; naive means UTC."""
    if moment.tzinfo is not None:
        moment = datetime.combine(date(1970, 1, 1), moment).astimezone(UTC).time()
    return moment.isoformat()


def condition(constraint: object) -> str | list[str] | None:
    """Return when prices hold: from an ISO date on, daily between two times, or always."""
    match constraint:
        case None:
            return None
        case StartDateConstraint():
            return constraint.start_date.isoformat()
        case TimeOfDateConstraint():
            return [utc(constraint.start_time), utc(constraint.end_time)]
        case _:
            raise TypeError(f"a new constraint, {constraint!r}: teach spancost.pricing.catalog about it")


def model(info: ModelInfo) -> dict[str, Any]:
    """Return one model: its id, what names match it, and its price sets, of which the last that holds is in force."""
    if isinstance(info.prices, ModelPrice):
        prices = [[None, price_set(info.prices)]]
    else:
        prices = [[condition(item.constraint), price_set(item.prices)] for item in info.prices]
    return {"id": info.id, "match": clause(info.match), "prices": prices}


def provider(info: Provider) -> dict[str, Any]:
    """Return one provider without its models."""
    return {
        "id": info.id,
        "match": info.provider_match and clause(info.provider_match),
        "model_match": info.model_match and clause(info.model_match),
        "fallback": info.fallback_model_providers or [],
    }


def snapshot() -> str:
    """Return the whole snapshot as JSON: a line a model in genai-prices' order, which matching depends on."""

    def text(value: object) -> str:
        return json.dumps(value, separators=(",", ":"))

    blocks = [
        f'{text(provider(info))[:-1]},"models":[\n' + ",\n".join(text(model(each)) for each in info.models) + "\n]}"
        for info in providers
    ]
    head = f'{{"version":{text("genai-prices " + version("genai-prices"))},"providers":[\n'
    return head + ",\n".join(blocks) + "\n]}\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(gzip.compress(snapshot().encode(), mtime=0))
    print(f"{TARGET}: {TARGET.stat().st_size} bytes of genai-prices {version('genai-prices')}")
