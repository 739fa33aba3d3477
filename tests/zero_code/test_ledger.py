"""Charges kept by programs that know nothing of it: servers with workers, and children of multiprocessing."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from zero_code.accounts import faults, priced
from zero_code.stage import PROGRAMS, Stage

_GUNICORN = ("gunicorn", "--workers", "2", "--bind", "127.0.0.1:{port}", "--no-control-socket", "web:application")


def _report(stage: Stage, *arguments: str, ledger: str) -> dict[str, object]:
    done = stage.run("spancost", "report", *arguments, "--json", SPANCOST_LEDGER=ledger)
    assert (0, "") == (done.status, done.stderr)
    return json.loads(done.stdout)["total"]


def test_the_workers_of_a_server_keep_their_charges_in_one_ledger(stage: Stage, tmp_path: Path) -> None:
    """Forked from a master that has opened nothing yet; asked while they run, and after a signal has ended them."""
    ledger = str(tmp_path / "ledger.db")
    with stage.serving(*_GUNICORN, PYTHONPATH=str(PROGRAMS), SPANCOST_LEDGER=ledger) as server:
        workers: set[str] = set()
        while len(workers) < 2:
            workers.add(server.get("/ask"))
        stage.receiver.wait_for(
            lambda: _report(stage, ledger=ledger)["calls"] == len(stage.provider.ledger()), timeout=30
        )
        assert priced(stage.provider.ledger()) == Decimal(str(_report(stage, ledger=ledger)["cost"]))
    bills = stage.provider.ledger()
    total = _report(stage, "--last", "1h", ledger=ledger)
    assert (len(bills), len(bills), str(priced(bills))) == (total["calls"], total["priced"], total["cost"])
    assert "spancost" not in server.log()


@pytest.mark.parametrize("start", ["fork", "forkserver"])
def test_children_keep_their_charges_beside_their_parents(stage: Stage, start: str) -> None:
    """In the usual place, where `true` is all that is said; the counters and spans are as without it."""
    finished = stage.instrumented("children.py", start, SPANCOST_LEDGER="true")
    assert (0, "") == (finished.status, finished.stderr)
    assert [] == faults(stage)
    total = _report(stage, ledger="true")
    bills = stage.provider.ledger()
    assert (len(bills), priced(bills)) == (total["calls"], Decimal(str(total["cost"])))
