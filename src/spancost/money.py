"""Money is an exact integer of pico-dollars (1e-12 USD) inside, a double only at OpenTelemetry's edge."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from typing import Final

__all__ = ["EXACT", "NANO", "PICO", "exact_usd", "format_usd", "nano_usd", "pico_from_decimal", "usd"]

PICO = 10**12
"""Pico-dollars in a dollar."""

NANO = 10**3
"""Pico-dollars in a nano-dollar."""

EXACT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])
"""The decimal context of our own sums: the host program may have set any precision, rounding or trap on its own.

Sixty digits are enough for any amount that a 64-bit token count can cost.
"""


_MOST_NANO: Final = 2**63 - 1
"""OTLP has no larger integer: the attribute would be dropped."""


def usd(pico: int) -> float:
    """Return pico-dollars as the nearest double of dollars."""
    return pico / PICO


def nano_usd(pico: int) -> int:
    """Return pico-dollars as whole nano-dollars, half to even (truncation loses one of them), as far as 64 bits go."""
    whole, rest = divmod(pico, NANO)
    half = NANO // 2
    return min(whole + (rest > half or (rest == half and whole & 1)), _MOST_NANO)


def pico_from_decimal(amount: Decimal) -> int:
    """Return dollars as whole pico-dollars, half to even.

    The caller's decimal context plays no part: a host program may have set any precision.
    """
    with localcontext(EXACT):
        return int((amount * PICO).to_integral_value())


def exact_usd(pico: int) -> str:
    """Return dollars with every digit and no more, such as `0.03325`: what a program reads."""
    whole, rest = divmod(abs(pico), PICO)
    digits = f"{rest:012d}".rstrip("0")
    return f"{'-' if pico < 0 else ''}{whole}{'.' if digits else ''}{digits}"


def format_usd(pico: int, places: int = 4) -> str:
    """Return dollars for a person to read, such as `$0.0332`, with more places where the amount is small."""
    while places < 12 and pico and abs(pico) * 10**places < 10 * PICO:
        places += 1
    # Integers alone: decimal's own sums set a context variable, see `spancost.pricing.rates.pico_rate`.
    unit = 10 ** (12 - places)
    whole, rest = divmod(abs(pico), unit)
    if 2 * rest > unit or (2 * rest == unit and whole & 1):
        whole += 1
    digits = f"{whole:0{places + 1}d}"
    return f"${'-' if pico < 0 else ''}{digits[:-places]}.{digits[-places:]}"
