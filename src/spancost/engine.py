"""The whole sequence for one span, without an SDK: join, read, price, count once, roll up, book, tell.

The same engine serves the live processor and whoever replays recorded spans.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from spancost.budgets import Budgets, worst
from spancost.calls import MARKERS, OPERATIONS, Kind, Who, kind_at_start, kind_of
from spancost.calls.bare import MARK, WRITER, answer_of, kind_beneath
from spancost.calls.dialects import ANYBODY, emitter_of
from spancost.calls.repeated import repeated_usage
from spancost.calls.who import EVIDENCE, as_label
from spancost.charging import Charging
from spancost.outcome import Count, Outcome
from spancost.rating import Pricer, Rating
from spancost.rollup import Node, Totals, Tree, asking
from spancost.rollup.attribution import Attribution
from spancost.rollup.claimants import Claimants
from spancost.rollup.gateways import Gateways
from spancost.rollup.node import Live
from spancost.rollup.sums import Below
from spancost.words import Words

if TYPE_CHECKING:
    from spancost.calls import Attributes

__all__ = ["Engine", "Pricer"]

_ONLY_AROUND: Final = (None, Kind.TOOL, Kind.STEP, Kind.OTHER)
"""Where nothing was charged below them, there is nothing to tell of these."""
_PARTS: Final = (Kind.TOOL, Kind.STEP)
"""What may lie inside a call that is more than one request."""
_CALL_OR_NAMED: Final = (Kind.CALL, Kind.AGENT, Kind.WORKFLOW)
_WRITER: Final = WRITER.scope
_NOTHING: Final = Totals(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_NAMED: Final = (Kind.AGENT, Kind.WORKFLOW)
"""Owners whether or not anything was charged below them."""


def _itself(held: Any) -> Any:
    """Say that live references hold plain mappings; an SDK's hold more."""
    return held


def _nothing(_: Any) -> None:
    """Say that contexts have no baggage."""


