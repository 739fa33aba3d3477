"""What a budget may say, and how each wrong one is named."""

from __future__ import annotations

from datetime import UTC
from decimal import Context, Decimal, Inexact, Rounded, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import attribute_values

from spancost.budgets import parse_line, parse_tables
from spancost.errors import ConfigError
from spancost.money import PICO


def test_a_line_of_budgets() -> None:
    """Scope, limit and window, apart by semicolons; spaces don't matter."""
    budgets = parse_line(" team=100/month;user = 0.05 / day ;; app.tier=7/day", UTC)
    assert [
        ("team-month", "team", 100 * PICO, "month"),
        ("user-day", "user", PICO // 20, "day"),
        ("app.tier-day", "app.tier", 7 * PICO, "day"),
    ] == [(each.id, each.scope, each.limit, each.window) for each in budgets]


def test_thresholds_are_75_90_and_100_percent_unless_told() -> None:
    """The amounts at which they fire are exact parts of the limit."""
    (budget,) = parse_line("team=0.000000000003/day", UTC)
    assert [(75, 2), (90, 3), (100, 3)] == [(each.percent, each.amount) for each in budget.thresholds]
    assert [False, False, True] == [each.is_limit for each in budget.thresholds]


def test_an_empty_line_is_no_budget() -> None:
    """Nothing asked for is nothing wrong."""
    assert () == parse_line("", UTC) == parse_line(" ; ; ", UTC)


def test_a_table_says_all_of_it() -> None:
    """Id, one value, thresholds in any order and twice: they are sorted and told once."""
    table = {
        "id": "gold",
        "scope": "tenant",
        "value": "acme",
        "limit": "10",
        "window": "day",
        "thresholds": [100, "50", 50.0, 12.5],
        "enforce": False,
    }
    (budget,) = parse_tables([table], "spancost.toml", UTC)
    assert ("gold", "acme", 10 * PICO) == (budget.id, budget.value, budget.limit)
    assert [Decimal("12.5"), 50, 100] == [each.percent for each in budget.thresholds]
    assert [PICO * 5 // 4, PICO * 5, PICO * 10] == [each.amount for each in budget.thresholds]


_RIGHT: dict[str, Any] = {"scope": "team", "limit": 5, "window": "day"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"limit": -5}, "limit must be positive, got -5"),
        ({"limit": 0}, "limit must be positive, got 0"),
        ({"limit": "abc"}, "limit must be a number of USD, got 'abc'"),
        ({"limit": None}, "limit must be a number of USD, got None"),
        ({"limit": True}, "limit must be a number of USD, got True"),
        ({"limit": float("nan")}, "limit must be a number of USD, got nan"),
        ({"limit": float("inf")}, "limit must be a number of USD, got inf"),
        ({"limit": "1e999"}, "limit must be at most 1000000000, got 1E+999"),
        ({"limit": "1e-999"}, "limit must be at least a pico-dollar, got 1E-999"),
        ({"limit": [5]}, "limit must be a number of USD, got [5]"),
        ({"window": "week"}, "window must be one of day, month, got 'week'"),
        ({"window": None}, "budget #1: window must be one of day, month, got None"),
        ({"window": ["day"], "id": "x"}, "window must be one of day, month, got ['day']"),
        ({"scope": "a b"}, "scope must be an attribution key or an attribute's name, got 'a b'"),
        ({"scope": 5, "id": "x"}, "scope must be an attribution key or an attribute's name, got 5"),
        ({"value": ""}, "value must be a text, got ''"),
        ({"value": 5}, "value must be a text, got 5"),
        ({"id": ""}, "id must be a text, got ''"),
        ({"id": 5}, "id must be a text, got 5"),
        ({"thresholds": []}, "thresholds must be a list of percents, got []"),
        ({"thresholds": 75}, "thresholds must be a list of percents, got 75"),
        ({"thresholds": [0]}, "thresholds must lie above 0 and at most 1000 percent, got 0"),
        ({"thresholds": [75, "x"]}, "thresholds must lie above 0 and at most 1000 percent, got 'x'"),
        ({"thresholds": [1001]}, "thresholds must lie above 0 and at most 1000 percent, got 1001"),
        ({"thresholds": [[1]]}, "thresholds must lie above 0 and at most 1000 percent, got [1]"),
        ({"enforce": True}, "enforcing ('!' or enforce) is not in this version"),
        ({"enforce": "yes"}, "enforcing ('!' or enforce) is not in this version"),
        ({"limits": 5}, "unknown key 'limits'; the keys are enforce, id, limit, scope, thresholds, value, window"),
    ],
)
def test_each_wrong_table_is_named(change: dict[str, Any], words: str) -> None:
    """The message says the file, the budget, what is wrong and what was found."""
    with pytest.raises(ConfigError) as raised:
        parse_tables([_RIGHT | change], "spancost.toml", UTC)
    assert str(raised.value).startswith("spancost.toml: budget ")
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("team", "budget 'team': write it as SCOPE=LIMIT/WINDOW, such as team=100/month"),
        ("team=abc/day", "limit must be a number of USD, got 'abc'"),
        ("team=-5/day", "limit must be positive, got -5"),
        ("team=1e999/day", "limit must be at most 1000000000"),
        ("team=5", "window must be one of day, month, got ''"),
        ("team=5/fortnight", "window must be one of day, month, got 'fortnight'"),
        ("team=5/day!", "enforcing ('!' or enforce) is not in this version"),
        ("team=5/day; team=6/day", "budget 'team-day': there are two of this id"),
        ("team=$5/day", "limit must be a number of USD, got '$5'"),
    ],
)
def test_each_wrong_line_is_named(line: str, words: str) -> None:
    """The message says the variable, the budget, what is wrong and what was found."""
    with pytest.raises(ConfigError, match="SPANCOST_BUDGETS: budget ") as raised:
        parse_line(line, UTC)
    assert words in str(raised.value)


