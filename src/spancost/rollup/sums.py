"""What a span's subtree adds up to: money and counts, exact integers."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Amounts", "Sums", "Totals"]


class Amounts(NamedTuple):
    """What one charge adds to the spans above it; negative where a correction takes back."""

    cost: int = 0
    """Pico-USD."""
    calls: int = 0
    partial: int = 0
    unpriced: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0

    def minus(self, other: Amounts) -> Amounts:
        """Return what has to be added to `other` to make it this."""
        return Amounts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def negated(self) -> Amounts:
        """Return what takes this back."""
        return Amounts(*(-value for value in self))


class Totals(NamedTuple):
    """An owner's sums at one moment, pico-USD and counts."""

    direct: int
    """Charges that no owner below this one owns."""
    children: int
    """Totals of the owners below it."""
    calls: int
    partial: int
    unpriced: int
    input: int
    output: int
    cache_read: int
    cache_write: int
    reasoning: int

    @property
    def total(self) -> int:
        """Direct and children together."""
        return self.direct + self.children


class Sums:
    """The running sums below one span. Guarded by the tree's lock."""

    __slots__ = (
        "cache_read",
        "cache_write",
        "calls",
        "children",
        "direct",
        "input",
        "output",
        "partial",
        "reasoning",
        "unpriced",
    )

    def __init__(self) -> None:
        self.direct = 0
        self.children = 0
        self.calls = 0
        self.partial = 0
        self.unpriced = 0
        self.input = 0
        self.output = 0
        self.cache_read = 0
        self.cache_write = 0
        self.reasoning = 0
