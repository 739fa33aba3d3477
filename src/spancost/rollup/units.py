"""Units: the records of one call as far as evidence ties them together.

A charge has one unit or several; of those its numbers and times alone say that they are of one call (`twins`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from spancost.rollup.records import best

if TYPE_CHECKING:
    from spancost.calls.read import Call
    from spancost.rollup.charge import Charge

__all__ = ["author", "final", "head", "is_one_unit", "records_of", "told_by", "unit_of", "units_of"]

Records = tuple["Charge", ...]


def final(charge: Charge) -> Charge:
    """Return the charge that one turned out to be, mostly itself."""
    while charge.merged is not None:
        charge = charge.merged
    return charge


def head(record: Charge) -> Charge:
    """Return the record that stands for a unit: the charge itself, where the unit has it."""
    while record.tied is not None:
        record = record.tied
    return record


def records_of(charge: Charge) -> Records:
    """Return all records of a charge, the charge first."""
    return (charge, *charge.others)


def unit_of(record: Charge) -> Records:
    """Return a record and those that evidence ties to it."""
    first = head(record)
    unit = tuple([each for each in records_of(final(record)) if head(each) is first])
    # A charge remembers few of many records.
    return unit if record in unit else (*unit, record)


def units_of(records: Iterable[Charge]) -> list[Records]:
    """Return records by what ties them together, in their order."""
    units: dict[Charge, list[Charge]] = {}
    for record in records:
        units.setdefault(head(record), []).append(record)
    return [tuple(unit) for unit in units.values()]


def is_one_unit(charge: Charge) -> bool:
    """Tell whether evidence ties all records of a charge to it."""
    return all(head(each) is charge for each in charge.others)


def author(charge: Charge) -> Charge:
    """Return the record whose numbers a charge has."""
    records = records_of(charge)
    told = best(records)
    return next(each for each in records if told in (each, each.original))


def told_by(record: Charge) -> Call:
    """Return the call as a record and those tied to it tell it, whatever numbers alone have made of its charge."""
    charge = final(record)
    if head(record) is charge and is_one_unit(charge):
        return charge.call
    return best(unit_of(record)).call
