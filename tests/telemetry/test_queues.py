"""What waits for the histograms is bounded, in number and in names, and is recorded once."""

from __future__ import annotations

from support import cost, record

from spancost.rollup import Amounts
from spancost.telemetry.queues import Queues


def test_an_owner_is_taken_out_once_under_its_name() -> None:
    """Whoever asks first records it."""
    queues = Queues()
    assert not queues.add_owner("agent", "researcher", 7)
    assert [(7, {"spancost.owner.kind": "agent", "spancost.owner.name": "researcher"})] == list(queues.owners())
    assert [] == list(queues.owners())


def test_beyond_thousands_the_worker_is_asked_to_record_and_beyond_more_the_oldest_are_lost() -> None:
    """No reader collects, or the worker hangs."""
    queues = Queues()
    asked = [queues.add_owner("agent", "researcher", number) for number in range(20_001)]
    assert 1_999 == asked.index(True)
    assert (20_000, 1) == (len(queues), queues.lost)
    assert 1 == next(queues.owners())[0]


def test_names_without_end_are_no_series_without_end() -> None:
    """A program may name each agent anew; the dearest keep their names."""
    queues = Queues()
    for number in range(10_000):
        queues.add_owner("agent", f"agent {number}", 1)
    names = {attributes["spancost.owner.name"] for _, attributes in queues.owners()}
    assert 300 >= len(names) > 1
    assert "_other" in names


def test_a_call_is_recorded_with_its_amount_and_no_correction_of_it_is() -> None:
    """A histogram can't take back."""
    queues = Queues()
    charge = record("client")
    queues.add_call(charge, charge.amounts)
    queues.add_call(charge, Amounts(cost=5))
    queues.add_call(record("client", ()), Amounts(calls=1))
    [(amount, attributes)] = queues.calls()
    assert cost(1000, 100) == amount
    assert ("openai", "gpt-5.2") == (attributes["gen_ai.provider.name"], attributes["gen_ai.request.model"])
