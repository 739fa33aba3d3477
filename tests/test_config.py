"""Settings: what the environment and the file may say, and how each wrong one is named."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spancost.config import Config, load
from spancost.money import PICO

_FILE = """
[[budget]]
id = "gold"
scope = "tenant"
value = "acme"
limit = 10
window = "month"

[[price]]
model = "gpt-5.2"
input = "3"
output = "15"

[attribution]
user = ["crm.customer"]
"""

_NAMES = (
    "DISABLED", "CONFIG", "BUDGETS", "TIMEZONE", "DIMENSIONS", "CONSOLE", "FRAMEWORKS", "STRICT", "OPERATION_COST",
    "LOG_LEVEL", "ENFORCE", "STORE", "FAIL", "LEDGER", "SAMPLER", "HASH_USERS", "NOBODY_KNOWS",
)  # fmt: skip


def _load(file: str | bytes | None = None, **told: str) -> Config:
    """Load settings with these variables and a file of this content."""
    environ = {f"SPANCOST_{name}": value for name, value in told.items()}
    if file is None:
        return load(environ)
    content = file.encode() if isinstance(file, str) else file
    return load(environ | {"SPANCOST_CONFIG": "spancost.toml"}, lambda _: content)


def _messages(config: Config) -> list[str]:
    return [str(problem) for problem in config.problems]


# -- The environment ----------------------------------------------------------------------------------------------


def test_nothing_set_is_nothing_wrong() -> None:
    """The defaults, and empty variables are as good as none (OpenTelemetry's rule)."""
    assert Config() == load({}) == _load(**dict.fromkeys(_NAMES[:-1], ""))


def test_every_variable_is_heard() -> None:
    """Each setting that the environment has, as it arrives."""
    config = _load(
        DISABLED="true",
        BUDGETS="team=100/month; user=5/day",
        TIMEZONE="Europe/Berlin",
        DIMENSIONS=" team, app.tier ,",
        CONSOLE="TREE",
        FRAMEWORKS="Pydantic-AI, openai-agents",
        STRICT=" True ",
        OPERATION_COST="TRUE",
        LOG_LEVEL="debug",
    )
    assert () == config.problems
    assert (True, True, True) == (config.disabled, config.strict, config.operation_cost)
    assert ("team-month", "user-day") == tuple(budget.id for budget in config.budgets)
    assert {ZoneInfo("Europe/Berlin")} == {budget.zone for budget in config.budgets}
    assert (("team", "app.tier"), "tree", "DEBUG") == (config.dimensions, config.console, config.log_level)
    assert ("pydantic-ai", "openai-agents") == config.frameworks


@pytest.mark.parametrize(
    ("told", "heard"), [("", None), ("auto", None), ("AUTO", None), ("off", ()), ("crewai", ("crewai",))]
)
def test_frameworks_are_all_some_or_none(told: str, heard: tuple[str, ...] | None) -> None:
    """`auto` is every one we know, `off` is none."""
    assert heard == _load(FRAMEWORKS=told).frameworks


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("STRICT", "yes", "SPANCOST_STRICT: must be true or false, got 'yes'; taken as false"),
        ("DISABLED", "1", "SPANCOST_DISABLED: must be true or false, got '1'; taken as false"),
        ("CONSOLE", "trees", "SPANCOST_CONSOLE: must be one of off, summary, tree, got 'trees'; taken as off"),
        ("LOG_LEVEL", "LOUD", "got 'LOUD'; taken as unset"),
        ("TIMEZONE", "Mars/Olympus", "SPANCOST_TIMEZONE: no time zone 'Mars/Olympus' here; taken as UTC"),
        ("TIMEZONE", "../../etc/passwd", "SPANCOST_TIMEZONE: no time zone '../../etc/passwd' here; taken as UTC"),
        ("BUDGET", "team=1/day", "SPANCOST_BUDGET: there is no such setting"),
        ("STORE", "redis://user:secret@host", "SPANCOST_STORE: is not in this version and has no effect"),
        ("ENFORCE", "on", "SPANCOST_ENFORCE: is not in this version and has no effect"),
    ],
)
def test_a_wrong_variable_is_one_warning_and_the_default(name: str, value: str, message: str) -> None:
    """The program starts; the warning names the variable, what was found and what stands instead."""
    config = _load(**{name: value})
    assert Config() == Config(
        config.disabled,
        config.budgets,
        config.prices,
        config.attribution,
        config.dimensions,
        config.console,
        config.frameworks,
        config.strict,
        config.operation_cost,
        config.log_level,
    )
    (problem,) = config.problems
    assert message in str(problem)
    assert (f"SPANCOST_{name}", False) == (problem.key, problem.is_error)
    assert "secret" not in str(problem)