def test_every_fault_is_named_at_once() -> None:
    """Nobody has to start the program again for each."""
    with pytest.raises(ConfigError) as raised:
        parse_line("team=-5/day; user; tenant=1/day; session=x/day", UTC)
    assert 3 == len(str(raised.value).split("\n"))


@given(st.text(alphabet="team=user/daymonth;!0123456789.eE- $\n", max_size=40))
def test_any_line_is_read_or_refused(line: str) -> None:
    """Nothing but a ConfigError comes out of a wrong line, and only sound budgets out of a right one."""
    try:
        budgets = parse_line(line, UTC)
    except ConfigError:
        return
    for budget in budgets:
        assert budget.limit > 0
        assert sorted(each.amount for each in budget.thresholds) == [each.amount for each in budget.thresholds]


@given(st.dictionaries(st.sampled_from([*_RIGHT, "id", "value", "thresholds", "enforce", "x"]), attribute_values()))
def test_any_table_is_read_or_refused(table: dict[str, Any]) -> None:
    """Nothing but a ConfigError comes out of a wrong table, and only sound budgets out of a right one."""
    try:
        (budget,) = parse_tables([_RIGHT | table], "spancost.toml", UTC)
    except ConfigError:
        return
    assert budget.limit > 0
    assert budget.thresholds


@pytest.mark.parametrize("host", [Context(prec=2), Context(traps=[Inexact, Rounded])], ids=["two digits", "traps"])
def test_the_host_programs_decimal_context_plays_no_part(host: Context) -> None:
    """Thresholds are exact whatever the program set for its own sums."""
    with localcontext(host):
        (budget,) = parse_line("team=12345.678901/month", UTC)
    assert 12_345_678_901 * 10**6 == budget.limit
    assert [12_345_678_901 * 10**4 * percent for percent in (75, 90, 100)] == [
        each.amount for each in budget.thresholds
    ]
