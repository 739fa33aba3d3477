"""The table that ships: its clauses, its dates, its times of day, and that it is what genai-prices says today."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import prices
import pytest

from spancost.calls.usage import Usage
from spancost.pricing.catalog import Catalog, bundled
from spancost.pricing.clauses import Clause, predicate


def catalog(*sets: tuple[Any, Any]) -> Catalog:
    """Return a catalog of one provider `p` with one model `m` that has these price sets."""
    model = {"id": "m", "match": {"equals": "m"}, "prices": list(sets)}
    first = {"id": "p", "match": None, "model_match": None, "fallback": [], "models": [model]}
    snapshot: Any = {"version": "test", "providers": [first]}
    return Catalog(snapshot)


def amount(table: Catalog, at: str, tokens: int = 1) -> int | None:
    """Return the price of so many input tokens of `m` at an ISO time in UTC, in pico-USD."""
    entry = table.find("p", "m")
    assert entry is not None
    at_ns = int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()) * 10**9
    return entry.compile("exact", "test")(Usage(tokens), at_ns).amount


@pytest.mark.parametrize(
    ("clause", "yes", "no"),
    [
        ({"equals": "gpt-5"}, "gpt-5", "gpt-5.2"),
        ({"starts_with": "gpt"}, "gpt-5", "a-gpt"),
        ({"ends_with": "mini"}, "gpt-mini", "mini-gpt"),
        ({"contains": "ud"}, "claude", "gpt"),
        ({"regex": "^o[134]"}, "o3-mini", "gpt-o3"),
        ({"regex": "o3$"}, "gpt-o3", "o3-mini"),
        ({"or": [{"equals": "a"}, {"equals": "b"}]}, "b", "c"),
        ({"and": [{"contains": "a"}, {"contains": "b"}]}, "ba", "a"),
        ({"and": [{"contains": "a"}, {"or": [{"equals": "a"}, {"equals": "ab"}]}]}, "ab", "abc"),
    ],
)
def test_each_clause_matches_what_it_says(clause: Clause, yes: str, no: str) -> None:
    """Clauses of every kind accept one name and refuse another."""
    assert (True, False) == (predicate(clause)(yes), predicate(clause)(no))


def test_the_last_price_that_holds_is_in_force() -> None:
    """Dates begin at midnight UTC; before the first, the first price set holds."""
    table = catalog(
        (None, {"input_mtok": "1"}), ("2026-03-01", {"input_mtok": "2"}), ("2026-05-01", {"input_mtok": "3"})
    )
    days = ["2020-01-01T00:00", "2026-02-28T23:59:59", "2026-03-01T00:00", "2026-05-01T00:00", "2030-01-01T00:00"]
    assert [1_000_000, 1_000_000, 2_000_000, 3_000_000, 3_000_000] == [amount(table, day) for day in days]


def test_without_any_price_that_holds_the_first_does() -> None:
    """A model whose first price begins later is charged at it all the same, as in genai-prices."""
    table = catalog(("2026-03-01", {"input_mtok": "2"}), ("2026-05-01", {"input_mtok": "3"}))
    assert 2_000_000 == amount(table, "2026-01-01")


def test_a_window_may_span_midnight() -> None:
    """From 16:30 to 00:30 includes its start and excludes its end, on every day."""
    table = catalog((None, {"input_mtok": "4"}), (["16:30:00", "00:30:00"], {"input_mtok": "1"}))
    times = ["16:29:59", "16:30:00", "23:59:59", "00:00:00", "00:29:59", "00:30:00"]
    assert [4, 1, 1, 1, 1, 4] == [(amount(table, f"2026-11-23T{time}") or 0) // 10**6 for time in times]


def test_windows_and_dates_combine_in_their_order() -> None:
    """A window listed after a date wins within its hours, before and after that date alike."""
    table = catalog(
        (None, {"input_mtok": "1"}),
        ("2026-03-01", {"input_mtok": "2"}),
        (["01:00:00", "02:00:00"], {"input_mtok": "9"}),
    )
    moments = ["2026-02-01T00:00", "2026-02-01T01:30", "2026-04-01T00:00", "2026-04-01T01:30"]
    assert [1, 9, 2, 9] == [(amount(table, moment) or 0) // 10**6 for moment in moments]


def test_tiers_of_several_prices_are_merged() -> None:
    """Each price of a set keeps its own steps."""
    tiered = {"base": "1", "above": [[10, "2"], [20, "3"]]}
    table = catalog((None, {"input_mtok": tiered, "requests_kcount": {"base": "0", "above": [[15, "1"]]}}))
    expected = [10_000_000, 22_000_000, 32_000_000 + 10**9, 63_000_000 + 10**9]
    assert expected == [amount(table, "2026-01-01", tokens) for tokens in (10, 11, 16, 21)]


def test_another_provider_s_table_is_one_step_away() -> None:
    """Azure sells OpenAI's models at OpenAI's prices; what OpenAI itself falls back on is not asked."""
    table = bundled()
    entry = table.find("azure", "gpt-4o")
    assert entry is not None
    assert "openai:gpt-4o" == entry.name
    assert table.find("openai", "claude-sonnet-4-5") is None


def test_the_snapshot_is_what_the_generator_writes() -> None:
    """`tools/prices.py` makes the shipped file from the installed genai-prices, byte for byte."""
    assert f"genai-prices {version('genai-prices')}" == bundled().version
    assert prices.snapshot().encode() == gzip.decompress(prices.TARGET.read_bytes())
