"""Several spans, one call: which records tell of a charge that is counted already.

R1: a call span around another with no agent or tool between is the same call, if the numbers say so, whichever ends
first.
R2: the same response id anywhere in the process is the same call.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Field, Kind
from spancost.rollup.node import above

if TYPE_CHECKING:
    from spancost.calls.read import Call
    from spancost.rollup.charge import Charge
    from spancost.rollup.node import Node

__all__ = ["ResponseIds", "awaited", "final", "knows_better", "nested", "offer", "outlived", "whose_money"]

_IDS: Final = 8_192
"""Response ids remembered: the window within which a repeated one is a duplicate."""

_LONG_ENOUGH: Final = 16
"""Characters from which on a response id is taken to be unique: OpenAI's have 38, Anthropic's 28, Google's 22."""

_INNER: Final = 16
"""Charges offered to one span around them; a call is retried fewer times."""

_HIGHEST: Final = 64
"""Spans climbed to find a call around a charge that its counters may wait for."""

_BOUNDARIES: Final = frozenset({Kind.AGENT, Kind.WORKFLOW, Kind.TOOL})


class ResponseIds:
    """The response ids of the last charges, bounded."""

    def __init__(self, most: int = _IDS) -> None:
        self._charges: dict[str, Charge] = {}
        self._order: deque[str] = deque()
        self._most = most

    def claim(self, charge: Charge, response_id: str) -> Charge:
        """Return the charge that a response id belongs to: an earlier one, or this one from now on.

        A short id is no evidence by itself, for some servers draw from a thousand of them: where both records are
        complete their tokens must agree, too, or the id is this charge's from now on.
        """
        known = self._charges.get(response_id)
        if known is not None:
            if len(response_id) >= _LONG_ENOUGH or _may_be_one(known.call, charge.call):
                return known
            self._charges[response_id] = charge
            return charge
        # One atomic step: two threads that end records of one call at once agree on the first.
        first = self._charges.setdefault(response_id, charge)
        if first is charge:
            self._order.append(response_id)
            if len(self._order) > self._most:
                self._charges.pop(self._order.popleft(), None)
        return first

    def give(self, charge: Charge, response_id: str) -> None:
        """Let a response id be another charge's from now on: the one that had it turned out to be that one."""
        if response_id in self._charges:
            self._charges[response_id] = charge

    def __len__(self) -> int:
        return len(self._charges)


def offer(charge: Charge, node: Node | None) -> bool:
    """Offer a charge to the span above it as a call that span may report again; tell whether one may.

    Only a span known to be a call can make the counters wait; any other span that is no agent or tool passes
    the offer on when it ends. The charge must have been booked below that span.
    """
    if node is None or node.kind in _BOUNDARIES or node.ended or node.below is None:
        return False
    inner = node.below.inner
    if len(inner) < _INNER:
        inner.append(charge)
    most = _HIGHEST
    while node is not None and node.kind is None and most > 0:
        node = node.parent
        most -= 1
    return node is not None and node.kind == Kind.CALL and not node.ended


def awaited(charge: Charge) -> bool:
    """Tell whether a call span around a charge is still open and may report it again."""
    for span in above(charge.parent, _HIGHEST):
        if span.kind in _BOUNDARIES:
            return False
        if span.kind == Kind.CALL and not span.ended:
            return True
    return False


def nested(call: Call, inner: list[Charge]) -> Charge | None:
    """Return the charge inside a call span that is the same call, None without evidence (rule R1)."""
    for charge in inner:
        if call.response_id and charge.call.response_id == call.response_id:
            return charge
    models = set(call.models)
    possible = [charge for charge in inner if not _differ_in_id(call, charge.call)]
    alike = [charge for charge in possible if not models or models & set(charge.call.models)]
    if call.usage is None:
        # The outer record was told nothing: it is the last inner call of the same model.
        return alike[-1] if alike else None
    for charge in possible:
        if _agree(call, charge.call, may_be_partial=charge in alike):
            return charge
    told = [charge.call.usage for charge in alike if charge.call.usage is not None]
    if len(told) > 1 and (call.usage.input, call.usage.output) == (
        sum(usage.input for usage in told),
        sum(usage.output for usage in told),
    ):
        # A retry or fallback wrapper that sums its attempts.
        return alike[-1]
    # Inner attempts that failed tell nothing; only where none tells anything is the last of them the outer call.
    silent = all(charge.call.usage is None for charge in inner)
    return alike[-1] if alike and silent else None


def outlived(charge: Charge, node: Node | None) -> Node | None:
    """Return the call span around a charge that ended before it and told of the same call, if there is one (rule R1).

    A framework's span of a streamed answer may end with the last chunk, and its client's when the stream is closed.
    """
    most = _HIGHEST
    while node is not None and node.kind not in _BOUNDARIES and most > 0:
        record = node.record
        if record is not None:
            inner = [] if node.below is None else node.below.inner
            if nested(record.call, [*inner, charge]) is charge:
                return node
        node = node.parent
        most -= 1
    return None


def _differ_in_id(one: Call, other: Call) -> bool:
    """Tell whether two records have ids of which each is unique: then they are of two calls, whatever the numbers."""
    mine, theirs = one.response_id, other.response_id
    return mine != theirs and min(len(mine), len(theirs)) >= _LONG_ENOUGH


def _agree(one: Call, other: Call, *, may_be_partial: bool) -> bool:
    """Tell whether two records tell the same tokens, as far as each tells any."""
    mine, theirs = one.usage, other.usage
    if mine is None or theirs is None:
        return False
    # One token apart: Traceloop adds the first event's output token to a stream's sum.
    inputs, outputs = mine.input == theirs.input, abs(mine.output - theirs.output) <= 1
    if (one.partial or other.partial) and may_be_partial:
        inputs = inputs or not (mine.input and theirs.input)
        outputs = outputs or not (mine.output and theirs.output)
        # Something must be told by both.
        return inputs and outputs and bool((mine.input and theirs.input) or (mine.output and theirs.output))
    return inputs and outputs


def _may_be_one(one: Call, other: Call) -> bool:
    if one.usage is None or other.usage is None or one.partial or other.partial:
        return True
    return _agree(one, other, may_be_partial=False)


def final(charge: Charge) -> Charge:
    """Return the charge that one turned out to be, mostly itself."""
    while charge.merged is not None:
        charge = charge.merged
    return charge


def knows_better(later: Charge, first: Charge) -> bool:
    """Tell whether a later record of the same call is more complete, more to be trusted, or tells of more parts."""
    if (later.call.usage is None) != (first.call.usage is None):
        return first.call.usage is None
    one, other = _completeness(later), _completeness(first)
    if one != other or one == 0:
        return one > other
    if later.trust != first.trust:
        return later.trust > first.trust
    return _parts(later) > _parts(first)


def whose_money(first: Charge, later: Charge, numbers: Charge) -> Charge:
    """Return the record of a call whose amount holds: what the provider charged goes before what anybody computed."""
    if first.source == later.source:
        return numbers
    return first if first.source == "provider" else later


def _completeness(charge: Charge) -> int:
    if charge.amount is None:
        return 0
    return 1 if charge.status == "partial" else 2


def _parts(charge: Charge) -> int:
    """Return of how many kinds of tokens inside input and output a record knows."""
    usage = charge.call.usage
    return 0 if usage is None else sum(1 for part in usage[Field.CACHE_READ :] if part)
