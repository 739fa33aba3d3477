"""Settings: what the environment and the file may say, and how each wrong one is named."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spancost.config import FRAMEWORKS, Config, load
from spancost.frameworks import KNOWN
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


_ZONE = "write a name like Europe/Berlin; where the system has no zones, install tzdata"

_LENGTH = "a number and one of s, m, h, d, w, such as 24h"

_LATER = "is not in this version and has no effect"


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
        BUDGETS="team=100/month; user=5/day",
        TIMEZONE="Europe/Berlin",
        DIMENSIONS=" team, app.tier ,",
        CONSOLE="TREE",
        SAMPLER=" All ",
        FRAMEWORKS="Pydantic-AI",
        STRICT=" True ",
        OPERATION_COST="TRUE",
        LOG_LEVEL="debug",
    )
    assert () == config.problems
    assert (False, True, True) == (config.disabled, config.strict, config.operation_cost)
    assert ("team-month", "user-day") == tuple(budget.id for budget in config.budgets)
    assert {ZoneInfo("Europe/Berlin")} == {budget.zone for budget in config.budgets}
    assert (("team", "app.tier"), "tree", "DEBUG") == (config.dimensions, config.console, config.log_level)
    assert ("all", ("pydantic-ai",)) == (config.sampler, config.frameworks)


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("SPANCOST_DISABLED", " True "),
        ("OTEL_SDK_DISABLED", "TRUE"),
        ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "redis, spancost"),
        ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "*"),
    ],
)
def test_what_is_off_reads_nothing_else(switch: str, value: str) -> None:
    """By any switch: no file is opened and nothing is wrong, whatever else is told."""

    def read(path: str) -> bytes:
        raise AssertionError(path)

    told = {"SPANCOST_CONFIG": "spancost.toml", "SPANCOST_BUDGETS": "tea", "SPANCOST_STRICT": "true"}
    assert Config(disabled=True) == load(told | {switch: value}, read)


@pytest.mark.parametrize(
    ("told", "heard"), [("", None), ("auto", None), ("AUTO", None), ("off", ()), ("pydantic-ai", ("pydantic-ai",))]
)
def test_frameworks_are_all_some_or_none(told: str, heard: tuple[str, ...] | None) -> None:
    """`auto` is every one we know, `off` is none."""
    assert heard == _load(FRAMEWORKS=told).frameworks


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("STRICT", "yes", "got 'yes', taken as false; write true or false"),
        ("DISABLED", "1", "got '1', taken as false; write true or false"),
        ("CONSOLE", "trees", "got 'trees', taken as off; write one of off, summary, tree"),
        ("LOG_LEVEL", "LOUD", "got 'LOUD', taken as unset; write one of DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("TIMEZONE", "Mars/Olympus", f"no time zone 'Mars/Olympus' here, taken as UTC; {_ZONE}"),
        ("TIMEZONE", "../../etc/passwd", f"no time zone '../../etc/passwd' here, taken as UTC; {_ZONE}"),
        ("BUDGET", "team=1/day", "there is no such setting; write SPANCOST_BUDGETS; docs/configuration.md lists them"),
        ("COLOUR", "red", "there is no such setting; take it out; docs/configuration.md lists them"),
        ("ENFORCE", "on", f"{_LATER}; take it out: budgets are observed, and no call is stopped"),
        (
            "STORE",
            "redis://user:secret@host",
            f"{_LATER}; take it out: what was spent is kept in each process, and begins anew with it",
        ),
        ("FAIL", "closed", f"{_LATER}; take it out: no call waits for a budget, so none can fail"),
        (
            "LEDGER",
            "costs.db?keep=long",
            f"got 'costs.db?keep=long', nothing is kept; write true or a path, behind it ?keep= with {_LENGTH}",
        ),
        ("SAMPLER", "1%", "got '1%', taken as off; write one of off, subtree, all"),
        (
            "HASH_USERS",
            "true",
            f"{_LATER}; take `user` out of SPANCOST_DIMENSIONS and of budgets: users leave the process as they are",
        ),
    ],
)
def test_a_wrong_variable_is_one_warning_and_the_default(name: str, value: str, message: str) -> None:
    """The program starts; the warning names the variable, what was found and what stands instead."""
    config = _load(**{name: value})
    assert Config() == replace(config, problems=())
    (problem,) = config.problems
    assert f"SPANCOST_{name}: {message}" == str(problem)
    assert (f"SPANCOST_{name}", False) == (problem.key, problem.is_error)
    assert "secret" not in str(problem)


@pytest.mark.parametrize(
    ("told", "heard", "words"),
    [
        ("crewai", (), "'crewai' is not known; the names are auto, off, pydantic-ai"),
        ("auto,bogus", None, "'bogus' is not known"),
        ("off,bogus", (), "'bogus' is not known"),
        ("pydantic-ai," + ",".join(f"f{place}" for place in range(10_000)), ("pydantic-ai",), "'f4' and 9995 more are"),
        ("x" * 100_000, (), "is not known"),
    ],
    ids=["unknown", "auto", "off", "many", "long"],
)
def test_frameworks_nobody_knows_are_one_short_warning(told: str, heard: tuple[str, ...] | None, words: str) -> None:
    """However many and however long: the variable is wrong once, and what is known of it holds."""
    config = _load(FRAMEWORKS=told)
    (message,) = _messages(config)
    assert heard == config.frameworks
    assert words in message
    assert 600 > len(message)


def test_what_can_be_switched_on_is_what_the_settings_know() -> None:
    """Names are checked where the settings are read, and used where frameworks are imported."""
    assert FRAMEWORKS == tuple(KNOWN)


def test_many_wrong_dimensions_are_one_warning() -> None:
    """Some of them are named, the rest is a number."""
    (message,) = _messages(_load(DIMENSIONS=",".join(f"no name {place}" for place in range(10_000))))
    assert "'no name 4' is left out" in message
    assert "and 9995 more" in message


@pytest.mark.parametrize(
    "file",
    [
        '[[price]]\nmodel = "m"\ninput = "1e-99999999"',
        '[[price]]\nmodel = "m"\ninput = "0.' + "3" * 1_000_000 + '"',
        '[[budget]]\nscope = "a"\nwindow = "day"\nlimit = "1e-99999999"',
        '[[budget]]\nscope = "a"\nwindow = "day"\nlimit = 5\nthresholds = ["1e-99999999"]',
        '[[budget]]\nscope = "a"\nwindow = "day"\nlimit = 5\nthresholds = ["50.' + "3" * 1_000_000 + '"]',
    ],
    ids=["price", "long price", "limit", "threshold", "long threshold"],
)
def test_numbers_that_would_take_for_ever_are_wrong(file: str) -> None:
    """A text may be a number of a hundred million digits: it is an error, told at once and in short."""
    (problem,) = _load(file).problems
    assert problem.is_error
    assert 600 > len(str(problem))


@pytest.mark.parametrize(
    ("dimensions", "kept", "words"),
    [
        ("user, user.id", ("user",), "'user.id' is left out: it is the same as user"),
        ("gen_ai.request.model,team", ("team",), "each counter has it already"),
        ("spancost.token.type", (), "each counter has it already"),
        ("agent", (), "each counter has it already"),
        ("te am,team", ("team",), "'te am' is left out: it is no attribute's name"),
        ("half\udc80,team", ("team",), "'half\\udc80' is left out"),
    ],
)
def test_a_dimension_that_can_be_none_is_left_out(dimensions: str, kept: tuple[str, ...], words: str) -> None:
    """What a counter has already, what has no name that can leave: one warning, and the others stand."""
    config = _load(DIMENSIONS=dimensions)
    assert kept == config.dimensions
    (message,) = _messages(config)
    assert words in message
    assert [False] == [problem.is_error for problem in config.problems]


def test_a_budget_that_is_no_text_is_an_error() -> None:
    """Bytes that are no UTF-8 would be an id or a value that can't leave."""
    config = _load(BUDGETS="team=5/day id=half\udc80")
    assert () == config.budgets
    (problem,) = config.problems
    assert (True, "SPANCOST_BUDGETS: can't be read: it is not UTF-8; write it in UTF-8") == (
        problem.is_error,
        str(problem),
    )


