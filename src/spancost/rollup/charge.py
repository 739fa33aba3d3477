"""A charge: one billed model call, counted once, however many spans report it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spancost.rollup.sums import Amounts

if TYPE_CHECKING:
    from spancost.calls.read import Call
    from spancost.pricing.price import Price
    from spancost.rollup.tree import Node

__all__ = ["Charge"]


class Charge:
    """One billed call as the first of its records told it, corrected by later records that know better."""

    __slots__ = (
        "agent_path",
        "amount",
        "amounts",
        "at_ns",
        "booked",
        "call",
        "computed",
        "owned",
        "price",
        "settled",
        "source",
        "span_id",
        "status",
        "trace_id",
        "who",
    )

    def __init__(self, trace_id: int, span_id: int, call: Call, price: Price, at_ns: int) -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.call = call
        self.price = price
        self.at_ns = at_ns
        """When the call was made: the start of its first record."""
        self.amount, self.status, self.source = _whose_number_wins(call, price)
        # What we computed where the span states another amount.
        self.computed = price.amount if price.amount != self.amount or call.amount_present else None
        self.amounts = _amounts(call, self.amount, self.status)
        self.booked: Node | None = None
        """The span it is booked below."""
        self.owned = False
        """Whether an agent or workflow span owns it."""
        self.who: tuple[str | None, ...] = ()
        """Values of the engine's attribution keys, in their order."""
        self.agent_path = ""
        self.settled = False
        """Whether the counters have it: they can't give it back."""

    @property
    def reason(self) -> str:
        """Why there is no amount, empty where there is one."""
        return "" if self.amount is not None else self.call.reason or self.price.reason


def _whose_number_wins(call: Call, price: Price) -> tuple[int | None, str, str]:
    """Return amount, status and source: the provider's own number, then ours, then a library's list price."""
    if call.stated_cost is not None and call.stated_by == "provider":
        return call.stated_cost, "reported", "provider"
    if price.amount is not None:
        return price.amount, "partial" if call.partial else price.status, "local"
    if call.stated_cost is not None and call.usage is not None:
        return call.stated_cost, "partial" if call.partial else "reported", "local"
    return None, "unpriced", "local"


def _amounts(call: Call, amount: int | None, status: str) -> Amounts:
    usage = call.usage
    partial = 1 if status == "partial" else 0
    unpriced = 1 if amount is None else 0
    if usage is None:
        return Amounts(amount or 0, 1, partial, unpriced)
    return Amounts(
        amount or 0,
        1,
        partial,
        unpriced,
        usage.input,
        usage.output,
        usage.cache_read,
        usage.cache_write,
        usage.reasoning,
    )
