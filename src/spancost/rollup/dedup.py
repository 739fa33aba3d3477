"""Several spans, one call: which records tell of a charge that is counted already.

R1: a call span around another with no agent or tool between is the same call, if the numbers say so, whichever ends
first.
R2: the same response id anywhere in the process is the same call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Kind
from spancost.rollup.evidence import agree, differ_in_id, share_id, share_model, told_the_first_event
from spancost.rollup.node import above
from spancost.rollup.units import final, told_by, unit_of

if TYPE_CHECKING:
    from spancost.calls.read import Call
    from spancost.rollup.charge import Charge
    from spancost.rollup.node import Node
    from spancost.rollup.sums import Below

__all__ = ["ResponseIds", "add", "awaited", "inside", "nested", "offer", "open_around", "outlived"]

_IDS: Final = 8_192
"""Response ids remembered: the window within which a repeated one is a duplicate."""

_INNER: Final = 16
"""Charges offered to one span around them; a call is retried fewer times."""

_HIGHEST: Final = 64
"""Spans climbed to find a call around a charge that its counters may wait for."""

_DEEPEST: Final = 1_024
"""Spans climbed to find out what lies between a call and a charge inside it."""

_BOUNDARIES: Final = frozenset({Kind.AGENT, Kind.WORKFLOW, Kind.TOOL})


class ResponseIds:
    """The response ids of the last charges, bounded."""

    def __init__(self, most: int = _IDS) -> None:
        self._charges: dict[str, Charge] = {}
        self._order: deque[str] = deque()
        self._most = most

    def claim(self, charge: Charge, response_id: str) -> Charge:
        """Return the charge that a response id belongs to: an earlier one, or this one from now on.

        Where the numbers say that it is another call's id, too, it is this charge's from now on.
        """
        known = self._charges.get(response_id)
        if known is not None:
            if share_id(known.call, charge.call):
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

    def find(self, charge: Charge, response_id: str) -> Charge | None:
        """Return the charge that a response id belongs to already, None where it is nobody's."""
        known = self._charges.get(response_id)
        return known if known is not None and share_id(known.call, charge.call) else None

    def give(self, charge: Charge, response_id: str) -> None:
        """Let a response id be another charge's from now on: the one that had it turned out to be that one."""
        if response_id in self._charges:
            self._charges[response_id] = charge

    def __len__(self) -> int:
        return len(self._charges)


def offer(charge: Charge, node: Node | None, below: Callable[[Node], Below]) -> bool:
    """Offer a charge to the spans above it as a call that each may report again; tell whether one is known to be one.

    They are offered it at once, up to the next agent or tool: a span between may end last, or have ended. What each of
    them is may only be known when it ends; `inside` then leaves out what lies behind another call. `below` returns the
    sums of a span, made where there are none.
    """
    most = _HIGHEST
    waits = False
    while node is not None and most > 0 and node.kind not in _BOUNDARIES:
        kind = node.kind
        if not node.ended:
            inner = (node.below or below(node)).inner
            if len(inner) < _INNER and charge not in inner:
                inner.append(charge)
            waits = waits or kind == Kind.CALL
        if not _passes(node):
            break
        node = node.parent
        most -= 1
    return waits


def add(charge: Charge, inner: list[Charge]) -> None:
    """Add a charge to those offered to a span, the last of which makes room for it where they are many."""
    if charge not in inner:
        inner[_INNER - 1 :] = [charge]


def inside(node: Node) -> list[Charge]:
    """Return the charges that were offered to a span, without those behind an agent, a tool or another call."""
    offered = () if node.below is None else node.below.inner.copy()
    return [charge for charge in offered if not final(charge).is_void and not _is_behind(charge, node)]


def _is_behind(charge: Charge, node: Node) -> bool:
    """Tell whether what lies between a charge and a span above it is more than layers of the same call."""
    span = charge.parent
    behind = False
    most = _DEEPEST
    while span is not None and span is not node and most > 0:
        behind = behind or not _passes(span)
        span = span.parent
        most -= 1
    # A charge from further up is a record's inside that outlived it.
    return behind and span is node


