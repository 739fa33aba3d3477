"""What a store of spend must do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from spancost.budgets.windows import Window

__all__ = ["Booking", "Key", "Spend", "Store"]


Key = tuple[str, str]
"""A budget's id and one value of its scope; a plain tuple because one is made for every charge."""


class Booking(NamedTuple):
    """What booking an amount did."""

    usage: int
    """Pico-USD spent in the window, this amount included."""
    crossed: int
    """Bit n is set where threshold n was passed now, for the first time in the window."""
    recovered: bool
    """A new window began, and the one before had been breached."""
    window: Window
    """Where it was booked: never an earlier one than before, even where a clock was set back."""


class Spend(NamedTuple):
    """What one value has spent of one budget."""

    key: Key
    window: Window
    usage: int


class Store(Protocol):
    """Keeps spend by key and window; each method is one atomic step."""

    evictions: int
    """Values whose spend was forgotten for want of room."""

    def book(self, key: Key, window: Window, amount: int, triggers: tuple[int, ...], limit: int) -> Booking | None:
        """Add pico-USD (less than 0 for a correction); None where nothing has to be told."""
        ...

    def largest(self, budget: str, now_ns: int, most: int) -> Sequence[Spend]:
        """Return the values of a budget that spent most in the window of this moment; in a past one it is nothing."""
        ...

    def overruns(self) -> Mapping[Key, int]:
        """Return how many windows each value has overspent; bounded in values, and no number ever falls."""
        ...

    def clear(self) -> None:
        """Forget everything, as a forked child must."""
        ...
