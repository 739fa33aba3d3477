"""The cost tree of a program, printed when it ends: no backend needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Kind
from spancost.money import format_usd
from spancost.rollup.node import above

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.trace import SpanContext

    from spancost.engine import Engine
    from spancost.outcome import Outcome
    from spancost.rollup import Charge, Totals

__all__ = ["Branch", "Console", "render"]

_MOST_BRANCHES: Final = 5_000
"""Owners remembered for the tree; those that ended first are forgotten, the sums count them all the same."""

_MOST_TRACES: Final = 20
"""Traces printed, the dearest first."""

_HIGHEST: Final = 256

_LONGEST: Final = 120
"""Characters printed of a name."""


class Branch:
    """One owner, or a call that no owner has, as a line of the tree."""

    __slots__ = ("ancestors", "charge", "children", "direct", "name", "total", "unpriced")

    def __init__(self, name: str, total: int, direct: int, unpriced: int, ancestors: tuple[int, ...] = ()) -> None:
        self.name = name
        self.total = total
        """Pico-USD, like `direct`."""
        self.direct = direct
        self.unpriced = unpriced
        """Calls below that have no amount."""
        self.ancestors = ancestors
        """Ids of the spans above, nearest first."""
        self.charge: Charge | None = None
        """Of a call that no owner has: a later record may correct it, or know of an owner."""
        self.children: list[Branch] = []


def render(roots: Iterable[Branch]) -> str:
    """Return trees as text, a line an owner, children under their parents.

    An owner without owners below it shows its total alone: all of it is direct.
    """
    lines: list[str] = []
    stack: list[tuple[Branch, str, str, int]] = [(root, "", "", 0) for root in reversed(list(roots))]
    while stack:
        branch, head, indent, width = stack.pop()
        lines.append(f"{head}{_line(branch, width)}")
        children = branch.children
        # Amounts of siblings stand in one column where none has anything below it.
        flat = not any(child.children for child in children)
        column = max((len(_shown(child.name)) for child in children), default=0) if flat else 0
        last = children[-1] if children else None
        stack.extend(
            (
                child,
                indent + ("└── " if child is last else "├── "),
                indent + ("    " if child is last else "│   "),
                column,
            )
            for child in reversed(children)
        )
    return "\n".join(lines)


def _line(branch: Branch, width: int) -> str:
    name = _shown(branch.name)
    if branch.children:
        text = f"{name}  {format_usd(branch.total)}  (direct {format_usd(branch.direct)})"
    else:
        text = f"{name:{width}}  {format_usd(branch.total)}"
    return f"{text}  [{branch.unpriced} unpriced]" if branch.unpriced else text


def _shown(name: str) -> str:
    # A name may come from anywhere: it must neither forge a line nor move the cursor.
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in name[:_LONGEST])
    return shown if len(name) <= _LONGEST else f"{shown}…"


class Console:
    """Remembers the owners that ended, until it is asked for their tree. Each step on its dict is atomic: no lock."""

    def __init__(self, engine: Engine, most_branches: int = _MOST_BRANCHES) -> None:
        self._engine = engine
        self._most = most_branches
        self.forget()

    def forget(self) -> None:
        """Start anew, as a forked child must."""
        self._branches: dict[tuple[int, int], Branch] = {}

    def take(self, outcome: Outcome, context: SpanContext | None) -> None:  # noqa: ARG002 - no use for it
        """Remember an owner or a call that no owner has; set an earlier owner's corrected totals."""
        for correction in outcome.corrections:
            branch = self._branches.get((correction.trace_id, correction.span_id))
            if branch is not None:
                branch.total, branch.direct = correction.totals.total, correction.totals.direct
                branch.unpriced = correction.totals.unpriced
            elif correction.kind == Kind.ROOT:
                # It ended with nothing below it and was no owner then.
                branch = _owner(correction.name, correction.totals, ())
                self._remember((correction.trace_id, correction.span_id), branch)
        node = outcome.node
        if outcome.kind is not None and outcome.totals is not None:
            ancestors = tuple(span.span_id for span in above(node.parent, _HIGHEST))
            branch = _owner(outcome.name, outcome.totals, ancestors)
        elif outcome.charge is not None and node.parent is None:
            branch = Branch(node.name or "call", 0, 0, 0)
            branch.charge = outcome.charge
        else:
            return
        self._remember((node.trace_id, node.span_id), branch)

    def flush(self, timeout: float) -> bool:  # noqa: ARG002 - nothing is queued here
        """Hand over nothing: it is printed at the end."""
        return True

    def is_empty(self) -> bool:
        """Tell whether not a single call was counted."""
        return self._engine.spent.calls == 0

    def text(self, form: str) -> str:
        """Return the tree, or the one line that sums the process up."""
        trees = render(self._roots()) if form == "tree" else ""
        return f"{trees}\n{self.summary()}" if trees else self.summary()

    def summary(self) -> str:
        """Return one line: what the process spent, on how many calls, and how many of them are priced."""
        spent = self._engine.spent
        priced = spent.calls - spent.unpriced
        line = f"spancost: {format_usd(spent.direct)}, priced {priced} of {spent.calls} calls"
        if spent.partial:
            line += f" ({spent.partial} in part: the amount is a lower bound)"
        return line

    def _remember(self, span: tuple[int, int], branch: Branch) -> None:
        self._branches[span] = branch
        while len(self._branches) > self._most:
            try:
                self._branches.pop(next(iter(self._branches)), None)
            except (StopIteration, RuntimeError):
                break  # Another thread makes room too.

    def _roots(self) -> list[Branch]:
        branches = self._branches.copy()
        roots: list[Branch] = []
        for span, branch in tuple(branches.items()):
            branch.children = []
            charge = branch.charge
            if charge is None:
                continue
            branch.total, branch.unpriced = charge.amounts.cost, charge.amounts.unpriced
            if charge.booked is not None or charge.merged is not None:
                # It stands in an owner's sums by now.
                del branches[span]
        for (trace_id, _), branch in branches.items():
            parent = next((found for span_id in branch.ancestors if (found := branches.get((trace_id, span_id)))), None)
            (roots if parent is None else parent.children).append(branch)
        roots.sort(key=lambda branch: branch.total, reverse=True)
        return roots[:_MOST_TRACES]


def _owner(name: str, totals: Totals, ancestors: tuple[int, ...]) -> Branch:
    return Branch(name, totals.total, totals.direct, totals.unpriced, ancestors)
