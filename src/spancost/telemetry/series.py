"""Counters as integers, bounded in number, until OpenTelemetry collects them."""

from __future__ import annotations

from collections.abc import Iterator
from threading import RLock
from typing import TYPE_CHECKING, Final

from spancost import semconv
from spancost.calls.who import NONE

if TYPE_CHECKING:
    from spancost.engine import Count

__all__ = ["OTHER", "Dearest", "Row", "Series"]

OTHER: Final = "_other"
"""The value that those beyond a dimension's bound are counted under."""

_KEPT: Final = 100
_CANDIDATES: Final = 400
_RETIRED: Final = 100

# Five token types a row must stay below the SDK's 2,000 attribute sets an instrument (1.45.2 and later).
_MOST_ROWS: Final = 380


class Dearest:
    """The values of one dimension that have a series of their own: the dearest, as far as a stream can tell.

    The first hundred are kept. The rest is followed in a bounded sketch (Metwally et al., "Space-Saving", 2005);
    one that is sure to have spent twice as much as the least of the kept takes its place, from then on: a
    counter can't give money back. At most a hundred are replaced, so the series stay bounded.
    """

    def __init__(self, kept: int = _KEPT, candidates: int = _CANDIDATES, retired: int = _RETIRED) -> None:
        self._most_kept = kept
        self._most_candidates = candidates
        self._replaceable = retired
        self._kept: dict[str, int] = {}
        # Value -> [spent at most, of which uncertain]; pico-USD.
        self._candidates: dict[str, list[int]] = {}
        self._least = 0

    def __len__(self) -> int:
        return len(self._kept) + len(self._candidates)

    def label(self, value: str, amount: int) -> str:
        """Count an amount for a value and return what it is labelled: itself, or `_other`."""
        kept = self._kept
        spent = kept.get(value)
        if spent is not None:
            kept[value] = spent + amount
            return value
        if len(kept) < self._most_kept:
            kept[value] = amount
            return value
        candidate = self._follow(value, amount)
        if self._replaceable and candidate[0] - candidate[1] > 2 * self._least:
            self._least = min(kept.values())
            if candidate[0] - candidate[1] > 2 * self._least:
                self._replaceable -= 1
                del kept[min(kept, key=kept.__getitem__)]
                self._candidates.pop(value, None)
                kept[value] = candidate[0] - candidate[1]
                return value
        return OTHER

    def _follow(self, value: str, amount: int) -> list[int]:
        candidates = self._candidates
        candidate = candidates.get(value)
        if candidate is not None:
            candidate[0] += amount
            return candidate
        spent = 0
        if len(candidates) >= self._most_candidates:
            least = min(candidates, key=lambda name: candidates[name][0])
            spent = candidates.pop(least)[0]
        candidate = candidates[value] = [spent + amount, spent]
        return candidate


class Row:
    """The counters of one set of attributes. Guarded by the series' lock."""

    __slots__ = ("attributes", "cache_read", "cache_write", "calls", "cost", "input", "output", "reasoning")

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.cost = 0
        self.calls = 0
        self.input = 0
        self.cache_read = 0
        self.cache_write = 0
        self.output = 0
        self.reasoning = 0


class Series:
    """Every row of the cost, call and token counters. Guarded by its own RLock."""

    def __init__(self, dimensions: tuple[str, ...], places: tuple[int, ...], most_rows: int = _MOST_ROWS) -> None:
        self._lock = RLock()
        self._rows: dict[tuple[str | None, ...], Row] = {}
        self._labels = tuple(Dearest() for _ in range(3 + len(dimensions)))
        self._names = (
            semconv.GEN_AI_PROVIDER_NAME,
            semconv.PRICING_STATUS,
            semconv.GEN_AI_REQUEST_MODEL,
            semconv.GEN_AI_AGENT_NAME,
            semconv.GEN_AI_WORKFLOW_NAME,
            *dimensions,
        )
        # Where agent, workflow and the dimensions stand among a charge's attribution values.
        self._places = places
        self._most_rows = most_rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(tuple(self._rows.values()))

    def add(self, count: Count) -> None:
        """Add a charge to its row; what would fall is left as it is, for a counter never falls."""
        charge, amounts = count
        who, cost = charge.who, amounts.cost
        values: list[str | None] = [charge.call.request_model, *(who[place] for place in self._places)]
        with self._lock:
            for place, label in enumerate(self._labels):
                value = values[place]
                # Dimensions asked for have a group of their own for what isn't told; the rest is absent.
                if value:
                    values[place] = label.label(value, cost)
                elif place >= 3:
                    values[place] = NONE
            key = (charge.call.provider, charge.status, *values)
            row = self._rows.get(key) or self._new_row(key)
            row.cost += cost
            row.calls += amounts.calls
            row.cache_read += amounts.cache_read
            row.cache_write += amounts.cache_write
            uncached = amounts.input - amounts.cache_read - amounts.cache_write
            row.input += max(0, uncached)
            row.reasoning += amounts.reasoning
            visible = amounts.output - amounts.reasoning
            row.output += max(0, visible)

    def _new_row(self, key: tuple[str | None, ...]) -> Row:
        if len(self._rows) >= self._most_rows:
            # The table is full: only provider and status are told apart from here on.
            key = (OTHER if len(self._rows) > self._most_rows + 20 else key[0], key[1], *(OTHER for _ in key[2:]))
            if (row := self._rows.get(key)) is not None:
                return row
        attributes = {name: value for name, value in zip(self._names, key, strict=True) if value}
        # setdefault: making the row may have started a garbage collection that made it before us.
        return self._rows.setdefault(key, Row(attributes))
