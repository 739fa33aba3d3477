"""Rates become functions that say partial, no price or invalid where that is the truth."""

from __future__ import annotations

from typing import Any, cast

import pytest

from spancost.calls.usage import Usage
from spancost.pricing import Price
from spancost.pricing.compiler import DAY_NS, by_date, by_input, by_time_of_day, compile_rates, unpriced
from spancost.pricing.rates import Rates

PLAIN = Rates(input=3, output=15)


def price(rates: Rates, usage: Usage) -> Price:
    """Return the price of a usage at these rates."""
    return compile_rates(rates, "exact", "p:m", "v")(usage, 0)


def test_each_class_of_token_is_charged_once_at_its_own_rate() -> None:
    """Parts are taken out of the whole they are counted in, cached audio out of both."""
    rates = Rates(1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
    usage = Usage(
        input=40, output=9, cache_read=7, cache_write=5, cache_write_1h=2, reasoning=4, audio_input=11, audio_output=3,
        audio_cache_read=6,
    )  # fmt: skip
    input_side = 23 * 1 + 1 * 100 + 3 * 1_000 + 2 * 10_000 + 5 * 1_000_000 + 6 * 100_000_000
    output_side = 2 * 10 + 4 * 100_000 + 3 * 10_000_000
    assert Price(input_side + output_side, "exact", "p:m", "v", "") == price(rates, usage)


def test_classes_without_a_rate_cost_what_the_class_around_them_costs() -> None:
    """Cache reads, cache writes and reasoning without rates are input and output, and the price is exact."""
    assert Price(45, "exact", "p:m", "v", "") == price(PLAIN, Usage(10, 1, cache_read=4, cache_write=3, reasoning=1))


@pytest.mark.parametrize(
    ("rates", "usage", "amount"),
    [
        (PLAIN, Usage(10, 1, audio_input=1), 45),
        (PLAIN, Usage(10, 1, audio_output=1), 45),
        (Rates(3, 15, cache_write=4), Usage(10, 1, cache_write=2, cache_write_1h=1), 47),
        (Rates(input=3), Usage(10, 1), 30),
        (Rates(output=15), Usage(10, 1), 15),
        (Rates(request=500), Usage(10, 1), 500),
    ],
)
def test_a_dearer_class_without_a_rate_makes_the_price_a_lower_bound(rates: Rates, usage: Usage, amount: int) -> None:
    """Audio, hour-long writes, input or output without a rate make the price partial."""
    assert Price(amount, "partial", "p:m", "v", "no_class_price") == price(rates, usage)


@pytest.mark.parametrize("rates", [Rates(), Rates(input=3), Rates(input=3, cache_read=1)])
def test_a_call_of_which_nothing_has_a_rate_has_no_price(rates: Rates) -> None:
    """Output alone on a set that has rates for input only, or for nothing, is unpriced, not 0."""
    assert Price(None, "unpriced", "p:m", "v", "no_price") == price(rates, Usage(output=1))


def test_a_call_that_used_nothing_costs_nothing() -> None:
    """Zero tokens at known rates are exactly 0, plus the fee of the call where there is one."""
    assert 0 == price(PLAIN, Usage()).amount
    assert 0 == price(Rates(input=3), Usage()).amount
    assert 500 == price(Rates(3, 15, request=500), Usage()).amount


@pytest.mark.parametrize(
    "usage",
    [
        Usage(-1),
        Usage(output=-1),
        Usage(1, cache_read=-1),
        Usage(1, cache_read=2),
        Usage(2, cache_read=1, cache_write=2),
        Usage(5, cache_write=1, cache_write_1h=2),
        Usage(5, cache_write_1h=-1),
        Usage(5, 1, reasoning=2),
        Usage(5, 1, reasoning=-1),
        Usage(5, audio_input=6),
        Usage(5, audio_input=-1),
        Usage(5, 1, audio_output=2),
        Usage(5, 1, audio_output=-1),
        Usage(5, cache_read=3, audio_input=3, audio_cache_read=4),
        Usage(5, cache_read=3, audio_input=3),
        Usage(5, audio_input=1, audio_cache_read=1),
        Usage(10**12 + 1),
        Usage(1, 10**12 + 1),
        Usage(*[cast("Any", float("nan"))] * 9),
        Usage(cast("Any", float("inf")), 1),
        Usage(cast("Any", 1.5), 1),
        Usage(cast("Any", "12"), 1),
        Usage(1, cast("Any", None)),
    ],
)
def test_usage_that_can_not_be_is_invalid_and_never_money(usage: Usage) -> None:
    """Negative counts, parts above their whole, absurd counts and what is no whole number are invalid_usage."""
    function = by_input([3], [compile_rates(PLAIN, "exact", "p:m", "v")] * 2)
    assert Price(None, "unpriced", "p:m", "v", "invalid_usage") == function(usage, 0)


def test_the_largest_call_is_still_exact() -> None:
    """A thousand billion tokens a side are priced without overflow or rounding."""
    assert 18 * 10**12 == price(PLAIN, Usage(10**12, 10**12)).amount


def test_a_tier_is_a_cliff_above_its_start() -> None:
    """The whole call moves to the next function with the first token above a start, not with the start itself."""
    function = by_input([10, 20], [unpriced(name, "v") for name in "abc"])
    reasons = [function(Usage(tokens), 0).reason for tokens in (0, 10, 11, 20, 21)]
    assert ["a", "a", "b", "b", "c"] == reasons


def test_a_date_begins_with_its_first_nanosecond() -> None:
    """A function holds from its start on, whatever came before, even before 1970."""
    function = by_date([0, 100], [unpriced(name, "v") for name in "abc"])
    assert ["a", "b", "b", "c", "c"] == [function(Usage(), at).reason for at in (-1, 0, 99, 100, 10**30)]


def test_a_time_of_day_comes_back_every_day() -> None:
    """Only the time within the day in UTC decides, also before 1970."""
    function = by_time_of_day([100], [unpriced(name, "v") for name in "ab"])
    assert ["a", "b", "a", "b"] == [function(Usage(), at).reason for at in (99, 100, DAY_NS + 99, -1)]
