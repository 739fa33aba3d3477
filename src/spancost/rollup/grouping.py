"""Which records are one call: what changes where evidence ties two of them, or where numbers leave room for more.

Nothing is changed here. What is returned are whole charges as they ought to be, for `twins` to make them so.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from spancost.rollup.units import final, head, is_one_unit, records_of, unit_of, units_of

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge
    from spancost.rollup.units import Records

__all__ = ["Near", "Plan", "joined", "parted", "split", "tied"]

Near = Callable[["Records", Container["Charge"]], Iterable["Charge"]]
"""Tells which records may be of the same call as a seeker's, of charges that aren't wanted yet, the likeliest first."""


class Plan(NamedTuple):
    """Charges as they ought to be, all records of each and the charge first, and a record that evidence ties to one."""

    charges: list[Records]
    tie: tuple[Charge, Charge] | None = None


class _Seeker(NamedTuple):
    """Records that look for a charge to be of, on behalf of another seeker that wants their place."""

    records: Records
    leaves: Charge | None = None
    wanted_by: _Seeker | None = None


def tied(record: Charge, other: Charge) -> Plan:
    """Return what changes where evidence says that a record is of the same call as another.

    What only numbers have made one with them stays so, unless its instrumentation has told of this call, too.
    """
    its, own = final(other), final(record)
    if record is own and not record.others and is_one_unit(its):
        # As nearly always: a new record of a call of which numbers alone have told nothing.
        return Plan([(*records_of(its), record)], (record, its))
    unit = list(dict.fromkeys((*unit_of(other), *unit_of(record))))
    stay, left = _partners(its, unit)
    if own is not its:
        stay_too, left_too = _partners(own, [*unit, *stay])
        stay, left = [*stay, *stay_too], [*left, *left_too]
    whole = _charge([*unit, *stay])
    others = [_charge(each) for each in left]
    one, another = head(record), head(other)
    tie = None if one is another else (another, one) if whole[0] is one else (one, another)
    return Plan([whole, *others], tie)


def joined(charge: Charge, near: Near) -> Plan:
    """Return how records have to move for a charge to be one call with another; empty where it is a call of its own.

    That is an augmenting path (Berge, 1957): a unit in the way of another looks for another place itself.
    """
    if charge.merged is not None:
        return Plan([])  # Another thread has found it a place meanwhile.
    seekers = [_Seeker(records_of(charge))]
    wanted = {charge}
    for seeker in seekers:
        for other in near(seeker.records, wanted):
            its = final(other)
            in_the_way = None if its in wanted else _in_the_way(seeker.records, its, other)
            if in_the_way is None:
                continue
            wanted.add(its)
            if not in_the_way:
                return Plan(list(_moves(seeker, its)))
            seekers.append(_Seeker(in_the_way, its, seeker))
    return Plan([])


def parted(charge: Charge) -> Plan:
    """Return what the other records of a charge are that turned out to be none, as far as they are still with it."""
    return Plan([_charge(each) for each in units_of(each for each in charge.others if each.merged is charge)])


def split(charge: Charge) -> Plan:
    """Return a charge and what only numbers made one with it, each for itself."""
    return Plan([_charge(unit) for unit in units_of(records_of(charge))])


def _partners(charge: Charge, unit: list[Charge]) -> tuple[list[Charge], list[Records]]:
    """Divide what only numbers made one with a unit: what may stay with it, and what is of other calls."""
    parts = [each for each in units_of(records_of(charge)) if each[0] not in unit]
    if charge not in unit and parts and not _fit(parts[0], unit):
        # The charge itself is another call, with all that isn't tied to the unit.
        return [], [tuple(chain.from_iterable(parts))]
    stay: list[Charge] = []
    left: list[Records] = []
    for part in parts:
        if _fit(part, [*unit, *stay]):
            stay += part
        else:
            left.append(part)
    return stay, left


def _in_the_way(records: Records, charge: Charge, other: Charge) -> Records | None:
    """Return the unit that would have to leave a charge for records to be of it, as one of its records may say.

    Empty where there is none, None where it can't be.
    """
    way: Records = ()
    for unit in units_of(records_of(charge)):
        if not _fit(unit, records):
            if way or other in unit:
                return None
            way = unit
    return way


def _moves(seeker: _Seeker | None, charge: Charge | None) -> Iterator[Records]:
    """Yield the charges along a path, from the one that has room back to where the first seeker finds its place."""
    leaving: Records = ()
    while seeker is not None and charge is not None:
        yield _charge([*(each for each in records_of(charge) if each not in leaving), *seeker.records])
        leaving, charge, seeker = seeker.records, seeker.leaves, seeker.wanted_by


def _charge(records: Iterable[Charge]) -> Records:
    """Return records of one call with that first which is the charge: one that is booked, or the first of them."""
    records = list(records)
    free = [each for each in records if each.merged is None]
    first = next((each for each in free if each.entered), free[0] if free else head(records[0]))
    return (first, *(each for each in records if each is not first))


def _fit(unit: Iterable[Charge], records: Iterable[Charge]) -> bool:
    """Tell whether two units may be of one call: by their instrumentations and ids, or if one sums up several."""
    return not any(
        one.emitter.scope == other.emitter.scope or _have_two_ids(one, other) for one in unit for other in records
    ) or any(each.calls > 1 for each in chain(unit, records))


def _have_two_ids(one: Charge, other: Charge) -> bool:
    """Tell whether each of two records has an id, and not the same: equal ones are known to be one call by then."""
    mine, theirs = (each.original or each for each in (one, other))
    mine_id, theirs_id = mine.call.response_id, theirs.call.response_id
    return bool(
        mine_id and theirs_id and mine_id != theirs_id and not (one.emitter.invents_ids or other.emitter.invents_ids)
    )