class Engine:
    """Spans in, outcomes out. State lives in the tree, the charges and the budgets, each with its own lock."""

    def __init__(
        self,
        pricer: Pricer,
        budgets: Budgets,
        *,
        dimensions: tuple[str, ...] = (),
        kept: tuple[str, ...] = (),
        attribution: Mapping[str, tuple[str, ...]] | None = None,
        clock: Callable[[], int],
        inside: Callable[[Any], Attributes] = _itself,
        baggage: Callable[[Any], Attributes | None] = _nothing,
        tree: Callable[[], Tree] = Tree,
    ) -> None:
        keys = tuple(dict.fromkeys(("agent", "workflow", *EVIDENCE, *dimensions, *budgets.scopes, *kept)))
        self.who = Who.of(keys, attribution)
        self.dimensions = dimensions
        self.budgets = budgets
        self._clock = clock
        self._attribution = Attribution(self.who, inside)
        self._rating = Rating(pricer, self._attribution, clock)
        self._baggage = baggage
        self._new_tree = tree
        # A span with none of these attributes tells neither what it is nor whom it is for.
        self._telling = MARKERS.union(self.who.every_name)
        self._places = {key: place for place, key in enumerate(keys)}
        self._inherited: frozenset[tuple[int, int]] = frozenset()
        self._begin()

    def start(
        self,
        trace_id: int,
        span_id: int,
        parent_id: int | None,
        name: str,
        attributes: Attributes,
        live: Live | None = None,
        context: Any = None,
        scope: str = "",
    ) -> Node:
        """Join an open span to the tree, and return it; of the context it starts in, the baggage is kept."""
        kind = None if OPERATIONS.isdisjoint(attributes) else kind_at_start(attributes)
        if type(name) is not str:
            name = as_label(name)  # the SDK takes anything for a name
        if kind == Kind.CALL and MARK in attributes and scope != _WRITER:
            kind = kind_beneath(name, attributes)
        node = self.tree.start(trace_id, span_id, parent_id, name, kind, live, self._baggage(context))
        if scope in self._claimants.scopes:
            self._claimants.start(scope, node)
        return node

    def end_plain(self, trace_id: int, span_id: int, name: str, attributes: Attributes, scope: str) -> bool:
        """Close a span that is nothing to us, has nothing below and tells nothing; else False, and `end` must follow.

        It is what most spans of most programs are.
        """
        if scope in self._claimants.scopes or not self._telling.isdisjoint(attributes):
            return False
        return self.tree.end_bare(trace_id, span_id, name)

    def declare(self, trace_id: int, span_id: int, told: Attributes) -> bool:
        """Take an open span for the call that `told` tells of, whatever operation it names; False if it is not here.

        What is told goes before what the span's attributes say when it ends, and is written on no span. It is kept
        until then: whoever declares a span ends it at once.
        """
        node = self.tree.find(trace_id, span_id)
        if node is None or node.ended:
            return False
        # Not on the node: few spans are declared, and every open span would weigh more.
        self._declared[node] = told
        node.kind = Kind.CALL
        return True

    def end(
        self,
        trace_id: int,
        span_id: int,
        parent_id: int | None,
        name: str,
        attributes: Attributes,
        start_ns: int,
        resource: Attributes,
        scope: str = "",
        end_ns: int = 0,
        error: str | None = None,
    ) -> Outcome | None:
        """Close a span; None where there is nothing to write on it and nothing to tell.

        `scope` is the name of the instrumentation that wrote it; `error` is what its status says of an error, None
        where there was none.
        """
        tree = self.tree
        node = tree.take(trace_id, span_id)
        began_before_us = False
        if node is None:
            if tree.has_ended(trace_id, span_id) or (trace_id, span_id) in self._inherited:
                return None
            node = tree.reopen(trace_id, span_id)
            began_before_us = node is None
            if node is None:
                parent = None if parent_id is None else tree.find(trace_id, parent_id)
                node = Node(trace_id, span_id, parent, "", None, None, self._baggage(None))
            tree.ended.keep(span_id, node)
        # The name it has now: it may have got another one since it started.
        node.name = name if type(name) is str else as_label(name)
        followed = self._claimants.scopes.get(scope)
        if followed is not None:
            followed.discard(node)
        kind = None if MARKERS.isdisjoint(attributes) else kind_of(attributes)
        if kind is None:
            # A span past its limit of attributes drops the oldest of them: what it said it was at the start holds.
            kind = node.kind
        is_written_over = is_bare = False
        if kind == Kind.CALL:
            is_written_over = MARK in attributes and scope != _WRITER
            if is_written_over:
                kind = kind_beneath(node.name, attributes)
        elif kind is None and scope == _WRITER and self._words.are_of_request(node, parent_id, attributes):
            is_bare, kind, attributes = True, Kind.CALL, answer_of(attributes)
        if self._declared and (told := self._declared.pop(node, None)) is not None:
            kind = Kind.CALL
            attributes = {**attributes, **told}
        if kind in _PARTS and node.parent is not None and not node.parent.ended:
            tree.hear_part(node.parent, is_tool=kind == Kind.TOOL)
        if kind in _ONLY_AROUND and not is_written_over and tree.end_if_bare(node, kind):
            if kind is None and (not attributes or self.who.every_name.isdisjoint(attributes)):
                tree.ended.keep_bare(node)
            else:
                self._attribution.keep(node, attributes)
            return None
        if type(start_ns) is not int or type(end_ns) is not int:
            start_ns = end_ns = self._clock()  # the SDK takes anything for a time
        emitter = emitter_of(scope) if kind in _CALL_OR_NAMED else ANYBODY
        if kind == Kind.CALL and emitter.not_calls and node.name.endswith(emitter.not_calls):
            kind = Kind.OTHER
        outcome = Outcome(node, scope)
        if kind == Kind.CALL:
            if emitter.sums_turn_without and node.parent is not None:
                tree.below(node.parent)
            charge = self._rating.call(node, attributes, start_ns, resource, emitter, end_ns, error)
            if charge is None:
                outcome.refused = error is not None
            elif not self._gateways.had_kept(charge, node):
                self._charging.enter(charge, node, outcome)
                if outcome.charge is not None and node.parent is None and parent_id is not None:
                    self._charging.orphans.add(charge)
                if is_bare and node.parent is not None:
                    self._charging.tell_around(charge, node.parent)
        elif is_written_over:
            self._words.of_last_call(node, attributes, start_ns, resource, end_ns, error, outcome)
        elif kind == Kind.WORKFLOW and emitter.tells_last_call and not began_before_us:
            self._words.of_workflow(node, attributes, start_ns, resource, emitter, end_ns, error, outcome)
        elif kind == Kind.AGENT and not began_before_us:
            self._words.of_agent(node, attributes, start_ns, resource, emitter, end_ns, outcome)
        below = node.below
        inner = () if below is None else below.inner
        if inner and kind == Kind.OTHER and (repeated := repeated_usage(attributes)) is not None:
            self._words.supplement(inner, repeated, node, outcome)
        is_root = node.parent is None and kind not in _CALL_OR_NAMED
        totals = tree.close(node, Kind.ROOT if is_root else kind)
        if totals is not None:
            self._charging.books.correct(tree.hand_up(node, totals), outcome)
        if inner:
            if kind == Kind.CALL:
                self._charging.seek(inner, node, outcome)
            self._charging.pass_on(inner, node, kind, outcome)
        if kind == Kind.CALL and node.parent is not None and below is None and emitter is not WRITER:
            # Nothing can be asked of a call later: whoever comes late below it comes below its parent.
            tree.ended.keep(span_id, node.parent)
        else:
            self._attribution.keep(node, attributes)
        if below is not None and below.state is not None:
            outcome.state = worst(outcome.state, below.state)
        # What an owner that began before us had spent until then isn't known, nor what is below it now.
        if outcome.charge is None and outcome.duplicate_of is None and not began_before_us:
            outcome.totals = totals
            if kind in _NAMED or (totals is not None and node.kind == Kind.ROOT):
                outcome.kind = node.kind
                outcome.name = node.name
                outcome.totals = totals or _NOTHING
        return outcome

    @property
    def duplicates(self) -> int:
        """Records of calls that were counted already."""
        return self._charging.books.duplicates

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
        charge = self._rating.call(node, attributes, self._clock(), resource)
        if charge is not None:
            self._charging.enter(charge, node, outcome)
        return outcome

    def hear(self, teller: object, trace_id: int, span_id: int, input_: int, output: int) -> Outcome | None:
        """Hear how many tokens another process used for a span of this one; None where no span of this id is known.

        Only whoever sees several processes can tell. A `teller` is one local root there: it may correct itself.
        """
        node = self.tree.find(trace_id, span_id)
        if node is None:
            return None
        outcome = Outcome(node)
        self._charging.hear(teller, node, input_, output, outcome)
        return outcome

    def used(self, root: Node) -> tuple[int, int]:
        """Return the tokens of input and of output that a local root has used, with what other processes used for it.

        They are what an agent in yet another process says it used that asked for this one.
        """
        if root.kind == Kind.CALL:
            record = root.record
            return (0, 0) if record is None or record.is_void else (record.amounts.input, record.amounts.output)
        totals = self.tree.totals(root)
        input_, output = self._charging.remote.used_below(root)
        return totals.input + input_, totals.output + output

    def settle(self, *, everything: bool = False) -> list[Count]:
        """Return what counters have waited for long enough, or all of it at the end."""
        return self._charging.settle(everything=everything)

    def cost_so_far(self, trace_id: int, span_id: int) -> int:
        """Return pico-USD of the whole local trace that a span belongs to; nothing where none of it is known."""
        return asking.cost_so_far(self.tree, trace_id, span_id)

    def cost_of(self, trace_id: int | None, span_id: int | None) -> int | None:
        """Return pico-USD of a span with all below it, or of a local trace; None where nothing is remembered of it."""
        return asking.cost_of(self.tree, trace_id, span_id)

    def forget(self) -> None:
        """Start anew, as a forked child must: its parent goes on counting what was open.

        A child that unwinds its stack ends those spans once more, under the same ids.
        """
        self._inherited = self._inherited.union((node.trace_id, node.span_id) for node in self.tree.open_spans())
        self.budgets.clear()
        self._begin()

    def _begin(self) -> None:
        self.tree = self._new_tree()
        self._declared: dict[Node, Attributes] = {}
        self._claimants = Claimants()
        self._gateways = Gateways()
        self._charging = Charging(self.tree, self.budgets, self._places, self._claimants, self._clock)
        self._words = Words(self._rating, self._charging, self.tree)
