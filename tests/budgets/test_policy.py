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


def test_a_line_says_all_that_a_table_can() -> None:
    """Id, value and thresholds follow as `key=value`, in quotes where they hold a space or a semicolon."""
    line = 'team=10/day id=gold value="a team; of 3" thresholds=50,12.5; user = 5 / month ! enforce=x'
    with pytest.raises(ConfigError):
        parse_line(line, UTC)
    line = 'team=10/day id=gold value="a team; of 3"  thresholds = "50, 12.5"; user = 5 / month id=u; a/b:c=1/day'
    table = {"id": "gold", "scope": "team", "value": "a team; of 3", "limit": 10, "window": "day"}
    assert (
        *parse_tables([table | {"thresholds": [50, 12.5]}], "spancost.toml", UTC),
        *parse_tables([{"id": "u", "scope": "user", "limit": 5, "window": "month"}], "spancost.toml", UTC),
        *parse_tables([{"scope": "a/b:c", "limit": 1, "window": "day"}], "spancost.toml", UTC),
    ) == parse_line(line, UTC)


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


_KEYS = "id, scope, value, limit, window, thresholds, enforce"
_SCOPES = "agent, workflow, user, session, team, tenant, tool, service"
_WRONG_SCOPE = "scope must be an attribution key or an attribute's name, got "
_ANY_SCOPE = f"write one of {_SCOPES}, or an attribute's name"
_PERCENTS = "write percents of the limit, such as 75"
_LIST = "write them as [75, 90, 100], or leave them out"
_ONE_VALUE = 'write the one value it is for, such as "search", or leave it out: then each has a budget of its own'
_NAME = 'write a name of your choice, such as "search-team", or leave it out'
_ENFORCE = "enforcing ('!' or enforce) is not in this version: no call would be stopped"
_OBSERVE = "take it out, to have the budget observed"


@pytest.mark.parametrize(
    ("change", "message", "remedy"),
    [
        ({"limit": -5}, "limit must be positive, got -5", "write an amount of USD above 0"),
        ({"limit": 0}, "limit must be positive, got 0", "write an amount of USD above 0"),
        ({"limit": "abc"}, "limit must be a number of USD, got 'abc'", "write digits alone, such as 100"),
        ({"limit": None}, "limit is missing", "write digits alone, such as 100"),
        ({"limit": True}, "limit must be a number of USD, got True", "write digits alone, such as 100"),
        ({"limit": float("nan")}, "limit must be a number of USD, got nan", "write digits alone, such as 100"),
        ({"limit": float("inf")}, "limit must be a number of USD, got inf", "write digits alone, such as 100"),
        ({"limit": "1e999"}, "limit must be at most 1000000000, got '1e999'", "write it in USD"),
        ({"limit": "1e-999"}, "limit must be at least a pico-dollar, got '1e-999'", "write 0.000000000001 or more"),
        ({"limit": [5]}, "limit must be a number of USD, got [5]", "write digits alone, such as 100"),
        ({"limit": 16**5000}, "limit must be a number of USD, got a number of thousands of digits", "write digits"),
        ({"window": "week"}, "window must be one of day, month, got 'week'", "write day or month"),
        ({"window": "monthly"}, "window must be one of day, month, got 'monthly'", "write month"),
        ({"window": None}, "window is missing", "write day or month"),
        ({"window": ["day"], "id": "x"}, "window must be one of day, month, got ['day']", "write day or month"),
        ({"scope": "a b"}, f"{_WRONG_SCOPE}'a b'", _ANY_SCOPE),
        ({"scope": 5, "id": "x"}, f"{_WRONG_SCOPE}5", _ANY_SCOPE),
        ({"scope": None}, "scope is missing", _ANY_SCOPE),
        ({"value": ""}, "value must be a text of at most 256 characters, got ''", _ONE_VALUE),
        ({"value": 5}, "value must be a text of at most 256 characters, got 5", _ONE_VALUE),
        ({"value": "v" * 257}, f"value must be a text of at most 256 characters, got '{'v' * 79}", _ONE_VALUE),
        ({"id": ""}, "id must be a text, got ''", _NAME),
        ({"id": 5}, "id must be a text, got 5", _NAME),
        ({"thresholds": []}, "thresholds must be a list of percents, got []", _LIST),
        ({"thresholds": 75}, "thresholds must be a list of percents, got 75", _LIST),
        ({"thresholds": [0]}, "thresholds must lie above 0 and at most 1000 percent, got 0", _PERCENTS),
        ({"thresholds": [75, "x"]}, "thresholds must lie above 0 and at most 1000 percent, got 'x'", _PERCENTS),
        ({"thresholds": [1001]}, "thresholds must lie above 0 and at most 1000 percent, got 1001", _PERCENTS),
        ({"thresholds": [[1]]}, "thresholds must lie above 0 and at most 1000 percent, got [1]", _PERCENTS),
        ({"enforce": True}, _ENFORCE, _OBSERVE),
        ({"enforce": "yes"}, _ENFORCE, _OBSERVE),
        ({"limits": 5}, "unknown key 'limits'", "write limit"),
        ({"colour": 5}, "unknown key 'colour'", f"take it out: the keys are {_KEYS}"),
    ],
)
def test_each_wrong_key_is_named_with_its_remedy(change: dict[str, Any], message: str, remedy: str) -> None:
    """The problem says the file, the budget, the key, what is wrong, what was found and what to write instead."""
    with pytest.raises(ConfigError) as raised:
        parse_tables([_RIGHT | {"id": "first"}, _RIGHT | change], "spancost.toml", UTC)
    (problem,) = raised.value.problems
    key = next(iter(change))
    called = "'x'" if change.get("id") == "x" else "#2"
    assert (f"budget[1].{key}", f"spancost.toml: budget {called}: {message}") == (problem.key, problem.message)
    assert problem.remedy.startswith(remedy)