@pytest.mark.parametrize(
    "line",
    ["wrong{} = 1\n", "[[budget]]\nwrong{} = 1\n", "[[price]]\nwrong{} = 1\n", "[budget{}]\n"],
)
@pytest.mark.parametrize("head", ["", "[attribution]\n", "[[budget]]\n", "[[price]]\n"])
def test_of_a_file_of_something_else_not_every_line_is_told(head: str, line: str) -> None:
    """Of thousands of problems a log has no more than anybody reads."""
    config = _load(head + "".join(line.format(place) for place in range(3000)))
    assert 50 <= len(config.problems) <= 4 * 50
    assert () == config.budgets


def test_what_is_off_already_is_no_warning() -> None:
    """A setting of a later version that asks for nothing is obeyed as it stands."""
    off = {"ENFORCE": "off", "FAIL": "open", "LEDGER": "false", "SAMPLER": "OFF", "HASH_USERS": "false"}
    assert Config() == _load(**off)


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


_BRACKETS = 'write them in brackets, each in quotes, such as ["crm.user"], or take the key out'
_SYNTAX = "texts stand in quotes, a table's name in brackets, a key once"


@pytest.mark.parametrize(
    ("file", "line", "key", "words"),
    [
        ("[[budget]\nid=", 1, "SPANCOST_CONFIG", f"; correct line 1: {_SYNTAX}"),
        ("\n\nbudget = = 5", 3, "SPANCOST_CONFIG", "is not TOML: Invalid value (at line 3, column 10); correct line 3"),
        ("\nx = [", 2, "SPANCOST_CONFIG", "(at end of document); correct line 2"),
        (b"a = 1\n\xff\xfe", 2, "SPANCOST_CONFIG", "is not TOML: no UTF-8 in line 2; save it as UTF-8"),
        (b"b = 1\na = " + b"[" * 5000, 2, "SPANCOST_CONFIG", "is not TOML: nested too deeply; write tables as docs/"),
        (
            b"#" * (4 * 2**20 + 1),
            None,
            "SPANCOST_CONFIG",
            "is over 4194304 bytes; name the file of spancost's settings",
        ),
        ("\n[[budgets]]\nscope = 'team'", 2, "budgets", "unknown table 'budgets'; write budget"),
        ("limit = 5", 1, "limit", "unknown table 'limit'; take it out: the tables are attribution, budget, price"),
        (
            "\n[budget]\nscope = 'team'",
            2,
            "budget",
            "budget must be a list of tables, got {'scope': 'team'}; write each budget as a table of its own: [[budget]]",
        ),
        ("price = 5", 1, "price", "price must be a list of tables, got 5; write each price as a table of its own"),
        (
            "\n[[budget]]\nid = 'gold'\nscope = 'team'\nlimit = -5\nwindow = 'day'",
            5,
            "budget[0].limit",
            "budget 'gold': limit must be positive, got -5; write an amount of USD above 0",
        ),
        (
            "[[budget]]\nscope = 'a'\nlimit = 5\nwindow = 'day'\n\n[[budget]]\nlimit = 6\nwindow = 'day'",
            6,
            "budget[1].scope",
            "budget #2: scope is missing; write one of",
        ),
        ("\n[[price]]\nmodel = 'x'\ninput = 'free'", 4, "price[0].input", "got 'free'; write what a million tokens"),
        ("\n[[price]]\nmodel = 'x'", 2, "price[0]", "price #1 'x': has neither input nor output; write"),
        ("[attribution]\n\nuser = 'crm.id'", 3, "attribution.user", f"attribute names, got 'crm.id'; {_BRACKETS}"),
        (
            "[attribution]\nuser = []",
            2,
            "attribution.user",
            f"attribution: 'user' must be a list of attribute names, got []; {_BRACKETS}",
        ),
        (
            "\nattribution = 5",
            2,
            "attribution",
            "attribution must be a table, got 5; write [attribution], and below it",
        ),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value)[:20],
)
def test_a_wrong_file_is_an_error_that_says_where(file: str | bytes, line: int | None, key: str, words: str) -> None:
    """File, line, key, what is wrong and what to write; costs are tracked, and no budget of any source is watched."""
    config = _load(file, BUDGETS="team=1/day")
    assert () == config.budgets
    (problem,) = config.problems
    assert words in str(problem)
    assert str(problem).startswith("spancost.toml: ")
    assert (True, "spancost.toml", line, key) == (problem.is_error, problem.file, problem.line, problem.key)


