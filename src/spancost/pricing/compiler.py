"""From rates to functions: usage and time in, price out, integers all the way."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from spancost.faults import leave_to_host
from spancost.pricing.price import Price

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from spancost.calls.usage import Usage
    from spancost.pricing.rates import Rates

    PriceFunction: TypeAlias = Callable[[Usage, int], Price]

__all__ = ["DAY_NS", "MOST_TOKENS", "by_date", "by_input", "by_time_of_day", "compile_rates", "unpriced"]

DAY_NS = 86_400 * 10**9
"""Nanoseconds in a day of UTC."""

MOST_TOKENS = 10**12
"""A call that counts more tokens than this is a fault of whoever counted."""


_LACKING = "no_class_price"
"""Why a price is a lower bound."""

# Price's own constructor is a Python function that ends here; this way a price costs a sixth less.
_price: Callable[[type[Price], tuple[int, str, str, str, str]], Price] = tuple.__new__  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def unpriced(reason: str, version: str, model: str = "") -> PriceFunction:
    """Return a function that answers every call with the same reason."""
    answer = Price(None, "unpriced", model, version, reason)
    return lambda _usage, _at_ns: answer


def compile_rates(rates: Rates, status: str, model: str, version: str) -> PriceFunction:
    """Return the price function of one set of rates.

    The status is `partial`, the amount a lower bound, where tokens were counted that the set has no rate for and
    that cost more than the class they are charged as: audio without a rate for audio, hour-long cache writes where
    only shorter ones have a rate, input or output without any rate. Cache reads, cache writes and reasoning without
    a rate of their own cost what input and output cost: that is how providers charge who list none. A call of which
    nothing has a rate is `no_price`; a call that can't be (a negative count, a part above its whole, more than
    `MOST_TOKENS`) is `invalid_usage`.
    """
    of_input, of_output, of_read, of_write, of_hour, of_reasoning, of_audio, of_speech, of_audio_read = (
        rates.coefficients()
    )
    base = rates.request
    no_audio_input = rates.audio_input is None
    no_audio_output = rates.audio_output is None
    no_hour_rate = rates.cache_write_1h is None and rates.cache_write is not None
    invalid = Price(None, "unpriced", model, version, "invalid_usage")

    def price(usage: Usage, _at_ns: int) -> Price:
        tokens, output, read, write, hour_write, reasoning, audio, speech, audio_read = usage
        try:
            # Each part is looked at only where there is one: most calls have few.
            if not (0 <= tokens <= MOST_TOKENS and 0 <= output <= MOST_TOKENS):
                return invalid
            amount = base + of_input * tokens + of_output * output
            lacking = False
            if read or write or hour_write:
                if not (read >= 0 and 0 <= hour_write <= write and read + write <= tokens):
                    return invalid
                amount += of_read * read + of_write * write + of_hour * hour_write
                lacking = no_hour_rate and hour_write > 0
            if reasoning:
                if not 0 < reasoning <= output:
                    return invalid
                amount += of_reasoning * reasoning
            if audio or speech or audio_read:
                if not (0 <= audio_read <= read and audio_read <= audio <= tokens - read + audio_read):
                    return invalid
                if not 0 <= speech <= output:
                    return invalid
                amount += of_audio * audio + of_speech * speech + of_audio_read * audio_read
                lacking = lacking or (no_audio_input and audio > 0) or (no_audio_output and speech > 0)
        except TypeError as fault:  # a count that is no number
            leave_to_host(fault)
            return invalid
        if amount.__class__ is not int:  # a fraction of a token
            return invalid
        if lacking:
            return Price(amount, "partial", model, version, _LACKING)
        return _price(Price, (amount, status, model, version, ""))

    return price if None not in (rates.input, rates.output) else _half_rated(price, rates, model, version)


def _half_rated(price: PriceFunction, rates: Rates, model: str, version: str) -> PriceFunction:
    """Return the price function of a set that has no rate for input, or none for output, or neither."""
    nothing = unpriced("no_price", version, model)
    if rates.input is None and rates.output is None and not rates.request:
        return nothing  # billed by the second or the page: a count of tokens says nothing, not even 0

    def half(usage: Usage, at_ns: int) -> Price:
        answer = price(usage, at_ns)
        counted = [(count, rate) for count, rate in zip(usage[:2], rates[:2], strict=True) if count]
        rated = [rate for _, rate in counted if rate is not None]
        if answer.amount is None or len(rated) == len(counted):
            return answer
        if rated or rates.request:
            return answer._replace(status="partial", reason=_LACKING)
        return nothing(usage, at_ns)

    return half


def by_input(starts: Sequence[int], functions: Sequence[PriceFunction]) -> PriceFunction:
    """Return a function that asks the one for an input of that size, for the whole call (a cliff, as providers do it).

    `starts` are tokens, ascending; `functions` has one more: each next holds for more input tokens than its start.
    """
    if not starts:
        return functions[0]

    def price(usage: Usage, at_ns: int) -> Price:
        try:
            function = functions[bisect_left(starts, usage[0])]
        except TypeError as fault:  # no number: for any set of rates to refuse
            leave_to_host(fault)
            function = functions[0]
        return function(usage, at_ns)

    return price


def by_date(starts: Sequence[int], functions: Sequence[PriceFunction]) -> PriceFunction:
    """Return a function that asks the one in force at the call's time.

    `starts` are ns since the epoch, ascending; `functions` has one more: what holds before the first start.
    """
    if not starts:
        return functions[0]
    return lambda usage, at_ns: functions[bisect_right(starts, at_ns)](usage, at_ns)


def by_time_of_day(starts: Sequence[int], functions: Sequence[PriceFunction]) -> PriceFunction:
    """Return a function that asks the one in force at that time of the day in UTC.

    `starts` are ns since midnight, ascending; `functions` has one more: what holds before the first start.
    """
    if not starts:
        return functions[0]
    return lambda usage, at_ns: functions[bisect_right(starts, at_ns % DAY_NS)](usage, at_ns)
