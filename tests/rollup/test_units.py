"""Units: what evidence ties together stays together, whatever numbers alone say."""

from __future__ import annotations

from support import record

from spancost.rollup import Charge
from spancost.rollup.units import final, head, is_one_unit, told_by, unit_of, units_of


def _charge(*others: Charge, tied: tuple[Charge, ...] = ()) -> Charge:
    """Return a charge with other records, some of which evidence ties to it."""
    charge = record("client")
    charge.others = others
    for each in others:
        each.merged = charge
        each.tied = charge if each in tied else None
    return charge


def test_a_record_alone_is_a_unit_and_a_charge() -> None:
    """Nobody else has told of it."""
    alone = record("client")
    assert alone is head(alone) is final(alone)
    assert (alone,) == unit_of(alone)
    assert is_one_unit(alone)


def test_a_charge_has_a_unit_for_each_record_that_nothing_ties_to_another() -> None:
    """In the order in which they came, the charge's own first."""
    inner, outer, elsewhere = record("inner"), record("outer"), record("elsewhere")
    charge = _charge(inner, elsewhere, outer, tied=(inner, outer))
    assert [(charge, inner, outer), (elsewhere,)] == units_of((charge, *charge.others))
    assert (charge, inner, outer) == unit_of(outer)
    assert (elsewhere,) == unit_of(elsewhere)
    assert not is_one_unit(charge)


def test_what_ties_to_a_tied_record_ties_to_its_unit() -> None:
    """Three layers, each known by the one inside it."""
    middle, outer = record("middle"), record("outer")
    charge = _charge(middle, outer, tied=(middle,))
    outer.tied = middle
    assert charge is head(outer)
    assert (charge, middle, outer) == unit_of(middle)


def test_a_record_that_its_charge_has_forgotten_is_still_of_its_unit() -> None:
    """A charge remembers few of many records."""
    forgotten = record("inner")
    charge = _charge(forgotten, tied=(forgotten,))
    charge.others = ()
    assert (charge, forgotten) == unit_of(forgotten)


def test_what_a_unit_tells_is_not_what_numbers_have_made_of_its_charge() -> None:
    """A record in another trace brought an id: whether a span around is of the same call must not hang on it."""
    loose, tied = (
        record("loose", response_id="chatcmpl-of-another-call"),
        record("tied", response_id="chatcmpl-its-own"),
    )
    charge = _charge(loose, tied, tied=(tied,))
    charge.original = record("client", ())
    charge.call = loose.call
    assert "chatcmpl-its-own" == told_by(charge).response_id
    assert "chatcmpl-of-another-call" == told_by(loose).response_id
