"""What a group of charges adds up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spancost.rollup import Amounts

__all__ = ["Key", "Sums"]

Key = tuple[str, ...]
"""Values of the keys asked for, in their order."""


class Sums:
    """What a group of charges adds up to: exact integers, pico-USD, tokens and ns."""

    __slots__ = (
        "cache_read",
        "cache_write",
        "calls",
        "cost",
        "duplicates",
        "errors",
        "estimated",
        "input",
        "latency_ns",
        "output",
        "partial",
        "reasoning",
        "runs",
        "unpriced",
    )

    def __init__(self) -> None:
        self.cost = self.calls = self.partial = self.unpriced = self.duplicates = self.errors = self.runs = 0
        self.estimated = 0
        self.input = self.output = self.cache_read = self.cache_write = self.reasoning = self.latency_ns = 0

    @property
    def priced(self) -> int:
        """Calls whose whole cost is known."""
        return self.calls - self.partial - self.unpriced

    def add(self, amounts: Amounts) -> None:
        """Add what a charge amounts to."""
        cost, calls, partial, unpriced, input_, output, read, write, reasoning = amounts
        self.cost += cost
        self.calls += calls
        self.partial += partial
        self.unpriced += unpriced
        self.input += input_
        self.output += output
        self.cache_read += read
        self.cache_write += write
        self.reasoning += reasoning

    def include(self, other: Sums) -> None:
        """Add another group, but for its runs: one run may have calls of several groups."""
        for name in self.__slots__:
            if name != "runs":
                setattr(self, name, getattr(self, name) + getattr(other, name))
