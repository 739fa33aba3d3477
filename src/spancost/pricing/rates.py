"""What a token of each class costs, and the one dot product that makes an amount of it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from spancost.money import PICO

__all__ = ["Coefficients", "Rates", "pico_rate"]


def pico_rate(price: Decimal | Fraction, per: int = 10**6) -> int:
    """Return USD per `per` units as whole pico-USD per unit, half to even.

    Nearly every published price is a whole number of pico-USD per token; the rest is float noise in the source
    (0.08333333333333334 USD a million), where the error is at most half a pico-USD a token.

    Fractions, because rates are made where spans end, and spans are ended by garbage collections too: decimal sets a
    context variable, and setting one inside the setting of another crashes the interpreter (a collection can run
    inside `ContextVar.set`; seen on CPython 3.11.7 in `_PyHamt_Assoc`).
    """
    return round(Fraction(price) * PICO / per)


class Coefficients(NamedTuple):
    """Pico-USD per counted token: fields as in `Usage`, whose counts include one another.

    A part's coefficient is what it costs above the whole it is counted in, so it may be negative.
    """

    input: int
    output: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    reasoning: int
    audio_input: int
    audio_output: int
    audio_cache_read: int


class Rates(NamedTuple):
    """Pico-USD per token of each class, None where a table has no rate of its own for it; classes don't overlap."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    audio_cache_read: int | None = None
    request: int = 0
    """Pico-USD for the call itself."""

    def coefficients(self) -> Coefficients:
        """Return what each count of a `Usage` is multiplied with.

        A class without a rate costs what the class around it costs, as in genai-prices: cache reads, cache writes
        and audio what input costs, hour-long writes what writes cost, reasoning and spoken output what output costs.
        """
        plain = _first(self.input, 0)
        output = _first(self.output, 0)
        cache_read = _first(self.cache_read, plain)
        cache_write = _first(self.cache_write, plain)
        audio_input = _first(self.audio_input, plain)
        audio_cache_read = _first(self.audio_cache_read, self.cache_read, self.audio_input, plain)
        return Coefficients(
            input=plain,
            output=output,
            cache_read=cache_read - plain,
            cache_write=cache_write - plain,
            cache_write_1h=_first(self.cache_write_1h, cache_write) - cache_write,
            reasoning=_first(self.reasoning, output) - output,
            audio_input=audio_input - plain,
            audio_output=_first(self.audio_output, output) - output,
            # Cached audio is counted in input, in cache reads and in audio: take it out of the two parts again.
            audio_cache_read=audio_cache_read - cache_read - audio_input + plain,
        )


def _first(*rates: int | None) -> int:
    """Return the first rate there is; the last is always there."""
    return next(rate for rate in rates if rate is not None)