def test_a_wrong_zone_counts_in_utc() -> None:
    """Budgets go on by UTC where the zone is unknown."""
    (budget,) = _load(TIMEZONE="Mars/Olympus", BUDGETS="team=1/day").budgets
    assert UTC == budget.zone


def test_a_wrong_budget_leaves_none() -> None:
    """Whoever asked for two budgets must not run with one: each fault is an error, and none is watched."""
    config = _load(BUDGETS="team=1/day; user=-5/day; tenant=x/day")
    assert () == config.budgets
    assert [True, True] == [problem.is_error for problem in config.problems]
    assert ["user-day", "tenant-day"] == [message.split("'")[1] for message in _messages(config)]


def test_the_environment_of_others_is_not_ours() -> None:
    """Only names that begin with SPANCOST_ are looked at."""
    assert Config() == load({"OTEL_SERVICE_NAME": "x", "SPANCOSTS": "y", "spancost_disabled": "true"})


# -- The file -----------------------------------------------------------------------------------------------------


def test_the_file_says_budgets_prices_and_attribution() -> None:
    """What is too long for a variable stands in one TOML file, and goes with the environment's."""
    config = _load(_FILE, BUDGETS="team=1/day")
    assert () == config.problems
    assert [("gold", 10 * PICO), ("team-day", PICO)] == [(budget.id, budget.limit) for budget in config.budgets]
    assert ["gpt-5.2"] == [price.model for price in config.prices]
    assert {"user": ("crm.customer",)} == config.attribution


