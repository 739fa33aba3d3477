"""Which calls become charges: each record is one of a call that was counted before, or the first of a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import RLock
from typing import Final

from spancost.books import Books
from spancost.budgets import Budgets
from spancost.calls import LAST_REQUEST, Kind
from spancost.outcome import Count, Outcome
from spancost.rollup import Charge, Node, ResponseIds, Tree
from spancost.rollup.answers import Answers
from spancost.rollup.claimants import Claimants
from spancost.rollup.claims import claim_of
from spancost.rollup.dedup import add, inside, nested, offer, outlived
from spancost.rollup.node import above
from spancost.rollup.orphans import Orphans
from spancost.rollup.remote import Remote
from spancost.rollup.sums import NO_AMOUNTS
from spancost.rollup.twins import Twins
from spancost.rollup.units import final, told_by
from spancost.settling import Settling

__all__ = ["Charging"]

_HIGHEST: Final = 256
"""Spans above a call in another process that may be the agent that asked."""


class Charging:
    """The charges of a process on their way to the tree, the budgets and the counters.

    State: the response ids, the kept answers and the orphans, which need no lock.
    """

    def __init__(
        self,
        tree: Tree,
        budgets: Budgets,
        places: Mapping[str, int],
        claimants: Claimants,
        clock: Callable[[], int],
    ) -> None:
        self._tree = tree
        self._claimants = claimants
        self._ids = ResponseIds()
        self._answers = Answers()
        self._twins = Twins()
        self.orphans = Orphans()
        """Calls that lost their parent: an agent's own word may be their sum."""
        self.remote = Remote()
        """Calls in other processes: the same."""
        revising = RLock()
        self.books = Books(tree, budgets, places, revising, self._twins.part)
        self._settling = Settling(claimants, clock, revising)

    def enter(self, charge: Charge, node: Node, outcome: Outcome) -> None:
        """Count what a call's record tells, unless it was told before."""
        node.record = charge
        kept = self._answers.kept_from(charge) if charge.emitter.repeats_answers else None
        is_given_again = kept is not None and not inside(node) and not self._twins.has_place(charge)
        if kept is not None and is_given_again and (touched := self._twins.again(charge, kept)):
            charge.amounts = NO_AMOUNTS
            self.books.enter(charge, node, outcome, is_claim=False)
            self.books.restate(touched, node, outcome)
            return
        # What an agent said of its calls is booked below the agent itself.
        is_claim = charge.booked is node
        other, touched = self._evidence(charge, node, is_claim=is_claim)
        if other is not None:
            touched += self._twins.tie(charge, other)
        else:
            touched += self._twins.join(charge)
        self.books.enter(charge, node, outcome, is_claim=is_claim)
        if outcome.charge is not None and charge.calls > 1:
            # It knows of more than is told of the requests that it sums up.
            for part in dict.fromkeys(map(final, inside(node))):
                touched += self._twins.tie(part, charge, is_new=False)
        if touched:
            self.books.restate(dict.fromkeys(touched), node, outcome)
        if self._twins.compares:
            self._claimants.follow(charge.emitter)
        if outcome.duplicate_of is not None:
            if other is None:
                # Its numbers alone say which call it is of, and a span around it may know better.
                offer(charge, node.parent, self._tree.below)
        elif offer(charge, node.parent, self._tree.below) or self._claimants.may_claim(charge):
            outcome.counts += self._settling.hold(charge)
        else:
            # Another thread that ends a span above may have settled it since it was offered.
            outcome.counts += self._settling.settle(charge)
        if outcome.charge is not None and node.parent is not None and self._twins.compares:
            # Another thread may have ended a span around it after that was asked and before it was offered.
            around = self._outlived(charge, node)
            if around is not None and final(around) is not charge:
                self.books.restate(self._twins.tie(charge, around, is_new=False), node, outcome)

    def tell_around(self, charge: Charge, around: Node) -> None:
        """Let a span know of a call inside, whatever the span is: it may have been written over with its numbers."""
        add(charge, (around.below or self._tree.below(around)).inner)

    def enter_last(self, charge: Charge, node: Node, around: Node, outcome: Outcome) -> None:
        """Count the last call inside a span that was written over with what it told, unless one below tells of it."""
        known = inside(around)
        own = [record for record in known if record.emitter is charge.emitter]
        silent = [record for record in own if told_by(record).usage is None]
        # Of a stream of Claude's not even a model is told there.
        blank = (record for record in reversed(silent) if not told_by(record).models)
        # The id may be made up, where the request's own is the provider's.
        call = charge.call._replace(response_id="")
        other = nested(charge.call, own or known) or nested(call, own) or nested(call, silent) or next(blank, None)
        if other is not None:
            touched = self._twins.tie(charge, other)
            self.books.enter(charge, node, outcome, is_claim=False)
            self.books.restate(dict.fromkeys(touched), node, outcome)
        else:
            if not own:
                # There may have been any number before it.
                charge.tell(charge.call._replace(partial=True, reason=LAST_REQUEST), charge.price)
            self.enter(charge, node, outcome)

    def pass_on(self, inner: Iterable[Charge], node: Node, kind: str | None, outcome: Outcome) -> None:
        """Offer the charges below a span that ends to the span above it, or let the counters have them."""
        goes_on = kind in (None, Kind.STEP) or outcome.duplicate_of is not None
        for charge in inner:
            if not (goes_on and offer(charge, node.parent, self._tree.below)) and not self._claimants.may_claim(charge):
                outcome.counts += self._settling.settle(charge)

    def seek(self, inner: Iterable[Charge], node: Node, outcome: Outcome) -> None:
        """Look for what the calls inside a call's span may be one with, now that it is no longer waited for."""
        if self._twins.compares:
            for record in inner:
                self.books.restate(self._twins.seek(record), node, outcome)

    def hear(self, teller: object, node: Node, input_: int, output: int, outcome: Outcome) -> None:
        """Take back what agents said they used where another process, asked from below them, tells of those calls."""
        self.remote.add(teller, node, input_, output)
        for agent in above(node, _HIGHEST):
            claim = claim_of(agent)
            if claim is not None and self.remote.is_repeated_by(claim, agent):
                agent.record = None
                self.books.take_back(claim, None, agent, outcome)

    def settle(self, *, everything: bool = False) -> list[Count]:
        """Return what counters have waited for long enough or in vain, or all of it at the end."""
        return self._settling.due(everything=everything)

    def _evidence(self, charge: Charge, node: Node, *, is_claim: bool) -> tuple[Charge | None, list[Charge]]:
        """Return a record that evidence says is of the same call, None if there is none, and charges that changed."""
        other = self._nested(charge, node)
        response_id = charge.call.response_id
        if not response_id:
            return other, []
        if is_claim:
            return other or self._ids.find(charge, response_id), []
        # The same call inside may have told no id: it is known by this one from now on.
        claimed = self._ids.claim(other or charge, response_id)
        if other is None:
            return (None if claimed is charge else claimed), []
        if claimed is other:
            return other, []
        self._ids.give(other, response_id)
        # Each was told of before a record told of both.
        return other, self._twins.tie(claimed, other, is_new=False)

    def _nested(self, charge: Charge, node: Node) -> Charge | None:
        """Return the record inside or around a call's span that is of the same call, None without evidence (R1)."""
        inner = None if node.below is None else nested(charge.call, inside(node), charge.calls)
        return self._outlived(charge, node) if inner is None else inner

    def _outlived(self, charge: Charge, node: Node) -> Charge | None:
        """Return the record of a span around a call that ended before it, and leave that to no other call."""
        outer = outlived(charge, node.parent)
        # Read once: another thread's call inside may take it at the same time.
        record = None if outer is None else outer.record
        if outer is None or record is None:
            return None
        # It may be told of in further layers: inside this one, or around it by one that is still open.
        if node.parent is not outer:
            offer(record, node.parent, self._tree.below)
        if charge.call.usage is not None or told_by(record).usage is None:
            # An attempt that was told nothing leaves it to the one that succeeded.
            outer.record = None
        return record
