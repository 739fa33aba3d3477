"""The benchmarks run, and measure what they say they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = ("--rounds", "2", "--spans", "32", "--open-spans", "200", "--import-rounds", "1")


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