@pytest.mark.parametrize(
    ("file", "line", "words"),
    [
        ("[[budget]\nid=", 1, "is not TOML"),
        ("\n\nbudget = = 5", 3, "is not TOML"),
        ("[budget]\nscope = 'team'", None, "write each budget as a table of its own: [[budget]]"),
        ("budget = 5", None, "write each budget as a table of its own: [[budget]]"),
        ("[[budgets]]\nscope = 'team'", None, "unknown table 'budgets'; the tables are attribution, budget, price"),
        ("\n[[budget]]\nid = 'gold'\nscope = 'team'\nlimit = -5\nwindow = 'day'", 3, "limit must be positive, got -5"),
        ("\n[[budget]]\nlimit = 5\n\n[[budget]]\nlimit = 6", 2, "budget #1: scope must be an attribution key"),
        ("\n\n[[price]]\nmodel = 'x'\ninput = 'free'", 3, "input must be a decimal string or number, got 'free'"),
        ("[attribution]\nuser = 'crm.id'", None, "'user' must be a list of attribute names, got 'crm.id'"),
        ("[attribution]\nuser = []", None, "'user' must be a list of attribute names, got []"),
        ("attribution = 5", None, "must be a list of attribute names, got 5"),
        (b"\xff\xfe", None, "is not TOML"),
        (b"a = " + b"[" * 5000, None, "is not TOML"),
        (b"#" * (4 * 2**20 + 1), None, "is over 4194304 bytes; that is no configuration"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value)[:20],
)
def test_a_wrong_file_is_an_error_that_says_where(file: str | bytes, line: int | None, words: str) -> None:
    """File, line, key and what is wrong; costs are tracked, and no budget of any source is watched."""
    config = _load(file, BUDGETS="team=1/day")
    assert () == config.budgets
    problem = config.problems[0]
    assert words in str(problem)
    assert str(problem).startswith("spancost.toml: ")
    assert (True, "spancost.toml", line) == (problem.is_error, problem.file, problem.line)


def test_every_fault_of_a_file_is_named() -> None:
    """Budgets, prices and attribution are each read, whatever is wrong with the others."""
    config = _load("[[budget]]\nscope = 5\nid = 'a'\n[[price]]\nmodel = 5\n[attribution]\nuser = 5\n")
    assert {"budget", "price", "attribution"} <= {
        word.strip(":") for text in _messages(config) for word in text.split()
    }


def test_right_prices_stand_beside_wrong_budgets() -> None:
    """Each part of a file that is right counts: costs are right even where budgets are not."""
    config = _load("[[budget]]\nscope = 5\nid = 'a'\n" + _FILE.split("\n\n")[1])
    assert ["gpt-5.2"] == [price.model for price in config.prices]
    assert () == config.budgets


def test_one_id_in_file_and_environment_is_an_error() -> None:
    """Two budgets of one id would count into one another: neither is watched."""
    config = _load("[[budget]]\nscope = 'team'\nlimit = 5\nwindow = 'day'", BUDGETS="team=6/day")
    assert () == config.budgets
    assert [
        "SPANCOST_BUDGETS: budget 'team-day': there is one of this id in spancost.toml; give each an id of its own"
    ] == (_messages(config))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "can't be read (No such file or directory)"),
        (lambda path: path.mkdir(), "can't be read (Is a directory)"),
        (lambda path: path.symlink_to(path), "can't be read (Too many levels of symbolic links)"),
        (lambda path: path.write_bytes(b"\x00" * 5_000_000), "is over 4194304 bytes"),
        (lambda path: path.write_bytes(b"\x00"), "is not TOML"),
    ],
    ids=["missing", "a directory", "a loop of links", "huge", "binary"],
)
def test_a_file_that_cannot_be_read_is_an_error(make: object, words: str, tmp_path: Path) -> None:
    """Whatever stands where the file should be."""
    path = tmp_path / "spancost.toml"
    make(path)  # type: ignore[operator]
    (problem,) = load({"SPANCOST_CONFIG": str(path)}).problems
    assert words in str(problem)
    assert problem.is_error


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    """An empty file is no fault."""
    path = tmp_path / "spancost.toml"
    path.write_bytes(b"")
    assert Config() == load({"SPANCOST_CONFIG": str(path)})


# -- Hostile ------------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(_NAMES).map("SPANCOST_".__add__) | st.text(max_size=5), st.text(max_size=30)))
@example({"SPANCOST_CONFIG": "\0"})
@example({"SPANCOST_TIMEZONE": "\0"})
@example({"SPANCOST_TIMEZONE": "\udcff"})
@example({"SPANCOST_CONFIG": "\udcff" * 1000})
@example({"SPANCOST_BUDGETS": f"team={'9' * 5000}/day"})
def test_no_environment_whatever_stops_the_program(environ: dict[str, str]) -> None:
    """Settings are read without raising, and every problem says something."""
    config = load(environ)
    assert all(map(str, config.problems))
    assert not config.budgets or not any(problem.is_error for problem in config.problems)


@given(st.binary(max_size=200) | st.text(alphabet="[]budgetpric.=\"'\n #0123456789{},", max_size=200).map(str.encode))
@example(b"[[budget]]\nscope='team'\nwindow='day'\nlimit=" + b"9" * 5000)
@example(b"[[budget]]\nscope='team'\nwindow='day'\nlimit=0x" + b"f" * 5000)
@example(b"[[budget]]\nscope='team'\nwindow='day'\nlimit=1\nthresholds=[0x" + b"f" * 5000 + b"]")
@example(b"[[price]]\nmodel='x'\ninput=0x" + b"f" * 5000)
@example(b"[attribution]\nuser=0x" + b"f" * 5000)
@example(b"[[budget]]\nscope='team'\nwindow='day'\nlimit=1979-05-27T07:32:00Z")
@example(b"a" + b".a" * 5000 + b"=1")
def test_no_file_whatever_stops_the_program(content: bytes) -> None:
    """A file of any content is read or refused."""
    config = _load(content)
    assert all(problem.is_error for problem in config.problems)
    assert not config.budgets or not config.problems
