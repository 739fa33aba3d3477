"""Money as integers: rounding only at the edge, whatever the host program set."""

from __future__ import annotations

import decimal
from decimal import ROUND_HALF_EVEN, ROUND_UP, Context, Decimal, Inexact, Rounded, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spancost.money import NANO, PICO, format_usd, nano_usd, pico_from_decimal, usd

_ANY_PICO = st.integers(-(10**24), 10**24)


@given(_ANY_PICO)
def test_nano_dollars_are_rounded_half_to_even(pico: int) -> None:
    """The nearest whole nano-dollar, for amounts below zero too."""
    assert min(round(Fraction(pico, NANO)), 2**63 - 1) == nano_usd(pico)


@pytest.mark.parametrize(
    ("pico", "nano"), [(500, 0), (1500, 2), (2500, 2), (-500, 0), (-1500, -2), (501, 1), (0, 0), (10**40, 2**63 - 1)]
)
def test_nano_dollars_at_the_half(pico: int, nano: int) -> None:
    """A half goes to the even neighbour: sums of many do not drift."""
    told = nano_usd(pico)
    assert (nano, int) == (told, type(told))


@given(_ANY_PICO)
def test_usd_is_the_nearest_double(pico: int) -> None:
    """What leaves over OpenTelemetry is the double closest to the exact amount."""
    assert float(Fraction(pico, PICO)) == usd(pico)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=15))
def test_dollars_become_the_nearest_pico_dollar(amount: Decimal) -> None:
    """Decimal dollars are taken exactly, half to even below a pico-dollar."""
    assert round(Fraction(amount) * PICO) == pico_from_decimal(amount)


@pytest.mark.parametrize(
    "host",
    [Context(prec=1), Context(prec=3, rounding=ROUND_UP), Context(traps=[Inexact, Rounded]), Context(Emax=2, Emin=-2)],
    ids=["one digit", "rounds up", "traps inexact", "small exponents"],
)
def test_the_host_programs_decimal_context_plays_no_part(host: Context) -> None:
    """A program may have set any precision, rounding, trap or exponent for its own sums."""
    amounts = [
        Decimal("123456.7890123456785"),
        Decimal("0.0000000000005"),
        Decimal("0.0000000000015"),
        Decimal(1000000),
    ]
    with localcontext(Context(prec=60, rounding=ROUND_HALF_EVEN)):
        exact = [int((amount * PICO).to_integral_value()) for amount in amounts]
    with localcontext(host):
        assert exact == [pico_from_decimal(amount) for amount in amounts]
        assert "$1234567.8900" == format_usd(1_234_567_890_000_000_000)
        assert "$0.0332" == format_usd(33_250_000_000)
        assert host.prec == decimal.getcontext().prec


@pytest.mark.parametrize(
    ("pico", "text"),
    [
        (0, "$0.0000"),
        (33_250_000_000, "$0.0332"),
        (33_350_000_000, "$0.0334"),
        (1_500_000_000, "$0.0015"),
        (150_000_000, "$0.00015"),
        (1, "$0.000000000001"),
        (-1_500_000_000, "$-0.0015"),
        (10**9 * PICO, "$1000000000.0000"),
    ],
)
def test_small_amounts_are_shown_with_more_places(pico: int, text: str) -> None:
    """An amount that is not zero never reads as zero."""
    assert text == format_usd(pico)
