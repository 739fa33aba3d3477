"""Which of a call's records holds: the more complete, the more trusted, the more detailed; never the first as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spancost.calls.dialects import Field

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge

__all__ = ["best"]


def best(
    first: Charge, later: Charge, inner: Charge | None = None, leaving: Charge | None = None
) -> tuple[Charge, Charge]:
    """Return the record of a call whose numbers hold, and the one whose money does.

    `inner` is the one that lies inside the other, if it does. `leaving` is a record that turned out to be another
    call's, whose place the later one takes: what it told holds no longer.
    """
    if leaving is None:
        numbers = later if _knows_better(later, first, inner) else first
        return numbers, _whose_money(first, later, numbers)
    numbers = money = first.original or first
    for record in first.others:
        if record is not leaving:
            numbers = record if _knows_better(record, numbers) else numbers
            money = _whose_money(money, record, numbers)
    return numbers, money


def _knows_better(later: Charge, first: Charge, inner: Charge | None = None) -> bool:
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
    return _heard(later) > _heard(first) if inner is None else inner is later


def _whose_money(first: Charge, later: Charge, numbers: Charge) -> Charge:
    """Return the record of a call whose amount holds: what the provider charged goes before what anybody computed."""
    if first.source == later.source:
        return numbers
    return first if first.source == "provider" else later


def _knowledge(charge: Charge) -> tuple[int, int, int, int]:
    """Return how complete a record is that tells usage, how far trusted, how detailed, and how near to the provider."""
    usage = charge.call.usage or ()
    completeness = 0 if charge.amount is None else 1 if charge.status == "partial" else 2
    kinds = sum(1 for part in usage[Field.CACHE_READ :] if part)
    return completeness, charge.trust, kinds, -charge.layer


def _heard(charge: Charge) -> tuple[int, int]:
    """Return how many tokens a record heard of, as a stream's usage only grows, and how many names of its model."""
    usage = charge.call.usage or (0, 0)
    return usage[Field.INPUT] + usage[Field.OUTPUT], len(charge.call.models)