def test_every_fault_of_a_file_is_named() -> None:
    """Budgets, prices and attribution are each read, whatever is wrong with the others: told in the file's order."""
    config = _load("[attribution]\nuser = 5\nteam = 6\n[[price]]\ninput = 'x'\n[[budget]]\nscope = 5\nid = 'a'\n[x]\n")
    assert [
        (2, "attribution.user"),
        (3, "attribution.team"),
        (4, "price[0].model"),
        (5, "price[0].input"),
        (6, "budget[0].limit"),
        (6, "budget[0].window"),
        (7, "budget[0].scope"),
        (9, "x"),
    ] == [(problem.line, problem.key) for problem in config.problems]


def test_right_prices_stand_beside_wrong_budgets() -> None:
    """Each part of a file that is right counts: costs are right even where budgets are not."""
    config = _load("[[budget]]\nscope = 5\nid = 'a'\n" + _FILE.split("\n\n")[1])
    assert ["gpt-5.2"] == [price.model for price in config.prices]
    assert () == config.budgets


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("usr", "write user if that is meant"),
        ("app.teir", "write app.tier if that is meant"),
        ("crm.region", "take it out"),
    ],
)
def test_a_key_of_attribution_that_nobody_asks_for_is_a_warning(key: str, remedy: str) -> None:
    """It may be a misspelt one: file, line, key and what may be meant are told, and everything else counts."""
    config = _load(f'[attribution]\n"{key}" = ["crm.customer"]\n', BUDGETS="team=1/day", DIMENSIONS="app.tier")
    (problem,) = config.problems
    assert (
        f"spancost.toml: attribution: '{key}' has no effect: no budget and no dimension asks for it" == problem.message
    )
    assert f"{remedy}, or name it as a budget's scope or in SPANCOST_DIMENSIONS" == problem.remedy
    assert (False, "spancost.toml", 2, f"attribution.{key}") == (
        problem.is_error, problem.file, problem.line, problem.key
    )  # fmt: skip
    assert ["team-day"] == [budget.id for budget in config.budgets]
    assert {key: ("crm.customer",)} == config.attribution


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("[[budget]]\nscope = 'plan'\nlimit = 5\nwindow = 'day'", {}),
        ("", {"BUDGETS": "plan=5/day"}),
        ("", {"DIMENSIONS": "team, plan"}),
    ],
    ids=["a budget of the file", "a budget of the environment", "a dimension"],
)
def test_a_key_of_attribution_that_somebody_asks_for_is_none(file: str, told: dict[str, str]) -> None:
    """A key of the user's own is right where a budget or a dimension is over it; ours are always."""
    attribution = '[attribution]\nplan = ["crm.plan"]\nservice = ["crm.service"]\n'
    assert () == _load(f"{file}\n{attribution}", **told).problems


