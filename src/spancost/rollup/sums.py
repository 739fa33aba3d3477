"""What a span's subtree adds up to: money and counts, exact integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from spancost.calls.turns import Turn
    from spancost.rollup.charge import Charge

__all__ = ["NO_AMOUNTS", "Amounts", "Below", "Totals"]


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

    @property
    def tell(self) -> bool:
        """Whether they are of a call that told what it used."""
        return bool(self.input or self.output or self.cost)

    def minus(self, other: Amounts) -> Amounts:
        """Return what has to be added to `other` to make it this."""
        return Amounts(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def negated(self) -> Amounts:
        """Return what takes this back."""
        return Amounts(*(-value for value in self))

    def with_money_of(self, other: Amounts) -> Amounts:
        """Return these tokens at another's cost, and as surely priced."""
        return self._replace(cost=other.cost, partial=other.partial, unpriced=other.unpriced)


NO_AMOUNTS: Final = Amounts()


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


class Below:
    """What charges have put below one span. The sums are guarded by the tree's lock."""

    __slots__ = (
        "booked",
        "cache_read",
        "cache_write",
        "calls",
        "children",
        "direct",
        "inner",
        "input",
        "output",
        "own",
        "partial",
        "ran_tool",
        "reasoning",
        "sequence",
        "state",
        "steps",
        "turn",
        "unpriced",
    )

    def __init__(self) -> None:
        self.booked = False
        """Whether anything was added: the sums alone can't tell."""
        self.own = False
        """Whether a call with no owner between has told what it used."""
        self.direct = self.children = self.calls = self.partial = self.unpriced = 0
        self.input = self.output = self.cache_read = self.cache_write = self.reasoning = 0
        self.sequence = 0
        """Corrections since the span ended."""
        self.state: str | None = None
        """The worst budget state that a charge below brought about."""
        self.inner: list[Charge] = []
        """Charges with no agent or tool between: candidates to be the same call as this span."""
        self.steps = 0
        """Requests inside that a call's span sums up."""
        self.turn: Turn | None = None
        """The last call directly below that may tell the sum of those before it."""
        self.ran_tool = False
        """Whether a tool began and ended inside the span."""

    @property
    def tells(self) -> bool:
        """Whether any call below has told what it used."""
        return bool(self.input or self.output or self.direct or self.children)
