"""What a span says that its call cost, whoever reckoned it."""

from __future__ import annotations

from typing import Any, Final

from spancost.calls.dialects import Field
from spancost.calls.plain import plain

__all__ = ["stated"]

_ABSURD_USD: Final = 10**7


def stated(row: tuple[Any, ...]) -> tuple[int | None, str]:
    """Return pico-USD and who stated them, `provider` or `local` (a library's price list); None where nobody did."""
    if (amount := _pico(row[Field.COST])) is not None and row[Field.COST_CURRENCY] in ("USD", None):
        return amount, "provider" if row[Field.COST_SOURCE] == "provider" else "local"
    if (amount := _pico(row[Field.LIST_COST])) is not None:
        return amount, "local"
    return None, ""


def _pico(amount: object) -> int | None:
    # A reported 0 with tokens is ignored: libraries write it for models they don't know.
    amount = plain(amount)
    if (type(amount) is int or type(amount) is float) and 0 < amount < _ABSURD_USD:
        return round(amount * 10**12)
    return None
