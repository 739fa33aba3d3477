"""The first moments: a wrong configuration, what the entry point imports, and faults of our own."""

from __future__ import annotations

import json
import sys

import pytest
from zero_code.accounts import faults
from zero_code.stage import Stage

_WRONG = "team=abc/day"


def test_a_strict_program_with_a_wrong_budget_never_starts(stage: Stage) -> None:
    """Exit status 78, two lines that say why, and not a call made."""
    finished = stage.instrumented("calls.py", SPANCOST_STRICT="true", SPANCOST_BUDGETS=_WRONG)

    assert (78, "") == (finished.status, finished.stdout)
    assert 2 == len(finished.stderr.splitlines())
    assert "'abc'" in finished.stderr
    assert [] == stage.provider.ledger()


def test_a_strict_program_that_installs_by_itself_ends_there(stage: Stage) -> None:
    """`spancost.install()` raises SystemExit 78 before the first call."""
    finished = stage.plain("unconfigured.py", SPANCOST_STRICT="true", SPANCOST_BUDGETS=_WRONG)

    assert (78, "") == (finished.status, finished.stdout)
    assert [] == stage.provider.ledger()


def test_a_wrong_budget_is_told_and_costs_are_tracked(stage: Stage) -> None:
    """Without STRICT the program runs, no budget is watched, and the event says what is wrong."""
    finished = stage.instrumented("calls.py", SPANCOST_BUDGETS=_WRONG)

    assert 0 == finished.status
    assert [] == faults(stage)
    (record,) = stage.receiver.records()
    assert ("spancost.config.error", 17) == (record.event_name, record.severity_number)
    assert "SPANCOST_BUDGETS" == record.attributes["spancost.config.key"]


def test_a_wrong_variable_is_one_warning_and_the_default(stage: Stage) -> None:
    """The warning names variable and value; the program and its cost are as without it."""
    finished = stage.instrumented("calls.py", SPANCOST_CONSOLE="loud")

    (line,) = finished.stderr.splitlines()
    assert "SPANCOST_CONSOLE" in line
    assert "'loud'" in line
    assert [] == faults(stage)


def test_the_entry_point_imports_only_the_standard_library(stage: Stage) -> None:
    """An ImportError there would stop every other instrumentation, so it imports nothing that could be missing."""
    script = "import json, sys; before = set(sys.modules); import spancost.auto; print(json.dumps([*sys.modules]))"
    finished = stage.run("python", "-I", "-c", script)

    imported = {name.partition(".")[0] for name in json.loads(finished.stdout)}
    assert {"spancost"} == imported - sys.stdlib_module_names - {"__main__", *_site_modules(stage)}


def _site_modules(stage: Stage) -> set[str]:
    """Return what Python itself imports at its start, such as the finder of an editable install."""
    finished = stage.run("python", "-I", "-c", "import json, sys; print(json.dumps([*sys.modules]))")
    return {name.partition(".")[0] for name in json.loads(finished.stdout)}


@pytest.mark.parametrize("fault", ["raise ImportError('no such library')", "raise RuntimeError('broken')"])
def test_a_fault_of_ours_stops_no_other_instrumentation(stage: Stage, fault: str) -> None:
    """Where spancost can't be imported the program and its telemetry are unhurt, and one record says so."""
    broken = stage.folder / "broken"
    broken.mkdir()
    # Of all that is installed here only spancost reads TOML.
    (broken / "tomllib.py").write_text(fault)
    finished = stage.instrumented("calls.py", PYTHONPATH=str(broken))

    assert (0, 2) == (finished.status, len(stage.provider.ledger()))
    assert 1 == finished.stderr.count("spancost: could not be installed; the program runs without cost tracking")
    assert 2 == len([span for span in stage.receiver.spans() if "gen_ai.response.id" in span.attributes])
