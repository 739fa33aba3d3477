"""Which values of a stream are worth a series of their own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Final, Generic, TypeVar

__all__ = ["Dearest"]

_KEPT: Final = 100
_CANDIDATES: Final = 400
_REPLACEABLE: Final = 200

_SHARE: Final = 200
"""Whoever is named later must have spent more than this part of everything: one half of a hundredth."""

Value = TypeVar("Value", bound=Hashable)


class Dearest(Generic[Value]):
    """The values that have a series of their own: the dearest, as far as a stream can tell.

    The first hundred are kept. The rest is followed in a bounded sketch (after Metwally et al., "Space-Saving", 2005),
    which errs by at most a two-hundredth of everything. One that is sure to have spent more than the least of the
    kept, and more than a two-hundredth of everything, takes its place, from then on: a counter can't give money back.
    So nobody without a series has spent more than a hundredth and a half of everything. At most two hundred are ever
    replaced, so the series stay bounded; noise spends few of them, as what is little of everything replaces nobody.

    Without a lock, and so that others may come in between: then a bound is exceeded by one, or an estimate too low.
    """

    def __init__(self, kept: int = _KEPT, candidates: int = _CANDIDATES, replaceable: int = _REPLACEABLE) -> None:
        self._most_kept = kept
        self._most_candidates = candidates
        self._replaceable = replaceable
        self._kept: set[Value] = set()
        # Value -> [pico-USD spent at most, of which uncertain].
        self._candidates: dict[Value, list[int]] = {}
        # Pico-USD that nobody can be named with, when it was last looked at; it can only have grown since.
        self._bar = 0
        # Pico-USD that a value which is not followed may have spent at most.
        self._forgotten = 0

    def __len__(self) -> int:
        return len(self._kept) + len(self._candidates)

    def name(
        self, value: Value, amount: int = 0, spent: Callable[[], Mapping[Value, int]] | None = None
    ) -> tuple[bool, Value | None]:
        """Tell whether a value has a series of its own, and which value lost its own to it now, if any.

        `spent` tells pico-USD by series, of those that aren't named too; without it none is replaced.
        """
        kept = self._kept
        if value in kept:
            return True, None
        if len(kept) < self._most_kept:
            kept.add(value)
            return True, None
        most, uncertain = self._follow(value, amount)
        certain = most - uncertain
        if spent is None or not self._replaceable or certain <= self._bar:
            return False, None
        by_value = spent()
        cheapest = min(kept.copy(), key=lambda each: by_value.get(each, 0))
        self._bar = max(by_value.get(cheapest, 0), sum(by_value.values()) // _SHARE)
        if certain <= self._bar:
            return False, None
        self._replaceable -= 1
        self._candidates.pop(value, None)
        kept.discard(cheapest)
        kept.add(value)
        return True, cheapest

    def _follow(self, value: Value, amount: int) -> list[int]:
        candidates = self._candidates
        candidate = candidates.get(value)
        if candidate is not None:
            candidate[0] += amount
            return candidate
        if len(candidates) >= self._most_candidates:
            # Half of them at once: to look for the cheapest of all with each new value costs more than the whole call.
            by_cost = sorted(candidates.copy().items(), key=lambda candidate: candidate[1][0])
            cheapest = by_cost[: (self._most_candidates + 1) // 2]
            self._forgotten = cheapest[-1][1][0]
            for each, _ in cheapest:
                candidates.pop(each, None)
        candidate = candidates[value] = [self._forgotten + amount, self._forgotten]
        return candidate
