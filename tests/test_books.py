"""Books: what the sums say of a charge is what its records say, however often they come and go."""

from __future__ import annotations

from threading import RLock
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from support import NOW, cost, record

from spancost.books import Books
from spancost.budgets import Budgets, parse_line
from spancost.calls import Kind
from spancost.outcome import Outcome
from spancost.rollup import Charge, Node, Tree

_WHO: Final = {"agent": 0}


class _Office:
    """Books with all that they write in."""

    def __init__(self) -> None:
        self.tree = Tree()
        self.budgets = Budgets(parse_line("agent=1/day", ZoneInfo("UTC")), None, lambda: NOW)
        self.books = Books(self.tree, self.budgets, _WHO, RLock(), self.part)
        self.outcome = Outcome(Node(1, 1, None, "", None, None, None))

        self.is_parting = False

    def part(self, charge: Charge) -> list[Charge]:
        """Let go of a charge's records the second time: the first time another thread is about to."""
        parted = list(charge.others) if self.is_parting else []
        self.is_parting = True
        for each in parted:
            each.merged = None
        return parted

    def enter(self, charge: Charge, *, is_claim: bool = False) -> Charge:
        charge.who, charge.entered = ("researcher",), False
        self.books.enter(charge, self.outcome.node, self.outcome, is_claim=is_claim)
        return charge

    def take_back(self, word: Charge) -> None:
        self.books.take_back(word, None, self.outcome.node, self.outcome)

    def restate(self, *charges: Charge) -> None:
        self.books.restate(charges, self.outcome.node, self.outcome)

    def check(self, amount: int, calls: int, duplicates: int) -> None:
        """Check that the tree, the budgets and the counters of settled charges say the same."""
        (_, standing), *_ = self.budgets.standings() or [(None, None)]
        booked = 0 if standing is None else standing.usage
        assert (amount, calls, amount) == (self.tree.spent.direct, self.tree.spent.calls, booked)
        assert duplicates == self.books.duplicates


def _told_again(office: _Office, charge: Charge) -> Charge:
    """Let a second record tell of a charge, and return that."""
    other = record("framework")
    _join(charge, other)
    office.enter(other)
    office.restate(charge, other)
    return other


def _join(charge: Charge, other: Charge | None) -> None:
    """Let a charge have one other record, or none."""
    for each in charge.others:
        each.merged = None
    charge.others = () if other is None else (other,)
    if other is not None:
        other.merged = charge


@pytest.fixture
def office() -> _Office:
    """Return empty books."""
    return _Office()


def test_a_charge_is_booked_once(office: _Office) -> None:
    """However often it is restated while nothing changes."""
    charge = office.enter(record("client"))
    office.restate(charge, charge)
    office.check(cost(1000, 100), 1, 0)


def test_a_record_of_a_call_that_was_counted_is_set_aside(office: _Office) -> None:
    """Its span says whose duplicate it is; the charge takes over what it knows better."""
    charge = office.enter(record("client", ()))
    _told_again(office, charge)
    assert charge is office.outcome.duplicate_of
    office.check(cost(1000, 100), 1, 1)


def test_a_record_that_finds_out_that_it_is_a_call_of_its_own_is_booked(office: _Office) -> None:
    """The charge it leaves is as it was without it."""
    charge = office.enter(record("client", ()))
    other = _told_again(office, charge)
    _join(charge, None)
    office.restate(charge, other)
    office.check(cost(1000, 100), 2, 0)
    assert (None, "unpriced", 1) == (charge.amount, charge.status, office.tree.spent.unpriced)
    assert {charge, other} == set(office.outcome.changed)


def test_a_charge_that_turns_out_to_be_another_is_taken_back_and_may_return(office: _Office) -> None:
    """Each was told of by itself; then evidence, and then better evidence."""
    charge, other = office.enter(record("client")), office.enter(record("framework", (1000, 80)))
    office.check(cost(2000, 180), 2, 0)
    for _ in range(2):
        _join(charge, other)
        office.restate(charge, other)
        office.check(cost(1000, 100), 1, 1)
        _join(charge, None)
        office.restate(charge, other)
        office.check(cost(2000, 180), 2, 0)


def test_what_is_taken_back_says_what_it_told_whoever_is_asked_first(office: _Office) -> None:
    """Another thread may ask it at that moment for what it knows of the call that it is a record of now."""
    charge, other = office.enter(record("client", ())), office.enter(record("framework"))
    _join(charge, other)
    office.restate(other)
    assert other.is_void
    assert cost(1000, 100) == other.amounts.cost
    office.restate(charge)
    office.check(cost(1000, 100), 1, 1)


def test_what_the_counters_have_they_are_told_the_difference_of(office: _Office) -> None:
    """A charge that waits is told as a whole later; one that is settled is told what has changed."""
    waiting, settled = office.enter(record("client", ())), office.enter(record("client", ()))
    settled.settled = True
    for charge in (waiting, settled):
        _told_again(office, charge)
    assert [settled] == [count.charge for count in office.outcome.counts]
    assert [cost(1000, 100)] == [count.amounts.cost for count in office.outcome.counts]


def test_whom_a_record_named_leaves_with_it(office: _Office) -> None:
    """Nothing else of the charge was corrected by it."""
    charge = office.enter(record("client"))
    charge.who = (None,)
    _told_again(office, charge)
    assert ("researcher",) == charge.who
    _join(charge, None)
    office.restate(charge)
    assert (None,) == charge.who


def test_an_agents_word_that_returns_is_not_taken_back_for_itself(office: _Office) -> None:
    """It was taken for another's call, and no call below the agent has told of anything."""
    agent = Node(7, 7, None, "researcher", Kind.AGENT, None, None)
    word, other = record("framework"), office.enter(record("client"))
    word.booked, word.span_id, agent.record = agent, agent.span_id, word
    office.enter(word, is_claim=True)
    _join(other, word)
    office.restate(other, word)
    office.check(cost(1000, 100), 1, 1)
    _join(other, None)
    office.restate(other, word)
    office.check(cost(2000, 200), 2, 0)
    assert word is agent.record


def test_what_was_one_with_an_agents_word_is_booked_whoever_takes_that_back_first(office: _Office) -> None:
    """Another thread has taken it back meanwhile."""
    word, other = office.enter(record("framework"), is_claim=True), record("client")
    _join(word, other)
    office.enter(other)
    office.restate(word)
    office.take_back(word)
    office.check(0, 0, 2)
    office.take_back(word)
    office.check(cost(1000, 100), 1, 1)


def test_a_charge_moves_below_the_owner_that_a_record_knows(office: _Office) -> None:
    """And back, where that record was another call's."""
    owner = Node(7, 7, None, "researcher", None, None, None)
    charge = office.enter(record("client"))
    other = record("framework", parent=owner)
    other.rank = 3
    _join(charge, other)
    office.enter(other)
    office.restate(charge)
    assert owner is charge.booked
    assert cost(1000, 100) == office.tree.totals(owner).total
    _join(charge, None)
    office.restate(charge)
    assert charge.booked is None
    assert 0 == office.tree.totals(owner).total
