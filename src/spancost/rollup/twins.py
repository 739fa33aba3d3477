"""Twins: two records of one call that share no response id and no ancestor (rule R3).

An instrumentation of a framework and one of the client inside it may report a call in two traces, or as siblings. Such
records are matched by what they tell and when: the same tokens, a like model, one inside the other in time, the outer
one of a layer not lower (`enclosure`). Where several calls at once tell the same, whose record is whose can't be known,
but how many calls there were can: a record that was matched before moves to another charge where that makes room (an
augmenting path, after Berge, 1957). A record that is the charge itself can't move, so the matching is not always the
largest there is; nor is a record asked about in another trace while an open call span lies around it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import RLock
from typing import TYPE_CHECKING, Final, NamedTuple

from spancost.rollup.dedup import awaited, final
from spancost.rollup.enclosure import may_be_twins

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge

__all__ = ["Move", "Twins"]

_RECORDS: Final = 8_192
"""Records remembered at most, and half of them at least: the window within which a later one may be a twin."""

_ALONE: Final = 1_024
"""Records remembered while one instrumentation tells of all calls."""

_ALIKE: Final = 256
"""Records of one instrumentation that tell the same and are compared with another: the latest of those whose charge its
own instrumentation has told of, too, and as many of the others."""

_PASSED: Final = 1_024
"""Records that tell the same, among which those are."""

_LOOKED_AT: Final = 8_192
"""Records looked at in one search, milliseconds' worth: beyond that a record is taken for a call of its own."""

_DISORDER_NS: Final = 5 * 10**9
"""How much later than its end a record may come: some libraries make their spans afterwards."""

_ATTEMPTS: Final = 64
"""Searches for one record; another one is needed only where another thread came in between."""

_OTHERS: Final = 64
"""Further records remembered of a charge: an id that each of a million spans has must not hold them all."""

_SCOPES: Final = 16
"""Instrumentations compared with each other; more of them tell of calls in no program."""

_Tokens = tuple[int, int] | None
_Key = tuple[str, _Tokens]


class Move(NamedTuple):
    """A record that is one of this charge from now on."""

    record: Charge
    charge: Charge


class Twins:
    """The last records by what they tell, bounded: in two generations, of which the older is forgotten as a whole.

    A search only reads and plans. What it planned is done under the RLock, in which nothing is allocated, if nothing
    has changed meanwhile; else it is searched again. So of two threads that end the records of one call at once, the
    later finds the other's.
    """

    def __init__(self, most: int = _RECORDS) -> None:
        self._lock = RLock()
        self._most = most // 2
        self._count = 0
        self._recent: dict[_Key, list[Charge]] = {}
        self._older: dict[_Key, list[Charge]] = {}
        self._latest: deque[Charge] = deque(maxlen=_ALIKE)
        # Records of the first instrumentation while it is the only one: then nothing is a twin.
        self._alone: deque[Charge] = deque(maxlen=_ALONE)
        self._scopes: dict[str, bool] = {}
        self.compares = False
        """Whether more than one instrumentation has told of calls."""
        self._changes = 0

    def __len__(self) -> int:
        return sum(map(len, [self._alone, *self._recent.values(), *self._older.values()]))

    def join(self, record: Charge) -> list[Move]:
        """Remember a record, and return how records move for it to be one of a charge's; empty where it is a charge.

        The record itself moves last.
        """
        if not self._knows(record.emitter.scope):
            return []
        if not self.compares:
            self._alone.append(record)
            # Asked again: another thread that brings a second instrumentation takes over what was remembered by then.
            if not self.compares:
                return []
        for _ in range(_ATTEMPTS):
            seen = self._changes
            moves = self._search(record)
            if self._commit(record, moves, seen, True):
                return moves
        return []

    def add(self, record: Charge, charge: Charge) -> None:
        """Remember a record that better evidence says is one of this charge."""
        if self._knows(record.emitter.scope):
            moves = [Move(record, charge)]
            for _ in range(_ATTEMPTS):
                if self._commit(record, moves, self._changes, False):
                    return

    def reclaim(self, charge: Charge, record: Charge) -> Charge | None:
        """Remember a charge, and let a record be of it that only its numbers made another's; return that other.

        None where another thread has moved the record meanwhile.
        """
        held_by = record.merged
        if held_by is None or not record.is_loose or not self._knows(charge.emitter.scope):
            return None
        left = tuple([each for each in held_by.others if each is not record])
        with self._lock:
            if record.merged is not held_by:
                return None
            held_by.others = left
            self._changes += 1
        moves = [Move(record, charge)]
        while not self._commit(charge, moves, self._changes, False):
            pass
        return held_by

    def _knows(self, scope: str) -> bool:
        if scope in self._scopes:
            return True
        if not scope or len(self._scopes) >= _SCOPES:
            return False
        self._scopes[scope] = True
        if len(self._scopes) > 1 and not self.compares:
            self.compares = True
            for record in self._alone.copy():
                while not self._commit(record, [], self._changes, False):
                    pass
            self._alone.clear()
        return True

    def _commit(self, record: Charge, moves: list[Move], seen: int, are_loose: bool) -> bool:
        """Move records and remember this one, unless something has changed since that was planned."""
        key = record.emitter.scope, _tokens(record)
        spare: list[Charge] = []
        joined = _joined(moves) if moves else ()
        next_generation: dict[_Key, list[Charge]] | None = {} if self._count >= self._most else None
        place = 0
        with self._lock:
            if seen != self._changes:
                return False
            # By index: a for loop would allocate an iterator, and that can start a garbage collection here.
            while place < len(moves):
                moved, charge = moves[place]
                moved.merged = charge
                moved.is_loose = are_loose
                charge.others = joined[place]
                place += 1
            if next_generation is not None:
                self._older, self._recent, self._count = self._recent, next_generation, 0
            self._recent.setdefault(key, spare).append(record)
            self._latest.append(record)
            self._count += 1
            # Last: whoever searched while half of it was done has the number from before.
            self._changes += 1
        return True

    def _search(self, record: Charge) -> list[Move]:
        """Return how records have to move so that this one is a charge's; nothing is changed."""
        wanted_by: dict[Charge, Charge] = {}
        seekers = deque([record])
        looked_at = 0
        while seekers and looked_at < _LOOKED_AT:
            seeker = seekers.popleft()
            others = list(self._like(seeker))
            looked_at += len(others)
            for charge in _near(seeker, others):
                if charge in wanted_by:
                    continue
                wanted_by[charge] = seeker
                holder = charge.record_of(record.emitter.scope)
                if holder is None:
                    return _path(charge, wanted_by, record)
                if holder.is_loose:
                    seekers.append(holder)
        return []

    def _like(self, record: Charge) -> Iterator[Charge]:
        """Yield the records of other instrumentations that tell the same tokens, or where one tells none."""
        tokens = _tokens(record)
        if tokens is None:
            for other in reversed(self._latest.copy()):
                if other.emitter.scope != record.emitter.scope:
                    yield other
            return
        input_, output = tokens
        for scope in list(self._scopes):
            if scope != record.emitter.scope:
                # One token apart: Traceloop adds the first event's output token to a stream's sum.
                for each in (tokens, (input_, output - 1), (input_, output + 1), None):
                    for generation in (self._recent, self._older):
                        records = generation.get((scope, each))
                        if records is not None:
                            yield from _latest(records, record.start_ns - _DISORDER_NS, record.emitter.scope)


