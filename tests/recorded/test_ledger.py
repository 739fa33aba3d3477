"""Recorded runs of real frameworks, kept in a ledger as they were seen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from recorded.recording import RUNS, recordings
from recorded.replay import replay

from spancost.ledger import kept
from spancost.ledger.keeper import Keeper
from spancost.ledger.store import Store
from spancost.ledger.trees import trees
from spancost.money import PICO
from spancost.worker import Worker

_RECORDINGS = {recording.name: recording for recording in recordings(RUNS)}


@pytest.mark.parametrize("name", _RECORDINGS)
@pytest.mark.parametrize("often", [True, False], ids=["each outcome written at once", "all at the end"])
def test_a_ledger_has_what_the_engine_counted(name: str, often: bool, tmp_path: Path) -> None:
    """Call by call, whatever later records corrected, moved or took back, and however soon a row was written."""
    worker = Worker()
    keeper = Keeper(Store(tmp_path / "ledger.db"), worker, ("agent", "workflow"), lambda: 0, None)

    def take(outcome: object) -> None:
        keeper.take(outcome, None)  # pyright: ignore[reportArgumentType]
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
    records = sum(
        len(spans) for span, spans in tally.records.items() if span in {each.span_id for each in tally.charges}
    )
    assert records - len([charge for charge in tally.charges if not charge.is_void]) == told.total.duplicates
    keeper.shutdown()
    worker.stop()
