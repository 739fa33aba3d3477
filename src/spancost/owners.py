"""Which owners a program had, one below the other: the tree that consoles and reports show."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Kind
from spancost.faults import leave_to_host
from spancost.rollup.node import above

if TYPE_CHECKING:
    from spancost.outcome import Outcome
    from spancost.rollup import Charge, Node, Totals

__all__ = ["Branch", "Owners"]

_HIGHEST: Final = 256


class Branch:
    """One owner, or a call that no owner has."""

    __slots__ = (
        "ancestors",
        "calls",
        "charge",
        "children",
        "direct",
        "kind",
        "name",
        "node",
        "partial",
        "span_id",
        "total",
        "trace_id",
        "unpriced",
    )

    def __init__(
        self,
        name: str,
        kind: str = "",
        trace_id: int = 0,
        span_id: int = 0,
        ancestors: tuple[int, ...] = (),
    ) -> None:
        self.name = name
        self.kind = kind
        """Agent, workflow, root, or call."""
        self.trace_id = trace_id
        self.span_id = span_id
        self.total = 0
        """Pico-USD, like `direct`."""
        self.direct = 0
        self.calls = 0
        self.partial = 0
        """Calls below whose amount is a lower bound."""
        self.unpriced = 0
        """Calls below that have no amount."""
        self.ancestors = ancestors
        """Ids of the spans above, nearest first."""
        self.node: Node | None = None
        """Of a call that no owner has, its span: later records may correct what it cost, or know of an owner."""
        self.charge: Charge | None = None
        """The charge that span is the record of."""
        self.children: list[Branch] = []

    def tell(self, totals: Totals) -> None:
        """Take over an owner's sums."""
        self.total, self.direct = totals.total, totals.direct
        self.calls, self.partial, self.unpriced = totals.calls, totals.partial, totals.unpriced

    def ask(self, node: Node) -> None:
        """Add up a call that no owner has, with what its span has below it: often another record of the same."""
        charge, below = self.charge, node.below
        self.total = self.direct = self.calls = self.partial = self.unpriced = 0
        if charge is not None and charge.booked is None and charge.merged is None:
            self.direct, self.calls, self.partial, self.unpriced, *_ = charge.amounts
        if below is not None:
            self.direct += below.direct
            self.total = below.children
            self.calls += below.calls
            self.partial += below.partial
            self.unpriced += below.unpriced
        self.total += self.direct


class Owners:
    """Remembers the owners that ended, as many as it may. Each step on its dict is atomic: no lock."""

    def __init__(self, most: int) -> None:
        self._branches: dict[tuple[int, int], Branch] = {}
        self._most = most
        self.forgotten = 0
        """Owners that ended first, for want of room; the sums above them count them all the same."""

    def take(self, outcome: Outcome) -> None:
        """Remember an owner or a call that no owner has; set an earlier owner's corrected totals."""
        for correction in outcome.corrections:
            branch = self._branches.get((correction.trace_id, correction.span_id))
            if branch is None:
                if correction.kind != Kind.ROOT:
                    continue
                # It ended with nothing below it and was no owner then.
                branch = Branch(correction.name, Kind.ROOT, correction.trace_id, correction.span_id)
                self._remember(branch)
            branch.tell(correction.totals)
        node = outcome.node
        if outcome.kind is not None and outcome.totals is not None:
            ancestors = tuple([span.span_id for span in above(node.parent, _HIGHEST)])
            branch = Branch(outcome.name, outcome.kind, node.trace_id, node.span_id, ancestors)
            branch.tell(outcome.totals)
        elif node.parent is None and node.kind == Kind.CALL:
            branch = Branch(node.name or "call", Kind.CALL, node.trace_id, node.span_id)
            branch.node, branch.charge = node, outcome.charge
        else:
            return
        self._remember(branch)

    def roots(self) -> list[Branch]:
        """Return the owners with none above them, the dearest first, each with its `children`."""
        branches = self._branches.copy()
        roots: list[Branch] = []
        for span, branch in tuple(branches.items()):
            branch.children = []
            if branch.node is None:
                continue
            branch.ask(branch.node)
            if not branch.calls:
                # It stands in an owner's sums, or is another record of a call that stands elsewhere.
                del branches[span]
        for (trace_id, _), branch in branches.items():
            parent = next((found for span_id in branch.ancestors if (found := branches.get((trace_id, span_id)))), None)
            (roots if parent is None else parent.children).append(branch)
        roots.sort(key=lambda branch: branch.total, reverse=True)
        return roots

    def _remember(self, branch: Branch) -> None:
        self._branches[branch.trace_id, branch.span_id] = branch
        if len(self._branches) > self._most:
            try:
                # Some at once: a dict whose first entries were taken out is slow to say which comes first.
                oldest = list(islice(self._branches, self._most // 1024 + 1))
            except RuntimeError as fault:
                leave_to_host(fault)
                return  # Another thread makes room too.
            for owner in oldest:
                if self._branches.pop(owner, None) is not None:
                    self.forgotten += 1
