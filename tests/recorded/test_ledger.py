"""Recorded runs of real frameworks, kept in a ledger as they were seen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from recorded.recording import RUNS, Recording, recordings
from recorded.replay import replay

from spancost.calls.who import EVIDENCE
from spancost.ledger import kept
from spancost.ledger.keeper import Keeper
from spancost.ledger.missing import Lacking
from spancost.ledger.otlp.files import read_batches
from spancost.ledger.otlp.order import by_start
from spancost.ledger.otlp.replay import Replay
from spancost.ledger.otlp.report import Report
from spancost.ledger.otlp.wanted import wanted
from spancost.ledger.remedies import remedy
from spancost.ledger.store import Store
from spancost.ledger.summary import Coverage, missed_of
from spancost.ledger.trees import trees
from spancost.money import PICO
from spancost.outcome import Outcome
from spancost.pricing import PriceBook
from spancost.worker import Worker

_BOOK: Final = PriceBook()

_RECORDINGS: Final = {recording.name: recording for recording in recordings(RUNS)}


@pytest.mark.parametrize("name", _RECORDINGS)
@pytest.mark.parametrize("often", [True, False], ids=["each outcome written at once", "all at the end"])
def test_a_ledger_has_what_the_engine_counted(name: str, often: bool, tmp_path: Path) -> None:
    """Call by call, whatever later records corrected, moved or took back, and however soon a row was written."""
    worker = Worker()
    keeper = Keeper(Store(tmp_path / "ledger.db"), worker, ("agent", "workflow", *EVIDENCE), lambda: 0, None)
    lacking = Lacking()

    def take(outcome: Outcome) -> None:
        keeper.take(outcome, None)
        lacking.take(outcome)
        if often:
            assert keeper.flush(30)

    tally = replay(_RECORDINGS[name], take=take)
    assert keeper.flush(30)
    charges = [charge for charge in (*tally.charges, *tally.aggregates) if not charge.is_void]
    with kept.opened(tmp_path / "ledger.db") as ledger:
        told = kept.summary(ledger, ("agent", "model", "status"), (0, 2**63 - 1))
        rows = ledger.execute(
            "SELECT span_id, cost, status, coalesce(agent, ''), input, output FROM charges"
        ).fetchall()
        roots = trees(ledger)
    assert Counter(
        (
            f"{charge.span_id:016x}",
            charge.amount,
            charge.status,
            charge.who[0] or "",
            *((None, None) if charge.call.usage is None else charge.call.usage[:2]),
        )
        for charge in charges
    ) == Counter(rows)
    assert tally.spent == told.total.cost * PICO == sum(root.total for root in roots)
    calls = sum(charge.amounts.calls for charge in charges)
    assert calls == told.total.calls == sum(root.calls for root in roots)
    assert tally.duplicates == told.total.duplicates
    coverage = told.coverage
    assert _from_files(_RECORDINGS[name]) == coverage
    assert missed_of(lacking.counts()) == coverage.missing, "the console's"
    lists = Counter[str]()
    for each in coverage.missing:
        assert each.reason
        assert each.remedy
        assert each.reason != "no_usage" or each.remedy != remedy("no_usage", ""), "each instrumentation has its own"
        lists[each.status] += each.calls
    assert (coverage.unpriced, coverage.partial) == (lists["unpriced"], lists["partial"])
    assert told.total.estimated >= lists["estimated"]
    keeper.shutdown()
    worker.stop()


def _from_files(recording: Recording) -> Coverage:
    """Return what a report on a run's files says is known of it."""
    replayed = Replay(_BOOK, keys=("agent", "workflow"))
    report = Report(("agent", "model", "status"), replayed.who.keys)
    batches = read_batches(map(str, recording.processes), wanted(replayed.who), lambda damage: pytest.fail(str(damage)))
    for span, outcome in replayed.outcomes(by_start(batches)):
        report.take(span, outcome)
    return report.close().coverage
