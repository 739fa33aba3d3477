"""A charge: one billed model call, counted once, however many spans report it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, cast

from spancost.calls.dialects import ANYBODY, Trust
from spancost.calls.lacks import CACHE_UNTOLD
from spancost.calls.usage import Usage
from spancost.rollup.sums import Amounts

if TYPE_CHECKING:
    from spancost.calls.dialects import Emitter
    from spancost.calls.read import Call
    from spancost.pricing.price import Price
    from spancost.rollup.node import Node

__all__ = ["Charge", "reason_of"]

_NOTHING_USED: Final = Usage()

# A tuple is made three times as fast without its class's own constructor.
_tuple: Final = cast("Callable[[type[Any], Iterable[int]], Any]", tuple.__new__)  # pyright: ignore[reportUnknownMemberType]


class Charge:
    """One billed call as the first of its records told it, corrected by later records that know better.

    A later record is read as a charge, too, and merged into the first.
    """

    __slots__ = (
        "agent_path",
        "amount",
        "amounts",
        "at_ns",
        "booked",
        "call",
        "calls",
        "computed",
        "emitter",
        "end_ns",
        "entered",
        "error",
        "forgotten",
        "is_taken_back",
        "layer",
        "merged",
        "name",
        "original",
        "others",
        "parent",
        "price",
        "rank",
        "resent",
        "set_aside",
        "settled",
        "source",
        "span_id",
        "start_ns",
        "status",
        "tied",
        "told",
        "told_who",
        "trace_id",
        "trust",
        "who",
    )

    def __init__(
        self,
        node: Node,
        call: Call,
        price: Price,
        emitter: Emitter = ANYBODY,
        start_ns: int = 0,
        end_ns: int = 0,
        at_ns: int = 0,
        calls: int = 1,
    ) -> None:
        # Not the span itself, which is forgotten when it ends: nothing is below most calls.
        self.trace_id = node.trace_id
        self.span_id = node.span_id
        """The span that tells of it first."""
        self.name = node.name
        self.parent = node.parent
        self.emitter = emitter
        self.start_ns = start_ns
        self.end_ns = end_ns
        self.at_ns = at_ns
        """When it became known, ns since the epoch: the budget windows it counts in are those of then."""
        self.error = ""
        """What kind of error the span ended in, empty where in none."""
        self.resent = 0
        """Requests that the client had sent for it before in vain."""
        self.told = call.answer or call.usage
        """What this record tells of the answer; `call` may be another one's, that knows better."""
        self.trust = Trust.OFF if call.estimated else emitter.trust
        """How far the numbers are to be trusted: those of the record whose numbers they are."""
        self.layer = emitter.layer
        """Where in the program that record was made."""
        self.calls = calls
        """How many requests its span sums up."""
        self.tell(call, price)
        self.booked = node.parent
        """The span it is booked below: its parent, or that of another record which knows the owner."""
        self.rank = 0
        """How well the record knows whose it is; see `rollup.attribution.Rank`."""
        self.who: tuple[str | None, ...] = ()
        """Values of the engine's attribution keys, in their order."""
        self.told_who: tuple[str | None, ...] = ()
        """The same as this record tells it; `who` may be another one's, too."""
        self.agent_path = ""
        self.entered = False
        """Whether it is booked, as far as books know: its id may be known to other threads a moment before."""
        self.settled = False
        """Whether the counters have it: they can't give it back."""
        self.merged: Charge | None = None
        """The charge it turned out to be, where it is another record of a call."""
        self.others: tuple[Charge, ...] = ()
        """The later records of the call."""
        self.forgotten = 0
        """How many more there were."""
        self.original: Charge | None = None
        """The charge as its first record told it, once a later one has corrected it."""
        self.tied: Charge | None = None
        """The record that evidence ties it to. Where there is none, and it is no charge, only its numbers and times say
        which it is a record of: it may be of another one instead."""
        self.is_taken_back = False
        """Whether it is an agent's own word that calls have made superfluous."""
        self.set_aside = False
        """Whether it is a further record of a call: nothing of it is booked."""

    def tell(self, call: Call, price: Price) -> None:
        """Say what the call was, and what it costs."""
        self.call = call
        self.price = price
        amount, status, _, _, _ = price
        source = "local"
        computed = None
        if call.stated_cost is not None or call.amount_present:
            amount, status, source, computed = _whose_number_wins(call, price)
        elif call.partial and amount is not None:
            status = "partial"
        self.amount = amount
        """Pico-USD, None where the call can't be priced."""
        self.status = status
        self.source = source
        self.computed = computed
        """What we computed, where the span states an amount that stays on it."""
        self.amounts = _amounts(call.usage, amount, status, self.calls)

    def record_of(self, scope: str) -> Charge | None:
        """Return the record that an instrumentation has made of the call, None where it has made none."""
        if self.emitter.scope == scope:
            return self
        for record in self.others:
            if record.emitter.scope == scope:
                return record
        return None

    @property
    def duplicates(self) -> int:
        """How many records of it told what was told before."""
        return len(self.others) + self.forgotten

    @property
    def home_trace_id(self) -> int:
        """The trace in whose tree it stands: another record of it may lie in another trace, and know its owner."""
        return self.trace_id if self.booked is None else self.booked.trace_id

    @property
    def is_void(self) -> bool:
        """Whether it was taken back, or turned out to be another charge."""
        return self.is_taken_back or self.merged is not None

    @property
    def reason(self) -> str:
        """Why there is no amount, or none that is sure to be right; else empty."""
        return reason_of(self.call, self.price, self.amount, self.status)


def reason_of(call: Call, price: Price, amount: int | None, status: str) -> str:
    """Return why a call has no amount, a lower bound of one, or one that takes cached tokens for others; else empty."""
    if amount is None:
        # Where usage was told, what was told of it isn't why there is none.
        return price.reason or call.reason
    if status == "partial":
        return call.reason if call.partial else price.reason
    # What the provider charged is right whatever the span tells.
    return call.reason if call.reason == CACHE_UNTOLD and status != "reported" else ""


def _whose_number_wins(call: Call, price: Price) -> tuple[int | None, str, str, int | None]:
    """Return amount, status, source and what we computed: the provider's number, then ours, then a list price."""
    computed = price.amount if call.amount_present else None
    if call.stated_by == "provider":
        return call.stated_cost, "reported", "provider", price.amount
    if price.amount is not None:
        return price.amount, "partial" if call.partial else price.status, "local", computed
    if call.usage is not None and call.stated_cost is not None:
        return call.stated_cost, "partial" if call.partial else "reported", "local", computed
    return None, "unpriced", "local", None


def _amounts(usage: Usage | None, amount: int | None, status: str, calls: int) -> Amounts:
    input_, output, read, write, _, reasoning, _, _, _ = usage or _NOTHING_USED
    partial = calls if status == "partial" else 0
    unpriced = calls if amount is None else 0
    return _tuple(Amounts, (amount or 0, calls, partial, unpriced, input_, output, read, write, reasoning))
