"""What charges are to the tree, the budgets and the counters: booked once, and made true again when they change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from threading import RLock
from typing import Final, NamedTuple

from spancost.budgets import Budgets, worst
from spancost.outcome import Correction, Count, Outcome, Rated
from spancost.rollup import Amounts, Charge, Node, Tree
from spancost.rollup.claims import claim_of, tells_more
from spancost.rollup.node import above, top
from spancost.rollup.records import Statement, statement_of
from spancost.rollup.sums import NO_AMOUNTS
from spancost.rollup.tree import OWNERS
from spancost.rollup.units import final

__all__ = ["Books"]

_HIGHEST: Final = 256
"""Spans above a call that are asked for what they said of it."""


class _Booked(NamedTuple):
    """What of a charge stands in the sums, and where."""

    amounts: Amounts
    home: Node | None
    who: tuple[str | None, ...]


class Books:
    """Guards, by its RLock, the fields of charges that later records revise."""

    def __init__(
        self,
        tree: Tree,
        budgets: Budgets,
        places: Mapping[str, int],
        revising: RLock,
        part: Callable[[Charge], list[Charge]],
    ) -> None:
        self._tree = tree
        self._budgets = budgets
        self._places = places
        """Where among a charge's values that of each attribution key stands."""
        self._revising = revising
        self._part = part
        self.duplicates = 0
        """Records of calls that were counted already."""
        # Whether an agent's own word was ever charged: then each call looks above whether it makes one superfluous.
        self._claims = False

    def enter(self, charge: Charge, node: Node, outcome: Outcome, *, is_claim: bool) -> None:
        """Book a new charge, or set a record aside whose call was counted already."""
        outcome.record = charge
        with self._revising:
            # Another thread's record may have corrected it already. From here on such a record books the difference.
            first = final(charge)
            if first is not charge:
                charge.set_aside = charge.settled = True
                self.duplicates += 1
            else:
                charge.entered = True
            amounts, home, who = charge.amounts, charge.booked, charge.who
            call, price, status = charge.call, charge.price, charge.status
            amount, source = charge.amount, charge.source
        if first is not charge:
            outcome.duplicate_of = first
            return
        outcome.charge = charge
        # What goes on the span is of one moment, whatever another thread's record corrects meanwhile.
        outcome.rated = Rated(call, price, amount, status, source)
        corrected = self._tree.book(home, amounts)
        if corrected:
            self.correct(corrected, outcome)
        if self._claims and amounts.tell:
            self._take_back_claims(charge, node.parent, node, outcome, own=not is_claim)
        self._claims = self._claims or is_claim
        if amounts.cost:
            self._observe(who, amounts.cost, None, node, outcome)

    def restate(self, charges: Iterable[Charge], node: Node, outcome: Outcome) -> None:
        """Make true what charges cost, whose they are, and that some are none any more or are one again."""
        for charge in charges:
            is_true = charge.merged is not None and not charge.entered  # Whoever ends its span sets it aside.
            while not is_true:
                others, original = charge.others, charge.original
                told = statement_of((charge, *others))
                is_true = self._restate(charge, others, original, told, node, outcome)

    def supplement(self, record: Charge, told: Charge, node: Node, outcome: Outcome) -> None:
        """Let a record tell what a span around it, which is none itself, knows better of it."""
        with self._revising:
            record.original = told
        self.restate((final(record),), node, outcome)

    def correct(self, owners: list[Node], outcome: Outcome) -> None:
        """Tell the new totals of owners that had ended when more of their cost became known."""
        for owner in owners:
            claim = claim_of(owner)
            if claim is not None and owner.below is not None and tells_more(owner.below, claim):
                # What an open span held back has come, and it tells of the calls that the agent summed up.
                owner.record = None
                self.take_back(claim, None, owner, outcome)
            # The number first: what another thread adds in between is then in the totals, too, and the highest number
            # never carries less than the whole.
            sequence = 0 if owner.below is None else owner.below.sequence
            totals = self._tree.totals(owner)
            correction = Correction(owner.trace_id, owner.span_id, owner.kind or "", owner.name, totals, sequence)
            outcome.corrections += (correction,)

    def take_back(self, claim: Charge, first: Charge | None, node: Node, outcome: Outcome) -> None:
        """Take back what an agent said its calls used, where one of them is told of, or is in another process."""
        with self._revising:
            # Another thread may have been here first, perhaps the other way round: a charge must not be itself.
            is_due = not claim.is_void and (first is None or first.merged is None)
            entered, settled = claim.entered, claim.settled
            was = claim.amounts
            if is_due:
                claim.merged = first
                claim.is_taken_back = True
                if first is not None:
                    first.forgotten += 1
                self.duplicates += 1
                # Whoever books or counts it from now on adds nothing.
                claim.amounts = NO_AMOUNTS
        if is_due and entered:
            booked = _Booked(was, claim.booked, claim.who)
            self._rebook(claim, booked, booked._replace(amounts=NO_AMOUNTS), node, outcome, is_settled=settled)
        if claim.is_taken_back and claim.others:
            self.restate(self._part(claim), node, outcome)

    def _restate(
        self,
        charge: Charge,
        others: tuple[Charge, ...],
        original: Charge | None,
        told: Statement,
        node: Node,
        outcome: Outcome,
    ) -> bool:
        """Make a charge what its records say; False where it has changed since they were asked."""
        numbers, money, owned, who = told
        is_corrected = not (charge is numbers is money is owned and charge.who is who)
        first = copy(charge) if original is None and is_corrected else original
        now = _Booked(told.amounts, owned.booked, who)
        with self._revising:
            if charge.others is not others or charge.original is not original:
                return False
            was_booked, settled = charge.entered, charge.settled
            amounts, home, before = charge.amounts, charge.booked, charge.who
            if charge.merged is None:
                charge.original = first
                charge.call, charge.price = numbers.call, numbers.price
                charge.trust, charge.layer = numbers.trust, numbers.layer
                charge.amount, charge.status, charge.source = money.amount, money.status, money.source
                charge.amounts, charge.booked, charge.who = now
                charge.rank, charge.agent_path = owned.rank, owned.agent_path
                charge.entered = charge.entered or charge.set_aside
                charge.set_aside = False
            elif was_booked:
                charge.entered, charge.set_aside = False, True
            is_booked = charge.entered
            self.duplicates += was_booked - is_booked
        if was_booked or is_booked:
            was = _Booked(amounts if was_booked else NO_AMOUNTS, home, before)
            now = now if is_booked else was._replace(amounts=NO_AMOUNTS)
            self._rebook(charge, was, now, node, outcome, is_settled=settled)
        return True

    def _rebook(
        self, charge: Charge, was: _Booked, now: _Booked, node: Node, outcome: Outcome, *, is_settled: bool
    ) -> None:
        """Move what a charge was to the tree, the budgets and the counters to what it is now."""
        outcome.changed += (charge,)
        if was == now:
            return
        difference = now.amounts.minus(was.amounts)
        if now.home is not was.home:
            self.correct(self._tree.book(was.home, was.amounts.negated()), outcome)
            self.correct(self._tree.book(now.home, now.amounts), outcome)
        elif now.amounts != was.amounts:
            self.correct(self._tree.book(was.home, difference), outcome)
        if now.who != was.who:
            self._observe(was.who, -was.amounts.cost, charge.at_ns, node, outcome)
            self._observe(now.who, now.amounts.cost, charge.at_ns, node, outcome)
        else:
            self._observe(now.who, difference.cost, charge.at_ns, node, outcome)
        if self._claims and now.amounts.tell and not was.amounts.tell:
            self._take_back_claims(charge, now.home, node, outcome, own=True)
        if is_settled and now.amounts != was.amounts:
            if difference.calls == 0:
                # Of which calls a counter was told that they had no price, it can't be told otherwise.
                difference = difference._replace(partial=0, unpriced=0)
            outcome.counts += (Count(charge, difference),)

    def _take_back_claims(self, charge: Charge, home: Node | None, node: Node, outcome: Outcome, *, own: bool) -> None:
        """Take back what agents said their calls used, who ended before a span below them told of one."""
        for span in above(home, _HIGHEST):
            claim = claim_of(span)
            if claim is not None and claim is not charge and (own or not claim.emitter.sums_agents):
                span.record = None
                self.take_back(claim, charge, node, outcome)
            own = own and span.kind not in OWNERS

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
