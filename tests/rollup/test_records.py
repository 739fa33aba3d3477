"""What records of one call say together: the better one holds, whichever came first."""

from __future__ import annotations

from itertools import permutations

import pytest
from support import record

from spancost.calls.dialects import Trust
from spancost.rollup import Charge, Node
from spancost.rollup.records import best, statement_of


def _partial() -> Charge:
    charge = record("client", (1000, 7))
    charge.status = "partial"
    return charge


def _guessed() -> Charge:
    charge = record("client", (1200, 130))
    charge.trust = Trust.OFF
    return charge


@pytest.mark.parametrize("worse", [record("client", ()), _partial(), _guessed(), record("client", (1000, 99))])
def test_the_one_that_knows_more_holds(worse: Charge) -> None:
    """Some usage before none, a whole before a part, told before guessed, and of a stream the greater count."""
    better = record("framework")
    for records in permutations((better, worse)):
        assert better is best(records)


def test_whoever_tells_of_a_cache_holds_though_a_token_is_off() -> None:
    """Traceloop's count of Claude's output is, which costs nothing beside a conversation that was cached."""
    told, hidden = record("client", (31_000, 121)), record("framework", (31_000, 120))
    told.trust = Trust.OFF
    assert told.call.usage is not None
    told.call = told.call._replace(usage=told.call.usage._replace(cache_read=30_000))
    for records in permutations((told, hidden)):
        assert told is best(records)


def test_of_two_that_know_as_much_the_inner_holds() -> None:
    """The outer may tell of more than that call."""
    outer = record("framework", (1000, 120))
    around = Node(outer.trace_id, outer.span_id, None, "", None, None, None)
    inner = record("client", parent=around)
    for records in permutations((outer, inner)):
        assert inner is best(records)


def test_the_amount_that_the_provider_charged_holds_whoever_told_the_tokens() -> None:
    """What anybody computed comes after it."""
    told, charged = record("client"), record("gateway", (1000, 90))
    charged.source, charged.amount = "provider", 7
    charged.amounts = charged.amounts._replace(cost=7)
    for records in permutations((told, charged)):
        statement = statement_of(records)
        assert (told, charged) == (statement.numbers, statement.money)
        assert (100, 7) == (statement.amounts.output, statement.amounts.cost)


def test_the_one_that_knows_best_whose_call_it_is_says_so_and_the_others_say_what_it_does_not() -> None:
    """An agent of one record, a user of another."""
    client, framework = record("client"), record("framework")
    client.who, framework.who, framework.rank = ("fetch", "ada", None), ("researcher", None, None), 3
    for records in permutations((client, framework)):
        statement = statement_of(records)
        assert framework is statement.owned
        assert ("researcher", "ada", None) == statement.who


def test_a_record_counts_as_it_was_told_though_it_was_a_charge_and_was_corrected() -> None:
    """What a record that has left brought along leaves with it."""
    charge, original = record("client", (1000, 50)), record("client", ())
    charge.original = original
    assert original is best((charge,))


def test_an_answer_that_was_given_again_says_nothing() -> None:
    """It tells of the call's tokens, and nobody used them."""
    call, again = record("client", ()), record("client")
    again.amounts = again.amounts.minus(again.amounts)
    assert call is best((call, again))
