"""`opentelemetry-instrument python app.py`, and nothing else."""

from __future__ import annotations

from cost_tree import differences
from zero_code.stage import Stage


def test_the_stock_distro_needs_no_more(stage: Stage) -> None:
    """Every amount on the spans and in the metrics is the ledger's, for a program that names spancost nowhere."""
    finished = stage.instrumented("calls.py", "3")

    assert (0, "") == (finished.status, finished.stderr)
    assert 3 == len(stage.provider.ledger())
    receiver = stage.receiver
    assert [] == list(differences(receiver.spans(), receiver.points(), stage.provider.ledger()))
