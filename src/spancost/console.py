"""The cost tree of a program, printed when it ends: no backend needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spancost.ledger.coverage_text import gaps
from spancost.ledger.missing import Lacking
from spancost.ledger.silence import Silence
from spancost.ledger.summary import Coverage, missed_of, silent_of
from spancost.money import format_usd
from spancost.owners import Owners
from spancost.tree_text import render

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

    from spancost.engine import Engine
    from spancost.outcome import Outcome

__all__ = ["Console"]

_MOST_OWNERS: Final = 5_000

_MOST_TRACES: Final = 20
"""Traces printed, the dearest first."""


class Console:
    """Remembers the owners that ended, until it is asked for their tree."""

    def __init__(self, engine: Engine, most_owners: int = _MOST_OWNERS) -> None:
        self._engine = engine
        self._most = most_owners
        self.forget()

    def forget(self) -> None:
        """Start anew, as a forked child must."""
        self._owners = Owners(self._most)
        self._silence = Silence()
        self._lacking = Lacking()

    def take(self, outcome: Outcome, context: SpanContext | None) -> None:  # noqa: ARG002 - no use for it
        """Remember what is an owner, or a call that no owner has."""
        self._owners.take(outcome)
        self._silence.take(outcome)
        self._lacking.take(outcome)

    def flush(self, timeout: float) -> bool:  # noqa: ARG002 - nothing is queued here
        """Hand over nothing: it is printed at the end."""
        return True

    def is_empty(self) -> bool:
        """Tell whether not a single call was counted."""
        return self._engine.spent.calls == 0

    def text(self, form: str) -> str:
        """Return the tree, or the one line that sums the process up."""
        trees = render(self._owners.roots()[:_MOST_TRACES]) if form == "tree" else ""
        return "\n".join(filter(None, (trees, self.summary(), *gaps(self._coverage()))))

    def summary(self) -> str:
        """Return one line: what the process spent, on how many calls, and how many of them are priced."""
        return f"spancost: {format_usd(self._engine.spent.direct)}, {self._coverage()}"

    def _coverage(self) -> Coverage:
        spent = self._engine.spent
        return Coverage(
            spent.calls,
            spent.calls - spent.partial - spent.unpriced,
            spent.partial,
            spent.unpriced,
            missed_of(self._lacking.counts()),
            silent_of(self._silence.counts()),
        )
