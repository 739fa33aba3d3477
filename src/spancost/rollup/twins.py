"""Twins: records of one call that share no response id and no ancestor (rule R3), and what ties the others.

An instrumentation of a framework and one of the client inside it may report a call in two traces, or as siblings. Such
records are matched by what they tell and when: the same tokens, a like model, one inside the other in time, the outer
one of a layer not lower (`enclosure`). Where several calls at once tell the same, whose record is whose can't be known,
but how many calls there were can: records move where that makes room, also those that are the charge, and one that
evidence proves to be of another call finds a new place (`grouping`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import chain, combinations, product
from threading import RLock
from typing import TYPE_CHECKING, Final

from spancost.faults import leave_to_host
from spancost.rollup.enclosure import were_read_from_two_caches
from spancost.rollup.grouping import Plan, joined, parted, split, tied
from spancost.rollup.nearness import Nearness
from spancost.rollup.recent import Recent
from spancost.rollup.units import final, is_one_unit, records_of, units_of

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge
    from spancost.rollup.units import Records

__all__ = ["Twins"]

_ALONE: Final = 1_024
"""Records remembered while one instrumentation tells of all calls."""

_ATTEMPTS: Final = 1_024
"""Plans made for one record; another one is needed only where another thread came in between."""

_OTHERS: Final = 64
"""Further records remembered of a charge: an id that each of a million spans has must not hold them all."""

_LONELY: Final = 8
"""Calls that look for a place once more when evidence has put others out of theirs."""

_SCOPES: Final = 16
"""Instrumentations compared with each other; more of them tell of calls in no program."""


class Twins:
    """Which records are of which charge, and the last of them all.

    What changes is planned first, and done under the RLock, in which nothing is allocated, if nothing has changed
    meanwhile; else it is planned again. So of two threads that end the records of one call at once, the later finds
    the other's. Each method returns the charges it touched: what they cost, or that they are none any more, is for the
    caller to make true.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._recent = Recent()
        # Records of the first instrumentation while it is the only one: then nothing is a twin.
        self._alone: deque[Charge] = deque(maxlen=_ALONE)
        self._scopes: dict[str, bool] = {}
        self._tell_caches: set[str] = set()
        self.compares = False
        """Whether more than one instrumentation has told of calls."""
        self._changes = 0

    def __len__(self) -> int:
        return len(self._alone) + len(self._recent)

    def join(self, record: Charge) -> list[Charge]:
        """Remember a record that no evidence ties to another, and make it one with a charge that it may be of."""
        if not self._knows(record.emitter.scope):
            return []
        learned = self._learns(record)
        if not self.compares:
            self._alone.append(record)
            # Asked again: another thread that brings a second instrumentation takes over what was remembered by then.
            return self._taken_over() if self.compares else []
        touched = self._taken_over() if self._alone else []
        touched += self._reconsidered(record.emitter.scope) if learned else []
        return touched + self._change(partial(self._joined, record), record)

    def tie(self, record: Charge, other: Charge, *, is_new: bool = True) -> list[Charge]:
        """Make one call of a record and of another to which evidence ties it; remember it if it is a new one."""
        remembers = is_new and self._knows(record.emitter.scope)
        touched = self._reconsidered(record.emitter.scope) if remembers and self._learns(record) else []
        return touched + self._replaced(self._change(partial(tied, record, other), record if remembers else None))

    def seek(self, record: Charge) -> list[Charge]:
        """Look once more for what a charge may be one call with: an open span around it had to be waited for."""
        return self._find_places([final(record)], [])

    def part(self, charge: Charge) -> list[Charge]:
        """Let go of what the numbers made one with a charge that turned out to be none."""
        return self._replaced(self._change(partial(parted, charge), None))

    def has_place(self, record: Charge) -> bool:
        """Tell whether a client has told of a call that a record may be of: then a request was made."""
        return self.compares and bool(self._joined(record).charges)

    def again(self, record: Charge, charge: Charge) -> list[Charge]:
        """Remember a record that tells again of a charge whose answer a library has kept.

        Nothing is touched where another thread has told meanwhile of a call inside it: then it is that one's.
        """

        def plan() -> Plan:
            is_free = record.merged is None and not record.others
            return Plan([(*records_of(final(charge)), record)] if is_free else [])

        return self._change(plan, record)

    def _replaced(self, touched: list[Charge]) -> list[Charge]:
        """Let charges that evidence has changed look for a place, and those that had found none while it hadn't."""
        found = self._find_places(touched, touched)
        return self._find_places(self._lonely(found), found) if len(touched) > 1 else found

    def _lonely(self, charges: list[Charge]) -> list[Charge]:
        """Return the latest calls that tell the same as some of these, and that no numbers have made others' calls."""
        lonely: dict[Charge, None] = {}
        scopes = list(self._scopes)
        for record in chain.from_iterable(map(records_of, charges)):
            for other in self._recent.like(record, scopes):
                charge = final(other)
                if is_one_unit(charge) and charge not in charges:
                    lonely[charge] = None
                    if len(lonely) == _LONELY:
                        return list(lonely)
        return list(lonely)

    def _find_places(self, charges: list[Charge], touched: list[Charge]) -> list[Charge]:
        """Let charges that lack a record look for one; return what was touched before and by that."""
        if not self.compares:
            return touched
        found = list(touched)
        for charge in charges:
            scopes = {each.emitter.scope for each in records_of(charge)}
            if charge.merged is None and not charge.is_void and not scopes.issuperset(self._scopes):
                found += self._change(partial(self._joined, charge), None)
        return list(dict.fromkeys(found))

    def _knows(self, scope: str) -> bool:
        if scope in self._scopes:
            return True
        if not scope or len(self._scopes) >= _SCOPES:
            return False
        self._scopes[scope] = True
        if len(self._scopes) > 1:
            self.compares = True
        return True

    def _learns(self, record: Charge) -> bool:
        """Tell whether a record is the first by which its instrumentation is known to tell of a cache."""
        told, scope = record.told, record.emitter.scope
        if told is None or not told.cache_read or scope in self._tell_caches:
            return False
        self._tell_caches.add(scope)
        return True

    def _reconsidered(self, scope: str) -> list[Charge]:
        """Part what was made one before it was known that an instrumentation tells of a cache, and can't be."""
        touched: list[Charge] = []
        for charge in dict.fromkeys(map(final, self._recent.of(scope))):
            units = units_of(records_of(charge))
            pairs = chain.from_iterable(product(one, other) for one, other in combinations(units, 2))
            if any(were_read_from_two_caches(one, other, self._tell_caches) for one, other in pairs):
                touched += self._change(partial(split, charge), None)
        return self._find_places(touched, touched)

    def _taken_over(self) -> list[Charge]:
        """Compare what was remembered while one instrumentation told of all calls; return what that touched.

        Whoever comes first does so, for all: a record that waits is as good as unknown to those of its call.
        """
        touched: list[Charge] = []
        while self._alone:
            try:
                record = self._alone.popleft()
            except IndexError as fault:
                leave_to_host(fault)
                break  # Another thread has taken the last.
            touched += self._change(partial(self._joined, record), record)
        return touched

    def _joined(self, charge: Charge) -> Plan:
        return joined(charge, Nearness(self._recent, list(self._scopes), self._tell_caches).of)

    def _change(self, plan: Callable[[], Plan], remembered: Charge | None) -> list[Charge]:
        """Do what is planned, and return the charges that have changed, or that were some before."""
        for _ in range(_ATTEMPTS):
            seen = self._changes
            planned = plan()
            if not planned.charges and planned.tie is None and remembered is None:
                return []
            touched = [each for records in planned.charges for each in records if each.merged is None]
            touched += [records[0] for records in planned.charges]
            if self._commit(planned, remembered, seen):
                return list(dict.fromkeys(touched))
        return []

    def _commit(self, plan: Plan, remembered: Charge | None, seen: int) -> bool:
        """Make charges of records as planned and remember one, unless something has changed since."""
        recent = self._recent
        ready = None if remembered is None else recent.ready(remembered)
        charges = [(records[0], records[1:][-_OTHERS:], _forgotten(records)) for records in plan.charges]
        merged = [(record, records[0]) for records in plan.charges for record in records[1:]]
        tie = plan.tie
        place = 0
        with self._lock:
            if seen != self._changes:
                return False
            # By index: a for loop would allocate an iterator, and that can start a garbage collection here.
            while place < len(charges):
                charge, others, forgotten = charges[place]
                charge.merged = None
                charge.others = others
                charge.forgotten = forgotten
                place += 1
            place = 0
            while place < len(merged):
                record, charge = merged[place]
                record.merged = charge
                record.others = ()
                record.forgotten = 0
                place += 1
            if tie is not None:
                record, charge = tie
                record.tied = charge
            if remembered is not None and ready is not None:
                recent.add(remembered, ready)
            # Last: whoever planned while half of it was done has the number from before.
            self._changes += 1
        return True


def _forgotten(records: Records) -> int:
    """Return how many records of a charge are not remembered."""
    return sum(each.forgotten for each in records) + max(0, len(records) - 1 - _OTHERS)