def test_every_wrong_key_of_a_budget_is_named() -> None:
    """One start of the program tells all that is wrong."""
    table = {"id": "x", "scope": "", "limit": "$5", "window": "week", "thresholds": ["a", 0], "enforced": True}
    with pytest.raises(ConfigError) as raised:
        parse_tables([table], "spancost.toml", UTC)
    keys = ["enforced", "scope", "limit", "window", "thresholds", "thresholds"]
    assert [f"budget[0].{key}" for key in keys] == [problem.key for problem in raised.value.problems]


def test_two_budgets_of_one_id_are_told_at_the_second() -> None:
    """They would count into one another."""
    with pytest.raises(ConfigError) as raised:
        parse_tables([_RIGHT, _RIGHT | {"limit": 6}], "spancost.toml", UTC)
    assert [("budget[1].id", "spancost.toml: budget #2: there are two of this id; give each an id of its own")] == [
        (problem.key, str(problem)) for problem in raised.value.problems
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("team", "'team' can't be read; write SCOPE=LIMIT/WINDOW, such as team=100/month"),
        ("team=abc/day", "'team-day': limit must be a number of USD, got 'abc'; write digits alone, such as 100"),
        ("team=-5/day", "'team-day': limit must be positive, got '-5'; write an amount of USD above 0"),
        ("team=1e999/day", "'team-day': limit must be at most 1000000000, got '1e999'; write it in USD"),
        ("team=5", "'team=5': window is missing; write day or month"),
        ("team=5/fortnight", "'team-fortnight': window must be one of day, month, got 'fortnight'; write day or month"),
        ("team=5/day!", f"'team-day': {_ENFORCE}; {_OBSERVE}"),
        ("team=5/day! id=x", f"'x': {_ENFORCE}; {_OBSERVE}"),
        ("team=5/day value=", "'team=5/day value=' can't be read; write SCOPE=LIMIT/WINDOW, such as team=100/month"),
        (
            'team=5/day value="x',
            "'team=5/day value=\"x' can't be read; write SCOPE=LIMIT/WINDOW, such as team=100/month",
        ),
        ("team=5/day limit=6", "'team=5/day limit=6' can't be read; write SCOPE=LIMIT/WINDOW, such as team=100/month"),
        (
            "team=5/day thresholds=0",
            f"'team-day': thresholds must lie above 0 and at most 1000 percent, got '0'; {_PERCENTS}",
        ),
        ("team=5/day colour=6", f"'team-day': unknown key 'colour'; take it out: the keys are {_KEYS}"),
        ("team=5/day; team=6/day", "'team-day': there are two of this id; keep one of them"),
        ("team=$5/day", "'team-day': limit must be a number of USD, got '$5'; write digits alone, such as 100"),
    ],
)
def test_each_wrong_line_is_named(line: str, words: str) -> None:
    """The problem says the variable, the budget, what is wrong, what was found and what to write instead."""
    with pytest.raises(ConfigError) as raised:
        parse_line(line, UTC)
    assert [("SPANCOST_BUDGETS", f"SPANCOST_BUDGETS: budget {words}")] == [
        (problem.key, str(problem)) for problem in raised.value.problems
    ]


def test_every_fault_is_named_at_once() -> None:
    """Nobody has to start the program again for each."""
    with pytest.raises(ConfigError) as raised:
        parse_line("team=-5/day; user; tenant=1/day; session=x/day", UTC)
    assert 3 == len(raised.value.problems) == len(str(raised.value).split("\n"))


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
