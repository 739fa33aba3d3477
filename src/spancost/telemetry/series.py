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
from spancost.telemetry.dearest import Dearest

if TYPE_CHECKING:
    from spancost.outcome import Count

__all__ = ["OTHER", "TOKEN_TYPES", "Row", "Series"]

OTHER: Final = "_other"
"""The value that those beyond a dimension's bound are counted under."""

# All of these together stay below the SDK's 2,000 attribute sets an instrument (1.45.2 and later).
_MOST_COMBINATIONS: Final = 900
_MOST_REPLACED: Final = 300
_MOST_FOLDED: Final = (300, 150, 60)

# So do the tokens' sets, of which a row has up to five.
_MOST_TOKEN_SETS: Final = 1_300
_MOST_DEAR_TOKEN_SETS: Final = 1_900
_DEAR: Final = 200
"""A row with more than this part of everything is dear: it has token sets of its own where others have none left."""

TOKEN_TYPES: Final = ("input", "cache_read", "cache_write", "output", "reasoning")
"""In the order in which a row shows them."""

_FIRST_TOKENS: Final = 2
_FIRST_OWNER: Final = 3
_FIRST_BOUNDED: Final = 2
_FIRST_DIMENSION: Final = 5


class Row:
    """The counters of one set of attributes. Guarded by the series' lock."""

    __slots__ = (
        "attributes",
        "cache_read",
        "cache_write",
        "calls",
        "cost",
        "input",
        "output",
        "own_types",
        "reasoning",
        "shown",
    )

    def __init__(self, attributes: dict[str, str]) -> None:
        self.attributes = attributes
        self.own_types: dict[str, bool] = {}
        """Token type -> whether it is told of this row alone, once that was asked."""
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

    def __init__(self, dimensions: tuple[str, ...], places: tuple[int, ...]) -> None:
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
        self._bounded = {place: Dearest[str]() for place in range(_FIRST_BOUNDED, len(self._names))}
        self._combinations = Dearest[Key](_MOST_COMBINATIONS, replaceable=_MOST_REPLACED)
        self._room: list[int] = list(_MOST_FOLDED)
        self._token_sets = 0
        # What a combination without a row keeps of what it is for: what was asked for, else agent and workflow.
        self._first_kept = _FIRST_DIMENSION if dimensions else _FIRST_OWNER
        # Where agent, workflow and the dimensions stand among a charge's attribution values.
        self._who: Callable[[tuple[str | None, ...]], tuple[str | None, ...]] = itemgetter(*places)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        # A list: a tuple is allocated with the iterator open, and a collection there may add a row.
        return iter(list(self._rows.values()))

    def tokens(self) -> list[tuple[dict[str, str], int]]:
        """Return the tokens of each row by type, with attributes; what there is no room for is told under `_other`.

        A type that was once told of a row alone always is, and one that was not never is: neither falls.
        """
        told: list[tuple[dict[str, str], int]] = []
        rest: Counter[tuple[str, str]] = Counter()
        rows = list(self._rows.values())
        dear = sum(row.cost for row in rows) // _DEAR
        for row in rows:
            for kind, tokens in zip(TOKEN_TYPES, row.show()[_FIRST_TOKENS:], strict=True):
                if not tokens:
                    continue
                # The row of all the rest is where the rest belongs.
                own = row.attributes.get(semconv.GEN_AI_PROVIDER_NAME) != OTHER and row.own_types.get(kind)
                if own is None:
                    own = self._token_sets < (_MOST_DEAR_TOKEN_SETS if row.cost > dear else _MOST_TOKEN_SETS)
                    own = row.own_types.setdefault(kind, own)
                    self._token_sets += own
                if own:
                    told.append(({**row.attributes, semconv.TOKEN_TYPE: kind}, tokens))
                else:
                    rest[row.attributes[semconv.PRICING_STATUS], kind] += tokens
        others = dict.fromkeys(self._names, OTHER)
        for (status, kind), tokens in rest.items():
            told.append(({**others, semconv.PRICING_STATUS: status, semconv.TOKEN_TYPE: kind}, tokens))
        return told

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
                is_named, replaced = bounded.name(value, cost, partial(self._spent, place))
                if not is_named:
                    labels[place] = OTHER
                if replaced is not None:
                    self._known = {each: row for each, row in self._known.copy().items() if each[place] != replaced}
            elif place >= _FIRST_DIMENSION:
                # A dimension that was asked for has a group for what isn't told; agent and workflow are absent.
                labels[place] = NONE
        key = tuple(labels)
        is_kept, lost = self._combinations.name(key, cost, self._spent_by_row)
        if lost is not None:
            lost_row = self._rows.get(lost)
            self._known = {each: row for each, row in self._known.copy().items() if row is not lost_row}
        if not is_kept:
            key = self._folded(key)
        row = self._rows.get(key)
        if row is None:
            attributes = {name: as_label(value) for name, value in zip(self._names, key, strict=True) if value}
            # setdefault: another thread, or a span that a collection ended, may have made it before us.
            row = self._rows.setdefault(key, Row(attributes))
        if is_kept and OTHER not in key:
            self._known[told] = row
        return row

    def _folded(self, key: Key) -> Key:
        """Return what a combination without a row of its own is counted as.

        There is room for some by the dimensions that were asked for, or by agent and workflow where none was, else by
        model, else by provider, else by status.
        """
        provider, status, model, *_ = key
        kept = key[self._first_kept :]
        between = (OTHER,) * (self._first_kept - _FIRST_OWNER)
        others = (OTHER,) * (len(key) - _FIRST_OWNER)
        ways = (
            (provider, status, OTHER, *between, *kept),
            (provider, status, model, *others),
            (provider, status, OTHER, *others),
        )
        # Where all of them are among the rest, or there is none, the model says more.
        first = 1 if {*kept} <= {OTHER, None} else 0
        for place in range(first, len(ways)):
            folded = ways[place]
            if folded in self._rows:
                return folded
            if self._room[place] > 0:
                self._room[place] -= 1
                return folded
        return (OTHER, status, OTHER, *others)

    def _spent(self, place: int) -> Mapping[str, int]:
        spent: Counter[str] = Counter()
        for key, row in self._rows.copy().items():
            spent[key[place] or ""] += row.cost
        return spent

    def _spent_by_row(self) -> Mapping[Key, int]:
        return {key: row.cost for key, row in self._rows.copy().items()}