def _near(record: Charge, others: list[Charge]) -> list[Charge]:
    """Return the charges that a record may be one of, the likeliest first."""
    found: dict[Charge, tuple[bool, int]] = {}
    is_awaited = awaited(record)
    for other in others:
        charge = final(other)
        if (
            not charge.is_void
            and may_be_twins(record, other)
            and not _is_anothers(record, charge)
            # Of which call it is a record the open span around it will tell, and by better evidence.
            and (other.trace_id == record.trace_id or not (is_awaited or awaited(other)))
        ):
            apart = abs(other.start_ns - record.start_ns) + abs(other.end_ns - record.end_ns)
            likeness = other.trace_id != record.trace_id, apart
            if charge not in found or likeness < found[charge]:
                found[charge] = likeness
    return sorted(found, key=found.__getitem__)


def _latest(records: list[Charge], since_ns: int, scope: str) -> Iterator[Charge]:
    """Yield the latest records that ended since a moment, some of charges that a scope told of, some of others.

    They come about in the order in which they ended.
    """
    told = untold = _ALIKE
    for other in reversed(records[-_PASSED:]):
        if other.end_ns < since_ns:
            return
        if final(other).record_of(scope) is None:
            untold -= 1
            if untold >= 0:
                yield other
        else:
            told -= 1
            if told >= 0:
                yield other


def _path(charge: Charge, wanted_by: dict[Charge, Charge], record: Charge) -> list[Move]:
    """Return the moves along the path that ends at a charge with room, from there back to the record."""
    moves: list[Move] = []
    while True:
        seeker = wanted_by.get(charge)
        if seeker is None:
            return []  # Another thread has moved it meanwhile: what was planned won't be done.
        moves.append(Move(seeker, charge))
        if seeker is record:
            return moves
        charge = final(seeker)


def _joined(moves: list[Move]) -> list[tuple[Charge, ...]]:
    """Return the later records of each charge after the moves."""
    leaving: Charge | None = None
    joined: list[tuple[Charge, ...]] = []
    # The first charge has room; each further one has what moved away just before.
    for record, charge in moves:
        others = [each for each in charge.others if each is not leaving]
        joined.append((*others[-_OTHERS:], record))
        leaving = record
    return joined


def _tokens(record: Charge) -> _Tokens:
    usage = record.told
    return None if usage is None else (usage.input, usage.output)


def _is_anothers(record: Charge, charge: Charge) -> bool:
    """Tell whether a record has an id and the charge has another: equal ids are known to be one call by then."""
    own = record.call.response_id
    if not own or record.emitter.invents_ids:
        return False
    return any(
        each.call.response_id not in ("", own) and not each.emitter.invents_ids for each in (charge, *charge.others)
    )
