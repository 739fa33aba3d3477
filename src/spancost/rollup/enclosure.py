"""Which of two instrumentations' records lies in the other: by their times, their layers, and what is between.

Of some libraries, as their tables say, the outer one is over before the inner begins or ends.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Field, Kind, Layer
from spancost.calls.lacks import CACHE_TOLD
from spancost.calls.who import EVIDENCE
from spancost.rollup.attribution import Rank
from spancost.rollup.evidence import are_alike
from spancost.rollup.node import above

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge

__all__ = ["may_be_twins", "were_read_from_two_caches"]

_READ_NS: Final = 10**9
"""How long after a stream was made its request may leave, when it is read."""

_CLOSES_NS: Final = 10**9
"""How long one record of a stream may end behind another: one that broke off, or what is told after it."""

_LATE_NS: Final = 20 * 10**6
"""How late a framework may hear that a call began, and its client that it ended: LangChain's callbacks in JavaScript
run when the loop has time, and each span there has a clock of its own."""

_TOGETHER_NS: Final = 100 * 10**6
"""How far apart two records of one call may begin of which one tells nothing, in two traces."""

_APART_NS: Final = max(_READ_NS, _CLOSES_NS, _LATE_NS)
"""How far apart two records of one call may be: most that tell the same are further."""

_HIGHEST: Final = 64
"""Spans climbed to find out what lies between two records in one trace."""

_PROVEN: Final = "openai"
"""The provider of whose calls recordings show that instrumentations which tell of a cache always do."""

_EVIDENCE: Final = slice(2, 2 + len(EVIDENCE))
"""Where among what is told of whom a call is for stands what tells calls apart: behind agent and workflow."""

_BOUNDARIES: Final = frozenset({Kind.AGENT, Kind.WORKFLOW, Kind.TOOL})


def may_be_twins(one: Charge, other: Charge) -> bool:
    """Tell whether two records of different instrumentations can be of one call, their tokens and ids apart.

    As each was told: what other records have made of a charge is no evidence for a further one.
    """
    if one.start_ns - other.end_ns > _APART_NS or other.start_ns - one.end_ns > _APART_NS:
        return False
    one, other = one.original or one, other.original or other
    if _encloses(one, other) or _heard_only_the_beginning(one, other):
        outer, inner = one, other
    elif _encloses(other, one) or _heard_only_the_beginning(other, one):
        outer, inner = other, one
    else:
        return False
    one_trace = outer.trace_id == inner.trace_id
    if (outer.call.usage is None) != (inner.call.usage is None) and not (
        (outer.call.usage is None and (one_trace or inner.call.partial or inner.emitter.scope in outer.emitter.around))
        or (outer.parent is not None and outer.parent is inner.parent and not inner.error)
        or (_begin_together(outer, inner) and not inner.error)
    ):
        # Two traces with nothing in common but a model are no evidence, unless both begin at once, or broke off, or the
        # inner instrumentation never goes without the outer's calls. Of an answer that a framework asks for as it came
        # some clients' spans tell nothing: such a one begins and ends within the framework's.
        return False
    if outer.emitter.is_hand_made and inner.emitter.is_hand_made:
        # Two tracers of the program's own are no two layers of anything.
        return False
    if not one_trace and (_are_for_others(outer, inner) or _is_asked_by_another(outer, inner)):
        return False
    return are_alike(outer.call, inner.call) and not (one_trace and _is_boundary_between(outer, inner))


def _are_for_others(one: Charge, other: Charge) -> bool:
    """Tell whether two records are known to be for two users, teams or tenants.

    What the agents of two calls are called is no evidence: two instrumentations may name one agent differently.
    """
    keys = zip(one.told_who[_EVIDENCE], other.told_who[_EVIDENCE], strict=True)
    return any(value is not None and value_there is not None and value != value_there for value, value_there in keys)


def were_read_from_two_caches(one: Charge, other: Charge, tell_caches: Container[str]) -> bool:
    """Tell whether two records tell two counts of tokens that were read from a cache; many tell of no cache at all.

    `tell_caches` are the scopes of those that have told of one: of one instrumentation not every version does.
    """
    mine, theirs = one.told, other.told
    if mine is None or theirs is None or mine[Field.CACHE_READ] == theirs[Field.CACHE_READ]:
        return False
    if mine[Field.CACHE_READ] and theirs[Field.CACHE_READ]:
        return True
    are_proven = all(each.emitter in CACHE_TOLD and each.emitter.scope in tell_caches for each in (one, other))
    return are_proven and one.call.provider == other.call.provider == _PROVEN


def _is_asked_by_another(outer: Charge, inner: Charge) -> bool:
    """Tell whether a record is what an agent says of itself, and the other one a call that another agent made.

    Of a sum that may be of any calls the numbers say less than of a call: there a name is evidence.
    """
    agent = outer.booked
    is_claim = agent is not None and agent.span_id == outer.span_id
    return is_claim and inner.rank >= Rank.OWNED and inner.told_who[0] != outer.told_who[0]


def _encloses(outer: Charge, inner: Charge) -> bool:
    if outer.emitter.tells_after and outer.start_ns == outer.end_ns:
        return 0 <= outer.end_ns - inner.end_ns <= _CLOSES_NS
    are_beside = outer.parent is not None and outer.parent is inner.parent
    if outer.emitter.ends_early:
        if are_beside or (outer.told is not None and inner.told is not None):
            return outer.start_ns <= inner.start_ns <= outer.end_ns + _READ_NS
        if outer.told is None and _begin_together(outer, inner):
            return True
    if outer.told is None and inner.emitter.scope in outer.emitter.around:
        return outer.start_ns <= inner.start_ns <= outer.end_ns
    # A client closes a stream that was left, or told nothing, a moment after the framework's span of it has ended.
    is_left = outer.call.usage is None and (inner.call.usage is None or inner.call.partial)
    # Where one tells nothing, equal numbers don't speak for it: their times must.
    late_ns = _LATE_NS if outer.told is not None and inner.told is not None else 0
    return (
        outer.emitter.layer >= inner.emitter.layer
        and outer.start_ns - late_ns <= inner.start_ns <= outer.end_ns
        and outer.start_ns <= inner.end_ns <= outer.end_ns + (_CLOSES_NS if is_left else late_ns)
    )


def _begin_together(outer: Charge, inner: Charge) -> bool:
    """Tell whether two records of two traces, of which one tells nothing, begin at once and may be of one call.

    In one trace what lies around them says more. What has no length is told of afterwards, and says nothing of when its
    call began. A framework that tells nothing stands for no client's call, unless it never tells of a stream it makes.
    """
    are_apart = outer.trace_id != inner.trace_id and inner.start_ns < inner.end_ns
    mine, theirs = outer.told_who[:1], inner.told_who[:1]
    return (
        are_apart
        and 0 <= inner.start_ns - outer.start_ns <= _TOGETHER_NS
        and (outer.told is not None or outer.emitter.ends_early or outer.emitter.layer == Layer.CLIENT)
        and (mine == theirs or None in (*mine, *theirs))
    )


def _heard_only_the_beginning(outer: Charge, inner: Charge) -> bool:
    """Tell whether a record told nothing as it ended when a stream began, of a call that began in it.

    That is below the same span, or else at once.
    """
    return (
        outer.told is None
        and not outer.error
        and not outer.emitter.is_hand_made
        and inner.told is not None
        and ((outer.parent is not None and outer.parent is inner.parent) or _begin_together(outer, inner))
        and outer.emitter.layer >= inner.emitter.layer
        and outer.start_ns <= inner.start_ns <= outer.end_ns < inner.end_ns
    )


def _is_boundary_between(outer: Charge, inner: Charge) -> bool:
    """Tell whether an agent or tool lies above the inner record that does not lie above the outer one."""
    around = set(above(outer.parent, _HIGHEST))
    for span in above(inner.parent, _HIGHEST):
        if span.span_id == outer.span_id or span in around:
            return False
        if span.kind in _BOUNDARIES:
            return True
    return False
