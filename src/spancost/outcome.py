"""What comes of a span's end: what to write on it, what to count, what to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from spancost.budgets import Crossing
    from spancost.calls import Call
    from spancost.pricing.price import Price
    from spancost.rollup import Amounts, Charge, Node, Totals

__all__ = ["Correction", "Count", "Outcome", "Rated"]


class Count(NamedTuple):
    """What the counters have to add for a charge, now that no open span can claim it."""

    charge: Charge
    amounts: Amounts


class Correction(NamedTuple):
    """New absolute totals of an owner that had ended when more of its cost became known."""

    trace_id: int
    span_id: int
    kind: str
    name: str
    totals: Totals
    sequence: int


class Rated(NamedTuple):
    """What a charge's own span says of its price, as it stood when the charge was booked."""

    call: Call
    price: Price
    amount: int | None
    """Pico-USD."""
    status: str
    source: str


class Outcome:
    """What the end of a span means: what to write on it and what to tell."""

    __slots__ = (
        "aggregate",
        "asked_at",
        "changed",
        "charge",
        "corrections",
        "counts",
        "crossings",
        "duplicate_of",
        "is_elsewhere",
        "kind",
        "name",
        "node",
        "rated",
        "record",
        "refused",
        "scope",
        "state",
        "totals",
    )

    def __init__(self, node: Node, scope: str = "") -> None:
        self.node = node
        self.scope = scope
        """The instrumentation that wrote the span."""
        self.record: Charge | None = None
        """What this span tells of a call, whether or not that was counted before."""
        self.charge: Charge | None = None
        """This span is the record of it."""
        self.rated: Rated | None = None
        """Of a charge."""
        self.aggregate: Charge | None = None
        """What an agent said its calls used, where no span told of them; it is in its totals."""
        self.duplicate_of: Charge | None = None
        """This span is another record of it."""
        self.asked_at = ""
        """The host where this span's agent was asked, as far as the span tells."""
        self.is_elsewhere = False
        """This span is an agent's in another service, where its calls are told of."""
        self.refused = False
        """This span is a call that ended in an error and was not billed."""
        self.changed: tuple[Charge, ...] = ()
        """Earlier charges that it corrected, moved or took back."""
        self.kind: str | None = None
        """Of an owner: agent, workflow or root; None for a span that only has charges below it."""
        self.name = ""
        self.totals: Totals | None = None
        """What lies below an owner, or below a span that is none."""
        self.state: str | None = None
        self.crossings: tuple[Crossing, ...] = ()
        self.corrections: tuple[Correction, ...] = ()
        self.counts: tuple[Count, ...] = ()
