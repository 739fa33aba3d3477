"""The benchmarks run, and measure what they say they do."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from benchmarks import steps

ROOT = Path(__file__).parents[2]
SMALL = ("--rounds", "2", "--spans", "32", "--open-spans", "200", "--import-rounds", "1", "--file-spans", "512")


@pytest.fixture(scope="module")
def printed() -> str:
    """What a small run prints."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *SMALL], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (0, "") == (done.returncode, done.stderr), done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "workload", ["plain span, 0 attributes", "plain span, 10 attributes", "model span", "agent tree of 16 spans"]
)
@pytest.mark.parametrize("case", ["bare SDK", "SDK + batch", "SDK + spancost", "Traceloop", "Langfuse", "Logfire"])
def test_every_workload_has_a_row_for_every_set_up(printed: str, workload: str, case: str) -> None:
    """Each table names each set-up, a peer that is not there as not installed."""
    table = printed.partition(f"\n{workload}")[2].partition("\n\n")[0]
    rows = [line for line in table.splitlines() if line.startswith(f"{case}  ")]
    assert 1 == len(rows), table
    assert "not installed" in rows[0] or "x" in rows[0]


@pytest.mark.parametrize(
    ("case", "what"),
    [
        ("SDK + spancost", "in its metrics"),
        ("SDK + batch + spancost", "in its metrics"),
        ("SDK + batch + spancost", "stamped with their cost"),
        ("dropped + spancost subtree", "in its metrics"),
        ("dropped + spancost all", "in its metrics"),
    ],
)
def test_spancost_is_measured_while_it_works(printed: str, case: str, what: str) -> None:
    """Every model call of the run was priced, counted and stamped: a set-up that does nothing can't look cheap."""
    line = next(line for line in printed.splitlines() if line.startswith(f"{case}  ") and "spans made" in line)
    found = re.search(rf"([\d,]+) of ([\d,]+) model calls {what}", line)
    assert found is not None, line
    assert found[1] == found[2]
    assert "0" != found[2]


@pytest.mark.parametrize("case", ["dropped", "dropped + spancost subtree", "dropped + spancost all"])
def test_a_dropped_span_has_a_row_with_and_without_us(printed: str, case: str) -> None:
    """Each workload again under a sampler that drops everything, against the bare SDK that drops nothing."""
    table = printed.partition("\nSampling:")[2].partition("\nMemory")[0]
    assert 4 == len(re.findall(rf"^{re.escape(case)}  .*x ", table, re.MULTILINE)), table


@pytest.mark.parametrize("kind", ["plain", "agent", "model"])
def test_memory_of_an_open_span_is_told_beside_the_sdks_own(printed: str, kind: str) -> None:
    """Each kind of open span has a row with the SDK's bytes and those with spancost, which are more."""
    found = re.search(rf"^{kind} span +([\d,]+) B by the SDK, ([\d,]+) B with spancost$", printed, re.MULTILINE)
    assert found is not None, printed
    own, with_spancost = (int(group.replace(",", "")) for group in found.groups())
    assert own < with_spancost


def test_import_time_is_told(printed: str) -> None:
    """The import table has a row for spancost and one for all it imports once it is installed."""
    table = printed.partition("\nImport:")[2]
    assert ["spancost", "spancost.installation"] == re.findall(r"^(spancost\S*) .* ms$", table, re.MULTILINE)


@pytest.mark.parametrize("form", ["JSON lines", "JSON, gzip", "protobuf"])
def test_every_form_of_file_is_read_back_whole(printed: str, form: str) -> None:
    """A row a form; a reading that missed a call would have failed the run."""
    table = printed.partition("\nReading back")[2]
    assert re.search(rf"^{form} +512 ", table, re.MULTILINE), table


def test_every_step_can_be_timed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m benchmarks.steps` calls the rooms behind the doors, whose ways in change."""
    monkeypatch.setattr(steps, "ITEMS", 2)
    names: list[str] = []
    for name, step, items in chain(steps.engine_steps(), steps.hook_steps()):
        for item in items():
            step(item)
        names.append(name)
    assert len(names) > 15
