"""Prices become whole pico-USD a token, whatever the host program did to decimal arithmetic."""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal, Inexact, localcontext

from spancost.pricing.rates import Rates, pico_rate


def test_a_price_is_whole_pico_dollars_a_token() -> None:
    """1.75 USD a million tokens is 1,750,000 pico-USD a token."""
    assert 1_750_000 == pico_rate(Decimal("1.75"))
    assert 5 * 10**9 == pico_rate(Decimal(5), per=1000)


def test_a_fraction_is_rounded_half_to_even() -> None:
    """Half a pico-USD goes to the even neighbour, more goes up."""
    assert [0, 2, 2, 3] == [pico_rate(Decimal(text)) for text in ("5e-7", "15e-7", "25e-7", "2.5000001e-6")]


def test_the_decimal_context_of_the_program_plays_no_part() -> None:
    """A host with 4 digits, another rounding and traps on inexact results gets the same rate."""
    with localcontext(Context(prec=4, rounding=ROUND_UP, traps=[Inexact])):
        assert 83_333 == pico_rate(Decimal("0.08333333333333334"))
        assert 1_598_760 == pico_rate(Decimal("1.59875975"))


def test_a_part_costs_what_it_costs_above_its_whole() -> None:
    """A cache read at a tenth of the input rate takes nine tenths off the input it is counted in."""
    factors = Rates(input=30, output=100, cache_read=3, reasoning=120)._replace(audio_input=50).coefficients()
    assert (30, 100, -27, 0, 0, 20, 20, 0) == factors[:8]
    # Cached audio costs 3: 30 as input, -27 as a cache read, 20 as audio, and -20 to make it 3.
    assert -20 == factors.audio_cache_read
