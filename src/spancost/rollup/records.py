"""Which of a call's records holds: the more complete, the more trusted, the more detailed; never the first as such."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from spancost.calls.dialects import Field
from spancost.rollup.attribution import filled
from spancost.rollup.node import above

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge
    from spancost.rollup.sums import Amounts

__all__ = ["Statement", "best", "statement_of"]

_HIGHEST: Final = 64
"""Spans climbed to find out which of two records lies inside the other."""


class Statement(NamedTuple):
    """What all records of a call say of it together."""

    numbers: Charge
    """The record whose numbers hold."""
    money: Charge
    """The one whose amount does."""
    owned: Charge
    """The one that knows best whose call it is."""
    who: tuple[str | None, ...]

    @property
    def amounts(self) -> Amounts:
        """What it adds to sums."""
        numbers, money = self.numbers.amounts, self.money.amounts
        return numbers if self.money is self.numbers else numbers.with_money_of(money)


def statement_of(records: Iterable[Charge]) -> Statement:
    """Return what records of one call say of it, each as it was told; the first of them is the charge."""
    told = _told(records)
    numbers = money = _best(told)
    if numbers.source != "provider" and (charged := [each for each in told if each.source == "provider"]):
        # What the provider charged goes before what anybody computed.
        money = _best(charged)
    owned = told[0]
    who = owned.who
    for record in told[1:]:
        if record.rank > owned.rank:
            owned = record
            who = filled(record.who, who)
        else:
            who = filled(who, record.who)
    return Statement(numbers, money, owned, who)


def best(records: Iterable[Charge]) -> Charge:
    """Return the record of a call whose numbers hold, as it was told."""
    return _best(_told(records))


def _told(records: Iterable[Charge]) -> list[Charge]:
    """Return records as each was told, without those of an answer that was given again: they tell nothing."""
    told = [each.original or each for each in records]
    return [each for each in told if each.amounts.calls] or told[:1]


def _best(told: list[Charge]) -> Charge:
    numbers = told[0]
    for record in told[1:]:
        if _knows_better(record, numbers):
            numbers = record
    return numbers


def _knows_better(later: Charge, first: Charge) -> bool:
    """Tell whether a later record of the same call tells more of it than the first, whichever of them came first.

    Where one lies inside the other and both know as much, the inner one holds: the outer may tell of more than that.
    """
    if later.calls != first.calls:
        # The sum of several requests is none of them.
        return False
    if later.call.usage is None or first.call.usage is None:
        return first.call.usage is None and later.call.usage is not None
    mine, others = _knowledge(later), _knowledge(first)
    if mine != others:
        return mine > others
    if _is_inside(first, later):
        return False
    return _is_inside(later, first) or _heard(later) > _heard(first)


def _is_inside(record: Charge, other: Charge) -> bool:
    """Tell whether the span of a record lies below that of another."""
    return any(
        (span.span_id, span.trace_id) == (other.span_id, other.trace_id) for span in above(record.parent, _HIGHEST)
    )


def _knowledge(charge: Charge) -> tuple[int, bool, int, int, int]:
    """Return how complete a record is that tells usage, how far trusted, how detailed, and how near to the provider.

    Whoever tells of a cache knows more of the money than a token that is off.
    """
    usage = charge.call.usage or ()
    completeness = 0 if charge.amount is None else 1 if charge.status == "partial" else 2
    kinds = sum(1 for part in usage[Field.CACHE_READ :] if part)
    is_cache_told = any(usage[Field.CACHE_READ : Field.CACHE_WRITE_1H])
    return completeness, is_cache_told, charge.trust, kinds, -charge.layer


def _heard(charge: Charge) -> tuple[int, int]:
    """Return how many tokens a record heard of, as a stream's usage only grows, and how many names of its model."""
    usage = charge.call.usage or (0, 0)
    return usage[Field.INPUT] + usage[Field.OUTPUT], len(charge.call.models)
