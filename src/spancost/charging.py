"""Calls become charges: counted once, booked to the tree and the budgets, revised by later records, then counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from threading import RLock
from typing import Final

from spancost.budgets import Budgets, worst
from spancost.calls import Kind
from spancost.outcome import Correction, Count, Outcome, Rated
from spancost.rollup import Amounts, Charge, Node, ResponseIds, Tree
from spancost.rollup.answers import Answers
from spancost.rollup.attribution import filled
from spancost.rollup.claimants import Claimants
from spancost.rollup.claims import claim_of, tells_more
from spancost.rollup.dedup import final, inside, nested, offer, outlived
from spancost.rollup.node import above, top
from spancost.rollup.orphans import Orphans
from spancost.rollup.records import best
from spancost.rollup.remote import Remote
from spancost.rollup.tree import OWNERS
from spancost.rollup.twins import Twins
from spancost.settling import Settling

__all__ = ["Charging"]

_HIGHEST: Final = 256
"""Spans above a call that are asked for what they said of it."""

_NO_AMOUNTS: Final = Amounts()


class Charging:
    """The charges of a process on their way to the tree, the budgets and the counters.

    State: the response ids, the kept answers and the orphans, which need no lock. Its RLock guards the fields of
    charges that later records revise.
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
        self.duplicates = 0
        """Records of calls that were counted already."""
        self._budgets = budgets
        self._places = places
        """Where among a charge's values that of each attribution key stands."""
        self._claimants = claimants
        self._ids = ResponseIds()
        self._answers = Answers()
        self._twins = Twins()
        self.orphans = Orphans()
        """Calls that lost their parent: an agent's own word may be their sum."""
        self.remote = Remote()
        """Calls in other processes: the same."""
        self._revising = RLock()
        self._settling = Settling(claimants, clock, self._revising)
        # Whether an agent's own word was ever charged: then each call looks above whether it makes one superfluous.
        self._claims = False

    def enter(self, charge: Charge, node: Node, outcome: Outcome) -> None:
        """Count what a call's record tells, unless it was told before."""
        if charge.emitter.repeats_answers and (kept := self._answers.kept_from(charge)) is not None:
            node.record = outcome.duplicate_of = kept
            if self._twins.compares:
                self._twins.add(charge, kept)
            with self._revising:
                self.duplicates += 1
            return
        response_id = charge.call.response_id
        # What an agent said of its calls is booked below the agent itself.
        is_claim = charge.booked is node
        first, inner, mistaken = self._counted(charge, node)
        if response_id and is_claim:
            first = first or self._ids.find(charge, response_id)
        elif response_id:
            # The same call inside may have told no id: it is known by this one from now on.
            claimed = self._ids.claim(first or charge, response_id)
            if first is None:
                if claimed is not charge:
                    first = node.record = final(claimed)
            elif final(claimed) is not first:
                self._merge(first, final(claimed), node, outcome)
                self._ids.give(first, response_id)
        if first is not None:
            self._twins.add(charge, first)
            self._revise(first, charge, node, outcome, inner=inner)
        elif mistaken is None:
            leaving: Charge | None = None
            for record, first in self._twins.join(charge):
                self._revise(first, record, node, outcome, leaving)
                leaving = record
            if first is not None:
                # Not the charge: its numbers alone say which it is of, and a span around it may know better.
                node.record = charge
                charge.settled = True
                offer(charge, node.parent, self._tree.below)
        if first is not None:
            with self._revising:
                self.duplicates += 1
            outcome.duplicate_of = first
            return
        outcome.charge = charge
        with self._revising:
            # Another thread's record may have corrected it already. From here on such a record books the difference.
            charge.entered = True
            amounts, home, who = charge.amounts, charge.booked, charge.who
            call, price, status = charge.call, charge.price, charge.status
            amount, source = charge.amount, charge.source
        # What goes on the span is of one moment, whatever another thread's record corrects meanwhile.
        outcome.rated = Rated(call, price, amount, status, source)
        node.record = charge
        if charge.calls > 1:
            # It knows of more than is told of the requests that it sums up.
            for part in dict.fromkeys(map(final, inside(node))):
                if part is not charge and self._take_back(part, charge, node, outcome):
                    self._twins.add(part, charge)
        corrected = self._tree.book(home, amounts)
        if corrected:
            self.correct(corrected, outcome)
        if mistaken is not None:
            self._reclaim(charge, mistaken, node, outcome)
        if self._claims and amounts.tell:
            self._take_back_claims(charge, node.parent, node, outcome, own=not is_claim)
        self._claims = self._claims or is_claim
        if amounts.cost and self._budgets.all:
            self._observe(who, amounts.cost, None, node, outcome)
        if self._twins.compares:
            self._claimants.follow(charge.emitter)
        if offer(charge, node.parent, self._tree.below) or self._claimants.may_claim(charge):
            outcome.counts += self._settling.hold(charge)
        else:
            # Another thread that ends a span above may have settled it since it was offered.
            outcome.counts += self._settling.settle(charge)

    def pass_on(self, inner: list[Charge], node: Node, kind: str | None, outcome: Outcome) -> None:
        """Offer the charges below a span that ends to the span above it, or let the counters have them."""
        goes_on = kind in (None, Kind.STEP) or outcome.duplicate_of is not None
        for charge in inner:
            if not (goes_on and offer(charge, node.parent, self._tree.below)) and not self._claimants.may_claim(charge):
                outcome.counts += self._settling.settle(charge)

    def supplement(self, charge: Charge, better: Charge, node: Node, outcome: Outcome) -> None:
        """Correct a charge by what a span around it says of the same call, which is no record of it."""
        better.who = charge.who
        self._revise(final(charge), better, node, outcome)

    def correct(self, owners: list[Node], outcome: Outcome) -> None:
        """Tell the new totals of owners that had ended when more of their cost became known."""
        for owner in owners:
            claim = claim_of(owner)
            if claim is not None and owner.below is not None and tells_more(owner.below, claim):
                # What an open span held back has come, and it tells of the calls that the agent summed up.
                owner.record = None
                self._take_back(claim, None, owner, outcome)
            # The number first: what another thread adds in between is then in the totals, too, and the highest number
            # never carries less than the whole.
            sequence = 0 if owner.below is None else owner.below.sequence
            totals = self._tree.totals(owner)
            correction = Correction(owner.trace_id, owner.span_id, owner.kind or "", owner.name, totals, sequence)
            outcome.corrections += (correction,)

    def hear(self, node: Node, input_: int, output: int, outcome: Outcome) -> None:
        """Take back what agents said they used where another process, asked from below them, tells of those calls."""
        self.remote.add(node, input_, output)
        for agent in above(node, _HIGHEST):
            claim = claim_of(agent)
            if claim is not None and self.remote.is_repeated_by(claim, agent):
                agent.record = None
                self._take_back(claim, None, agent, outcome)

    def settle(self, *, everything: bool = False) -> list[Count]:
        """Return what counters have waited for long enough or in vain, or all of it at the end."""
        return self._settling.due(everything=everything)

    def _counted(self, charge: Charge, node: Node) -> tuple[Charge | None, Charge | None, Charge | None]:
        """Return the charge that the spans inside or around a call have told of already, and which record is inside.

        Twice None if it is a new one, and then a record inside or around that only its numbers made another call's.
        """
        first = None if node.below is None else nested(charge.call, inside(node), charge.calls)
        if first is not None:
            if _is_mistaken(first, charge):
                return None, None, first
            first = node.record = final(first)
            return first, first, None
        outer = outlived(charge, node.parent)
        # Read once: another thread's call inside may take it at the same time.
        record = None if outer is None else outer.record
        if outer is None or record is None:
            return None, None, None
        first = final(record)
        if _is_mistaken(record, charge):
            outer.record = None
            return None, None, record
        # It may be told of in further layers: inside this one, or around it by one that is still open.
        node.record = first
        if node.parent is not outer:
            offer(first, node.parent, self._tree.below)
        if charge.call.usage is not None or first.call.usage is None:
            # An attempt that was told nothing leaves it to the one that succeeded.
            outer.record = None
        return first, charge, None

    def _revise(
        self,
        first: Charge,
        later: Charge,
        node: Node,
        outcome: Outcome,
        leaving: Charge | None = None,
        inner: Charge | None = None,
    ) -> None:
        """Correct a charge by a later record that knows better, and move it under the owner that record has.

        `inner` is the one that lies inside the other, if it does. Where the record takes the place of one that is
        `leaving`, the charge doesn't stay under that one's owner.
        """
        numbers, money = best(first, later, inner, leaving)
        better = numbers is not first or money is not first
        original = first.original or (copy(first) if better else None)
        amounts = numbers.amounts if money is numbers else numbers.amounts.with_money_of(money.amounts)
        told = first.who
        kept, taken = filled(told, later.who), filled(later.who, told)
        with self._revising:
            entered, settled = first.entered, first.settled
            before, home, who = first.amounts, first.booked, first.who
            if better:
                first.original = original
                first.call, first.price = numbers.call, numbers.price
                first.trust, first.layer = numbers.trust, numbers.layer
                first.amount, first.status, first.source = money.amount, money.status, money.source
                first.amounts = amounts
            by_leaving = leaving is not None and home is leaving.booked and home is not first.parent
            if by_leaving or later.rank > first.rank:
                first.booked, first.rank = later.booked, later.rank
                first.who, first.agent_path = later.who if by_leaving or who is not told else taken, later.agent_path
            elif who is told:
                first.who = kept
            after, new_home, new_who = first.amounts, first.booked, first.who
        if not entered:
            return
        outcome.changed += (first,)
        difference = after.minus(before)
        if new_home is not home:
            self.correct(self._tree.book(home, before.negated()), outcome)
            self.correct(self._tree.book(new_home, after), outcome)
        elif better:
            self.correct(self._tree.book(home, difference), outcome)
        if new_who != who:
            self._observe(who, -before.cost, first.at_ns, node, outcome)
            self._observe(new_who, after.cost, first.at_ns, node, outcome)
        elif better:
            self._observe(who, difference.cost, first.at_ns, node, outcome)
        if self._claims and after.tell and not before.tell:
            self._take_back_claims(first, new_home, node, outcome, own=True)
        if better and settled:
            outcome.counts += (Count(first, difference._replace(calls=0, partial=0, unpriced=0)),)

    def _reclaim(self, charge: Charge, record: Charge, node: Node, outcome: Outcome) -> None:
        """Let a new charge have a record that only its numbers made another's, which is then as it was before."""
        other = self._twins.reclaim(charge, record)
        if other is None:
            return
        alone = copy(other.original or other)
        alone.booked, alone.who, alone.rank, alone.agent_path = other.parent, other.told_who, 0, ""
        self._revise(other, other.others[-1] if other.others else alone, node, outcome, leaving=record)
        self._revise(charge, record, node, outcome, inner=record if record.start_ns > charge.start_ns else charge)

    def _merge(self, first: Charge, other: Charge, node: Node, outcome: Outcome) -> None:
        """Take back a charge that turned out to be another one: each was told of before a record told of both."""
        self._revise(first, other, node, outcome)
        if self._take_back(other, first, node, outcome):
            self._twins.add(other, first)

    def _take_back_claims(self, charge: Charge, home: Node | None, node: Node, outcome: Outcome, *, own: bool) -> None:
        """Take back what agents said their calls used, who ended before a span below them told of one."""
        for span in above(home, _HIGHEST):
            claim = claim_of(span)
            if claim is not None and (own or not claim.emitter.sums_agents):
                span.record = None
                self._take_back(claim, charge, node, outcome)
            own = own and span.kind not in OWNERS

    def _take_back(self, other: Charge, first: Charge | None, node: Node, outcome: Outcome) -> bool:
        """Take back a charge that turned out to be another one, or none; False where it was taken back already."""
        with self._revising:
            if other is first or other.is_void or other.merged is not None or (first and first.merged is not None):
                # Another thread was here first, perhaps the other way round: a charge must not turn out to be itself.
                return False
            other.merged = first
            entered, settled = other.entered, other.settled
            amounts, home, who = other.amounts, other.booked, other.who
            # Whoever books or counts it from now on adds nothing.
            other.amounts = _NO_AMOUNTS
            self.duplicates += 1
        taken = amounts.negated()
        if entered:
            outcome.changed += (other,)
            self.correct(self._tree.book(home, taken), outcome)
            self._observe(who, taken.cost, other.at_ns, node, outcome)
        if settled:
            outcome.counts += (Count(other, taken),)
        return True

    def _observe(
        self, who: tuple[str | None, ...], amount: int, corrects_ns: int | None, node: Node, outcome: Outcome
    ) -> None:
        if not amount or not self._budgets.all:
            return
        crossings = self._budgets.observe(who, self._places, amount, corrects_ns)
        if not crossings:
            return
        outcome.crossings += crossings
        for crossing in crossings:
            outcome.state = worst(outcome.state, crossing.state)
        below = self._tree.below(top(node))
        below.state = worst(below.state, outcome.state)


def _is_mistaken(record: Charge, charge: Charge) -> bool:
    """Tell whether only its numbers made a record another call's, of which a charge's instrumentation has told, too.

    They are two calls then, and the record, which lies inside the charge's span or around it, is of the latter.
    """
    first = final(record)
    return record.is_loose and record is not first and first.record_of(charge.emitter.scope) is not None