@pytest.mark.parametrize(("file", "line"), [("[[budget]]\nscope = 'plan'\n", ""), ("", "plan=5/week")])
def test_while_budgets_are_wrong_no_key_of_attribution_is_doubted(file: str, line: str) -> None:
    """What they ask for is not known yet."""
    config = _load(f'{file}[attribution]\nplan = ["crm.plan"]\n', BUDGETS=line)
    assert [True] * len(config.problems) == [problem.is_error for problem in config.problems]


def test_one_id_in_file_and_environment_is_an_error() -> None:
    """Two budgets of one id would count into one another: neither is watched."""
    config = _load("[[budget]]\nscope = 'team'\nlimit = 5\nwindow = 'day'", BUDGETS="team=6/day")
    assert () == config.budgets
    (problem,) = config.problems
    assert "SPANCOST_BUDGETS: budget 'team-day' is also one of spancost.toml" == problem.message
    assert "take one of them out, or give the one in the file an id of its own" == problem.remedy


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    """Somebody may write to a pipe late or never, and the program waits for no one: it is one error, as no file is."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    # Were the pipe read, there would be a budget and no problem.
    writer = threading.Thread(target=path.write_text, args=(_FILE,), daemon=True)
    writer.start()
    config = load({"SPANCOST_CONFIG": str(path)})
    (problem,) = config.problems
    message = f"{path}: can't be read (not a regular file); name a TOML file in SPANCOST_CONFIG or take it out"
    assert (message, True, str(path), ()) == (str(problem), problem.is_error, problem.file, config.budgets)
    assert _FILE == path.read_text()
    writer.join()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "can't be read (No such file or directory)"),
        (lambda path: path.mkdir(), "can't be read (not a regular file)"),
        (lambda path: path.symlink_to("/dev/null"), "can't be read (not a regular file)"),
        (lambda path: path.symlink_to(path), "can't be read (Too many levels of symbolic links)"),
        (lambda path: path.write_bytes(b"\x00" * 5_000_000), "is over 4194304 bytes"),
        (lambda path: path.write_bytes(b"\x00"), "is not TOML"),
    ],
    ids=["missing", "a directory", "a device", "a loop of links", "huge", "binary"],
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
    assert all(problem.key and problem.message and problem.remedy for problem in config.problems)
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
    assert all(problem.key and problem.message and problem.remedy for problem in config.problems)
    assert not config.budgets or not any(problem.is_error for problem in config.problems)
