"""The whole sequence for one span, without an SDK: join, read, price, count once, roll up, book, tell.

The same engine serves the live processor and whoever replays recorded spans.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Protocol

from spancost.budgets import Budgets, worst
from spancost.calls import MARKERS, Kind, Who, kind_at_start, kind_of, read_call
from spancost.outcome import Correction, Count, Outcome
from spancost.pricing.price import Price
from spancost.rollup import Charge, Node, ResponseIds, Totals, Tree
from spancost.rollup.attribution import Attribution, agent_name, workflow_name
from spancost.rollup.dedup import final, knows_better, nested, offer, outlived
from spancost.rollup.sums import Amounts, Below
from spancost.rollup.tree import Live, top

if TYPE_CHECKING:
    from spancost.calls import Attributes, Usage

__all__ = ["Engine", "Pricer"]

_WAIT_NS: Final = 30 * 10**9
"""How long a charge's counters wait for an open span around it that may report it again."""

_MOST_WAITING: Final = 8_192
"""Charges whose counters wait at once: where no reader collects, nobody else asks for them."""

_CALL_OR_NAMED: Final = (Kind.CALL, Kind.AGENT, Kind.WORKFLOW)
_NO_AMOUNTS: Final = Amounts()
_NOTHING: Final = Totals(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_NAMED: Final = (Kind.AGENT, Kind.WORKFLOW)
"""Owners whether or not anything was charged below them."""

_HIGHEST: Final = 4096
"""Ancestors climbed to find a local root."""


def _itself(held: Any) -> Any:
    """Say that live references hold plain mappings; an SDK's hold more."""
    return held


def _nothing(_: Any) -> None:
    """Say that contexts have no baggage."""


class Pricer(Protocol):
    """What prices calls."""

    def price(self, provider: str, models: tuple[str, ...], usage: Usage, at_ns: int) -> Price:
        """Return an amount or a reason; never raises."""
        ...


class Engine:
    """Spans in, outcomes out. State lives in the tree, the response ids and the budgets, each with its own lock."""

    def __init__(
        self,
        pricer: Pricer,
        budgets: Budgets,
        *,
        dimensions: tuple[str, ...] = (),
        attribution: Mapping[str, tuple[str, ...]] | None = None,
        clock: Callable[[], int],
        inside: Callable[[Any], Attributes] = _itself,
        baggage: Callable[[Any], Attributes | None] = _nothing,
    ) -> None:
        keys = tuple(dict.fromkeys(("agent", "workflow", *dimensions, *budgets.scopes)))
        self.who = Who.of(keys, attribution)
        self.dimensions = dimensions
        self.budgets = budgets
        self.tree = Tree()
        self.duplicates = 0
        """Records of calls that were counted already."""
        self._pricer = pricer
        self._clock = clock
        self._attribution = Attribution(self.who, inside)
        self._baggage = baggage
        self._place = {key: place for place, key in enumerate(keys)}
        self._ids = ResponseIds()
        # Guards the fields of charges that later records revise.
        self._revising = RLock()
        self._waiting: deque[tuple[int, Charge]] = deque()

    def start(
        self,
        trace_id: int,
        span_id: int,
        parent_id: int | None,
        name: str,
        attributes: Attributes,
        live: Live | None = None,
        context: Any = None,
    ) -> None:
        """Join an open span to the tree; of the context it starts in, spans of ours keep the baggage."""
        kind = baggage = None
        if attributes:
            kind = kind_at_start(attributes)
            if kind is not None:
                baggage = self._baggage(context)
        self.tree.start(trace_id, span_id, parent_id, name, kind, live, baggage)

    def end(
        self,
        trace_id: int,
        span_id: int,
        parent_id: int | None,
        name: str,
        attributes: Attributes,
        start_ns: int,
        resource: Attributes,
    ) -> Outcome | None:
        """Close a span; None where there is nothing to write on it and nothing to tell."""
        tree = self.tree
        node = tree.take(trace_id, span_id)
        if node is None:
            if tree.has_ended(trace_id, span_id):
                return None
            node = tree.reopen(trace_id, span_id)
        if node is None:
            # Its start was not seen: it began before we came.
            parent = None if parent_id is None else tree.find(trace_id, parent_id)
            node = Node(trace_id, span_id, parent, name, None, None, None)
        kind = None if MARKERS.isdisjoint(attributes) else kind_of(attributes)
        if kind is None:
            # A span past its limit of attributes drops the oldest of them: what it said it was at the start holds.
            kind = node.kind
        if kind is None and tree.end_bare(node):
            return None
        outcome = Outcome(node)
        if kind == Kind.CALL:
            baggage = self._baggage(None) if node.kind is None else node.baggage
            self._call(node, attributes, start_ns, baggage, resource, outcome)
        below = node.below
        if below is not None and below.inner:
            self._pass_on(below.inner, node, kind, outcome)
        is_root = node.parent is None and kind not in _CALL_OR_NAMED
        totals = tree.close(node, Kind.ROOT if is_root else kind)
        if totals is not None:
            self._corrected(tree.hand_up(node, totals), outcome)
        if kind == Kind.CALL and node.parent is not None and below is None:
            # Nothing can be asked of a call later: whoever comes late below it comes below its parent.
            tree.remember(span_id, node.parent)
        else:
            self._keep(node, attributes)
            tree.remember(span_id, node)
        if below is not None:
            outcome.state = worst(outcome.state, below.state)
        if outcome.charge is None and outcome.duplicate_of is None:
            outcome.totals = totals
            if kind in _NAMED or (totals is not None and node.kind == Kind.ROOT):
                outcome.kind = node.kind
                outcome.name = node.name
                outcome.totals = totals or _NOTHING
        return outcome

    @property
    def spent(self) -> Below:
        """Every charge of the process, as direct cost."""
        return self.tree.spent

    def record(
        self, trace_id: int, span_id: int, attributes: Attributes, baggage: Attributes | None, resource: Attributes
    ) -> Outcome:
        """Count a call that no span tells of, as one that starts and ends now."""
        node = Node(trace_id, span_id, None, "", Kind.CALL, None, baggage)
        outcome = Outcome(node)
        self._call(node, attributes, self._clock(), baggage, resource, outcome)
        return outcome

    def settle(self, *, everything: bool = False) -> list[Count]:
        """Return what counters have waited for long enough, or all of it at the end."""
        counts: list[Count] = []
        due = self._clock() - _WAIT_NS
        waiting = self._waiting
        while waiting and (everything or waiting[0][0] <= due):
            try:
                _, charge = waiting.popleft()
            except IndexError:
                break
            counts += self._settle(charge)
        return counts

    def cost_so_far(self, trace_id: int, span_id: int) -> int | None:
        """Return pico-USD of the whole local trace that an open span belongs to, None if it is unknown."""
        node = self.tree.find(trace_id, span_id)
        if node is None:
            return None
        root = top(node, _HIGHEST)
        if root.ended:
            return self.tree.totals(root).total
        return self.tree.cost_below(root)

    def forget(self) -> None:
        """Start anew, as a forked child must: its parent goes on counting what was open."""
        self.tree = Tree()
        self._ids = ResponseIds()
        self._revising = RLock()
        self._waiting = deque()
        self.duplicates = 0
        self.budgets.clear()

    def _call(
        self,
        node: Node,
        attributes: Attributes,
        start_ns: int,
        baggage: Attributes | None,
        resource: Attributes,
        outcome: Outcome,
    ) -> None:
        call = read_call(attributes)
        if call.usage is None:
            price = Price(None, "unpriced", "", "", call.reason)
        else:
            price = self._pricer.price(call.provider, call.models, call.usage, start_ns)
        parent = node.parent
        now_ns = self._clock()
        charge = Charge(node.span_id, call, price, parent, now_ns)
        charge.who, charge.agent_path, charge.owned = self._attribution.resolve(attributes, node, baggage, resource)
        first = self._counted(charge, node)
        if call.response_id:
            # The same call inside may have told no id: it is known by this one from now on.
            claimed = self._ids.claim(first or charge, call.response_id)
            if first is None:
                if claimed is not charge:
                    first = node.record = final(claimed)
            elif final(claimed) is not first:
                self._merge(first, final(claimed), node, outcome)
                self._ids.give(first, call.response_id)
        if first is not None:
            self.duplicates += 1
            outcome.duplicate_of = first
            self._revise(first, charge, node, outcome)
            return
        outcome.charge = charge
        with self._revising:
            # Another thread's record may have corrected it already. From here on such a record books the difference.
            charge.entered = True
            amounts = charge.amounts
            home = charge.booked
            who = charge.who
        node.record = charge
        corrected = self.tree.book(home, amounts)
        if corrected:
            self._corrected(corrected, outcome)
        if amounts.cost and self.budgets.all:
            self._observe(who, amounts.cost, None, node, outcome)
        if offer(charge, parent):
            self._waiting.append((now_ns, charge))
            if len(self._waiting) > _MOST_WAITING:
                outcome.counts += self._settle(self._waiting.popleft()[1])
        else:
            with self._revising:
                charge.settled = True
                amounts = charge.amounts
            outcome.counts = (Count(charge, amounts),)

    def _counted(self, charge: Charge, node: Node) -> Charge | None:
        """Return the charge that the spans inside or around a call have told of already, None if it is a new one."""
        first = None if node.below is None else nested(charge.call, node.below.inner)
        if first is not None:
            return final(first)
        outer = outlived(charge, node.parent)
        if outer is None or outer.record is None:
            return None
        first = final(outer.record)
        # It may be told of in further layers: inside this one, or around it by one that is still open.
        node.record = first
        if node.parent is not None and node.parent is not outer:
            self.tree.below(node.parent)
            offer(first, node.parent)
        if charge.call.usage is not None or first.call.usage is None:
            # An attempt that was told nothing leaves it to the one that succeeded.
            outer.record = None
        return first

    def _revise(self, first: Charge, later: Charge, node: Node, outcome: Outcome) -> None:
        """Correct a charge by a later record that knows better, and move it under the owner that record has."""
        better = knows_better(later, first)
        with self._revising:
            entered, settled = first.entered, first.settled
            before, home, who = first.amounts, first.booked, first.who
            if better:
                first.call, first.price = later.call, later.price
                first.amount, first.amounts, first.status = later.amount, later.amounts, later.status
            if later.owned and not first.owned:
                first.booked, first.owned = later.booked, True
                first.who, first.agent_path = later.who, later.agent_path
            after, new_home = first.amounts, first.booked
        if not entered:
            return
        if new_home is not home:
            self._corrected(self.tree.book(home, before.negated()), outcome)
            self._corrected(self.tree.book(new_home, after), outcome)
            self._observe(who, -before.cost, first.at_ns, node, outcome)
            self._observe(first.who, after.cost, first.at_ns, node, outcome)
        if not better:
            return
        difference = after.minus(before)
        if new_home is home:
            self._corrected(self.tree.book(home, difference), outcome)
            self._observe(who, difference.cost, first.at_ns, node, outcome)
        if settled:
            outcome.counts += (Count(first, difference._replace(calls=0, partial=0, unpriced=0)),)

    def _merge(self, first: Charge, other: Charge, node: Node, outcome: Outcome) -> None:
        """Take back a charge that turned out to be another one: each was told of before a record told of both."""
        self._revise(first, other, node, outcome)
        with self._revising:
            if other.merged is not None:
                return
            other.merged = first
            entered, settled = other.entered, other.settled
            taken, home, who = other.amounts.negated(), other.booked, other.who
            # Whoever books or counts it from now on adds nothing.
            other.amounts = _NO_AMOUNTS
        self.duplicates += 1
        if entered:
            self._corrected(self.tree.book(home, taken), outcome)
            self._observe(who, taken.cost, other.at_ns, node, outcome)
        if settled:
            outcome.counts += (Count(other, taken),)

    def _observe(
        self, who: tuple[str | None, ...], amount: int, corrects_ns: int | None, node: Node, outcome: Outcome
    ) -> None:
        if not amount or not self.budgets.all:
            return
        crossings = self.budgets.observe(who, self._place, amount, corrects_ns)
        if not crossings:
            return
        outcome.crossings += crossings
        for crossing in crossings:
            outcome.state = worst(outcome.state, crossing.state)
        below = self.tree.below(top(node, _HIGHEST))
        below.state = worst(below.state, outcome.state)

    def _settle(self, charge: Charge) -> tuple[Count, ...]:
        with self._revising:
            settled, charge.settled = charge.settled, True
            # Read here: a later record that finds the charge settled adds what it corrects by itself.
            amounts = charge.amounts
        return () if settled else (Count(charge, amounts),)

    def _pass_on(self, inner: list[Charge], node: Node, kind: str | None, outcome: Outcome) -> None:
        """Offer the charges below a span that ends to the span above it, or let the counters have them."""
        goes_on = kind is None or outcome.duplicate_of is not None
        parent = node.parent
        if goes_on and parent is not None:
            self.tree.below(parent)
        for charge in inner:
            if not (goes_on and offer(charge, parent)):
                outcome.counts += self._settle(charge)

    def _keep(self, node: Node, attributes: Attributes) -> None:
        """Keep of a span's attributes what late charges below it may ask for, and no more."""
        if node.kind == Kind.AGENT:
            node.name = agent_name(node.name, attributes)
        elif node.kind == Kind.WORKFLOW:
            node.name = workflow_name(node.name, attributes)
        names = self.who.every_name
        kept = None if names.isdisjoint(attributes) else {name: attributes[name] for name in names & attributes.keys()}
        node.live = None if kept is None else lambda: kept
        node.known = None

    def _corrected(self, owners: list[Node], outcome: Outcome) -> None:
        for owner in owners:
            # The number first: what another thread adds in between is then in the totals, too, and the highest number
            # never carries less than the whole.
            sequence = 0 if owner.below is None else owner.below.sequence
            totals = self.tree.totals(owner)
            correction = Correction(owner.trace_id, owner.span_id, owner.kind or "", owner.name, totals, sequence)
            outcome.corrections += (correction,)
