"""Counters as integers, bounded in number, until OpenTelemetry collects them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import itemgetter
from threading import RLock
from typing import TYPE_CHECKING, Final

from spancost import semconv
from spancost.calls.who import NONE, WRITTEN_AS, as_label

if TYPE_CHECKING:
    from spancost.outcome import Count

__all__ = ["OTHER", "Dearest", "Row", "Series"]

OTHER: Final = "_other"
"""The value that those beyond a dimension's bound are counted under."""

_KEPT: Final = 100
_CANDIDATES: Final = 400
_REPLACEABLE: Final = 100

# Five token types a row must stay below the SDK's 2,000 attribute sets an instrument (1.45.2 and later).
_MOST_ROWS: Final = 360
_SPARE_ROWS: Final = 20

_FIRST_BOUNDED: Final = 2
_FIRST_DIMENSION: Final = 5


class Dearest:
    """The values of one dimension that have a series of their own: the dearest, as far as a stream can tell.

    The first hundred are kept. The rest is followed in a bounded sketch (after Metwally et al., "Space-Saving", 2005);
    one that is sure to have spent twice as much as the least of the kept takes its place, from then on: a
    counter can't give money back. At most a hundred are replaced, so the series stay bounded.

    Without a lock, and so that others may come in between: then a bound is exceeded by one, or an estimate too low.
    """

    def __init__(self, kept: int = _KEPT, candidates: int = _CANDIDATES, replaceable: int = _REPLACEABLE) -> None:
        self._most_kept = kept
        self._most_candidates = candidates
        self._replaceable = replaceable
        self._kept: set[str] = set()
        # Value -> [pico-USD spent at most, of which uncertain].
        self._candidates: dict[str, list[int]] = {}
        self._least = 0
        # Pico-USD that a value which is not followed may have spent at most.
        self._forgotten = 0

    def __len__(self) -> int:
        return len(self._kept) + len(self._candidates)

    def label(
        self, value: str, amount: int = 0, spent: Callable[[], Mapping[str, int]] | None = None
    ) -> tuple[str, str | None]:
        """Return what a value is labelled, itself or `_other`, and the value that lost its series to it, if any.

        `spent` tells pico-USD by value of the kept ones; without it none is replaced.
        """
        kept = self._kept
        if value in kept or len(kept) < self._most_kept:
            kept.add(value)
            return value, None
        most, uncertain = self._follow(value, amount)
        certain = most - uncertain
        if spent is not None and self._replaceable and certain > 2 * self._least:
            # The least can only have grown since it was last asked for.
            by_value = spent()
            cheapest = min(kept.copy(), key=lambda name: by_value.get(name, 0))
            self._least = by_value.get(cheapest, 0)
            if certain > 2 * self._least:
                self._replaceable -= 1
                self._candidates.pop(value, None)
                kept.discard(cheapest)
                kept.add(value)
                return value, cheapest
        return OTHER, None

    def _follow(self, value: str, amount: int) -> list[int]:
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
            for name, _ in cheapest:
                candidates.pop(name, None)
        candidate = candidates[value] = [self._forgotten + amount, self._forgotten]
        return candidate


class Row:
    """The counters of one set of attributes. Guarded by the series' lock."""

    __slots__ = ("attributes", "cache_read", "cache_write", "calls", "cost", "input", "output", "reasoning", "shown")

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.cost = self.calls = self.input = self.cache_read = self.cache_write = self.output = self.reasoning = 0
        self.shown = (0, 0, 0, 0, 0, 0, 0)

    def show(self) -> tuple[int, ...]:
        """Return cost, calls, uncached input, cache reads, cache writes, visible output and reasoning.

        None is less than was ever shown: after a correction downward a counter waits until the truth catches up.
        """
        now = (self.cost, self.calls, self.input, self.cache_read, self.cache_write, self.output, self.reasoning)
        self.shown = tuple(map(max, now, self.shown))
        return self.shown


Key = tuple[str | None, ...]


class Series:
    """Every row of the cost, call and token counters. Their sums are guarded by its RLock, which nothing is made in."""

    def __init__(self, dimensions: tuple[str, ...], places: tuple[int, ...], most_rows: int = _MOST_ROWS) -> None:
        self._lock = RLock()
        self._rows: dict[Key, Row] = {}
        # What charges say -> their row, so that most charges need no labelling.
        self._known: dict[Key, Row] = {}
        self._names = (
            semconv.GEN_AI_PROVIDER_NAME,
            semconv.PRICING_STATUS,
            semconv.GEN_AI_REQUEST_MODEL,
            semconv.GEN_AI_AGENT_NAME,
            semconv.GEN_AI_WORKFLOW_NAME,
            *(WRITTEN_AS.get(key, key) for key in dimensions),
        )
        self._bounded = {place: Dearest() for place in range(_FIRST_BOUNDED, len(self._names))}
        # Where agent, workflow and the dimensions stand among a charge's attribution values.
        self._who: Callable[[tuple[str | None, ...]], tuple[str | None, ...]] = itemgetter(*places)
        self._most_rows = most_rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        # A list: a tuple is allocated with the iterator open, and a collection there may add a row.
        return iter(list(self._rows.values()))

    def add(self, count: Count) -> None:
        """Add a charge, or what corrects one, to its row."""
        charge, (cost, calls, _, _, input_, output, read, write, reasoning) = count
        call = charge.call
        told = (call.provider, charge.status, call.request_model, *self._who(charge.who))
        row = self._known.get(told) or self._row(told, cost)
        uncached = input_ - read - write
        visible = output - reasoning
        with self._lock:
            row.cost += cost
            row.calls += calls
            row.cache_read += read
            row.cache_write += write
            row.reasoning += reasoning
            row.input += uncached
            row.output += visible

    def _row(self, told: Key, cost: int) -> Row:
        """Return the row of what a charge says, with values beyond a dimension's bound as `_other`.

        Without the lock: what is made here may start a garbage collection, which runs anybody's code. Threads that
        come here at once keep a value or a row more than the bound, at worst.
        """
        labels = list(told)
        for place, bounded in self._bounded.items():
            value = told[place]
            if value:
                labels[place], replaced = bounded.label(value, cost, partial(self._spent, place))
                if replaced is not None:
                    known = self._known.copy().items()
                    self._known = {each: row for each, row in known if each[place] != replaced}
            elif place >= _FIRST_DIMENSION:
                # A dimension that was asked for has a group for what isn't told; agent and workflow are absent.
                labels[place] = NONE
        is_new = tuple(labels) not in self._rows
        if is_new and len(self._rows) >= self._most_rows:
            # The table is full: only provider and status are told apart from here on, then only status.
            provider = OTHER if len(self._rows) >= self._most_rows + _SPARE_ROWS else told[0]
            labels = [provider, told[1], *(OTHER for _ in self._bounded)]
        key = tuple(labels)
        row = self._rows.get(key)
        if row is None:
            attributes = {name: as_label(value) for name, value in zip(self._names, key, strict=True) if value}
            # setdefault: another thread, or a span that a collection ended, may have made it before us.
            row = self._rows.setdefault(key, Row(attributes))
        if OTHER not in key:
            self._known[told] = row
        return row

    def _spent(self, place: int) -> Mapping[str, int]:
        spent: Counter[str] = Counter()
        for key, row in self._rows.copy().items():
            spent[key[place] or ""] += row.cost
        return spent
