"""What records may be one call with, among the last ones: asked many times in one search for a place."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Field
from spancost.rollup.dedup import open_around
from spancost.rollup.enclosure import may_be_twins, were_read_from_two_caches
from spancost.rollup.units import final, records_of, unit_of

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge
    from spancost.rollup.node import Node
    from spancost.rollup.recent import Recent
    from spancost.rollup.units import Records

__all__ = ["Nearness"]

_COMPARED: Final = 8_192
"""Records compared in one search, milliseconds' worth: beyond that a record is taken for a call of its own."""

_Pairs = Iterable[tuple["Charge", "Charge"]]


class Nearness:
    """Used for one search by one thread. `scopes` are the instrumentations that have told of calls, some of a cache.

    What was wanted once is not compared again: where hundreds of calls at once tell the same, each of those in the way
    would be compared with all others for each of them.
    """

    def __init__(self, recent: Recent, scopes: Iterable[str], tell_caches: Collection[str]) -> None:
        self._recent = recent
        self._scopes = tuple(scopes)
        self._tell_caches = tell_caches
        self._alike: dict[tuple[object, ...], list[Charge]] = {}
        self._left = _COMPARED
        self._knows_room = False

    def of(self, seeker: Records, wanted: Container[Charge]) -> Iterator[Charge]:
        """Yield records that may be of one call with a seeker's, the likeliest first.

        First those of charges that its instrumentations haven't told of, then those of charges that nobody has
        `wanted`: as long as there are none of the first kind, and all tell the same, moving others makes no room.
        """
        own = {record.emitter.scope for record in seeker}
        scopes = [scope for scope in self._scopes if scope not in own]
        room: list[tuple[Charge, Charge]] = []
        taken: list[tuple[Charge, Charge]] = []
        for record in seeker:
            for other in self._not_wanted(record, scopes, wanted):
                charge = final(other)
                has_room = all(charge.record_of(scope) is None for scope in own)
                (room if has_room else taken).append((record, other))
        self._knows_room = (
            self._knows_room
            or bool(room)
            or any(record.call.response_id for record in seeker)
            or any(_counts(record) != _counts(other) for record, other in taken)
            or (
                bool(self._tell_caches)
                and any(
                    _cached(record) != _cached(each) for record, other in taken for each in records_of(final(other))
                )
            )
        )
        yield from self._likeliest(room)
        if self._knows_room:
            yield from self._likeliest(taken)

    def _not_wanted(self, record: Charge, scopes: list[str], wanted: Container[Charge]) -> list[Charge]:
        """Return the records that tell the same as one, without those whose place somebody has asked for."""
        key = (_told(record), *scopes)
        alike = self._alike.get(key)
        if alike is None:
            alike = list(self._recent.like(record, scopes))
        alike = self._alike[key] = [other for other in alike if final(other) not in wanted]
        return alike

    def _likeliest(self, pairs: _Pairs) -> list[Charge]:
        found: dict[Charge, tuple[bool, int, int]] = {}
        for record, other in pairs:
            self._left -= 1
            if self._left < 0:
                break
            if final(other).is_void or not may_be_twins(record, other):
                continue
            if _is_anothers(record, other) or self._were_read_from_two_caches(record, other):
                continue
            apart = abs(other.start_ns - record.start_ns) + abs(other.end_ns - record.end_ns)
            unlike = (_counts(other) != _counts(record)) + (_cached(other) != _cached(record))
            likeness = other.trace_id != record.trace_id, unlike, apart
            found[other] = min(likeness, found.get(other, likeness))
        return sorted(found, key=found.__getitem__)

    def _were_read_from_two_caches(self, record: Charge, other: Charge) -> bool:
        """Tell whether any of two units' records tell of two caches."""
        if not self._tell_caches:
            return False
        pairs = product(unit_of(record), unit_of(other))
        return any(were_read_from_two_caches(mine, theirs, self._tell_caches) for mine, theirs in pairs)


def _counts(record: Charge) -> tuple[int, ...] | None:
    """Return input and output as a record tells them."""
    return record.told and record.told[: Field.CACHE_READ]


def _told(record: Charge) -> tuple[int, ...] | None:
    """Return all that is compared of what a record tells."""
    return record.told and record.told[: Field.CACHE_WRITE_1H]


def _cached(record: Charge) -> tuple[int, ...] | None:
    """Return what was read from a cache and written to one as a record tells it."""
    return record.told and record.told[Field.CACHE_READ : Field.CACHE_WRITE_1H]


def _is_anothers(record: Charge, other: Charge) -> bool:
    """Tell whether an open span around one of two records may tell of it, and isn't the other's that ends right now.

    It will tell by better evidence. In one trace nothing waits for that: a span would have an amount that is told of
    twice, and what turns out to be another call's is put out.
    """
    return record.trace_id != other.trace_id and (
        _are_others(open_around(record), other) or _are_others(open_around(other), record)
    )


def _are_others(around: Iterable[Node], record: Charge) -> bool:
    return any(span.span_id != record.span_id for span in around)