def _passes(node: Node) -> bool:
    """Tell whether a span between two records of one call can be one, too, or says nothing of its own."""
    record = node.record and final(node.record)
    is_other = node.ended and (record is None or record.span_id == node.span_id)
    return node.kind in (None, Kind.STEP) or (node.kind == Kind.CALL and not is_other)


def awaited(charge: Charge) -> bool:
    """Tell whether a call span around a charge is still open and may report it again."""
    return any(True for _ in open_around(charge))


def open_around(charge: Charge) -> Iterator[Node]:
    """Yield the open call spans around a charge, up to the next agent or tool."""
    for span in above(charge.parent, _HIGHEST):
        if span.kind in _BOUNDARIES:
            return
        if span.kind == Kind.CALL and not span.ended:
            yield span


def nested(call: Call, inner: list[Charge], requests: int = 1) -> Charge | None:
    """Return the record inside a call span that is of the same call, None without evidence (rule R1).

    Where spans inside say that the call sums up several requests, those inside are the same if they tell as much.
    """
    if not inner:
        return None
    if requests > 1 and call.usage is not None:
        # As many tokens apart as there are requests: each stream may be told one more, or less.
        enough = call.usage.input + call.usage.output - requests
        parts = dict.fromkeys(map(final, inner))
        told = sum(each.input + each.output for charge in parts if (each := charge.call.usage) is not None)
        if len(inner) == _INNER:
            # No more of them are known: the others are taken to be like these.
            told = told * max(requests, len(parts)) // len(parts)
        return inner[-1] if told >= enough else None
    calls = [(record, told_by(record)) for record in inner]
    for record, its in calls:
        if call.response_id and its.response_id == call.response_id:
            return record
    possible = [each for each in calls if not differ_in_id(call, each[1])]
    alike = [each for each in possible if not call.models or share_model(call, each[1])]
    if call.usage is None:
        # The outer record was told nothing: it is the last inner call of the same model.
        return alike[-1][0] if alike else None
    for exactly in (True, False):
        # An attempt that broke off may have told the input that all of them had; the last is what came of it.
        for each in reversed(possible):
            record, its = each
            if exactly and its.partial:
                continue
            if agree(call, its, may_be_partial=not exactly and each in alike):
                return record
    for record, its in reversed(alike):
        if told_the_first_event(call, its):
            return record
    told_alike = [its.usage for _, its in alike if its.usage is not None]
    if len(told_alike) > 1 and (call.usage.input, call.usage.output) == (
        sum(usage.input for usage in told_alike),
        sum(usage.output for usage in told_alike),
    ):
        # A retry or fallback wrapper that sums its attempts.
        return alike[-1][0]
    # Inner attempts that failed tell nothing; only where none tells anything is the last of them the outer call.
    silent = all(its.usage is None for _, its in calls)
    return alike[-1][0] if alike and silent else None


def outlived(charge: Charge, node: Node | None) -> Node | None:
    """Return the call span around a charge that ended before it and told of the same call, if there is one (rule R1).

    A framework's span of a streamed answer may end with the last chunk, and its client's when the stream is closed.
    """
    most = _HIGHEST
    while node is not None and node.kind not in _BOUNDARIES and most > 0:
        record = node.record
        if record is not None and _began_in(charge, record):
            if record.calls > 1:
                if record.merged is None and _lacks(record, charge):
                    return node
            elif nested(told_by(record), [*inside(node), charge]) is charge:
                return node
        node = node.parent
        most -= 1
    return None


def _lacks(record: Charge, part: Charge) -> bool:
    """Tell whether a record sums up more requests than have been told of in the way of this one."""
    return sum(1 for each in record.others if each.emitter.scope == part.emitter.scope) < record.calls


def _began_in(charge: Charge, record: Charge) -> bool:
    """Tell whether a record began before another had ended, or its like: else it is of a later call."""
    return record.emitter.ends_early or any(charge.start_ns <= each.end_ns for each in unit_of(record))
