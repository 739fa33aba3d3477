"""The last records of calls by what they tell, bounded: the window within which a later one is compared with them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import EMITTERS, Trust
from spancost.rollup.evidence import without_cache
from spancost.rollup.units import final

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge

__all__ = ["Recent"]

_RECORDS: Final = 8_192
"""Records remembered at most, and half of them at least."""

_ALIKE: Final = 256
"""Records of one instrumentation that tell the same and are compared with another: the latest of those whose charge its
own instrumentation has told of, too, and as many of the others."""

_PASSED: Final = 1_024
"""Records that tell the same, among which those are."""

_DISORDER_NS: Final = 5 * 10**9
"""How much later than its end a record may come: some libraries make their spans afterwards."""

_OFF: Final = frozenset(emitter.scope for emitter in EMITTERS.values() if emitter.trust == Trust.OFF)
"""Instrumentations that may tell a token more or less than others: Traceloop and LiveKit add the first event's output
to the sum of a stream of Claude's."""

_Tokens = tuple[int, int] | None
_Rest = tuple[int, int, None]
"""Both counts of tokens without the cached ones, and a mark."""

_Key = tuple[str, _Tokens | int | _Rest]
"""A scope with both counts of tokens, or none, or the input alone, or what is left of both without a cache."""


class Recent:
    """Two generations of records, of which the older is forgotten as a whole. Whoever adds to it holds a lock."""

    def __init__(self, most: int = _RECORDS) -> None:
        self._most = most // 2
        self._count = self._before = 0
        self._recent: dict[_Key, list[Charge]] = {}
        self._older: dict[_Key, list[Charge]] = {}
        self._latest: deque[Charge] = deque(maxlen=_ALIKE)

    def __len__(self) -> int:
        return self._count + self._before

    def ready(self, record: Charge) -> Ready:
        """Return all that adding a record needs: in `add` nothing is allocated."""
        scope, tokens = record.emitter.scope, _tokens(record)
        by_input = (scope, -1 if tokens is None else tokens[0])
        beside = _beside_cache(record)
        by_rest = None if beside is None else (scope, (*beside, None))
        return (scope, tokens), by_input, by_rest, [], [], [], {} if self._count >= self._most else None

    def add(self, record: Charge, ready: Ready) -> None:
        """Remember a record."""
        key, by_input, by_rest, spare, another, third, next_generation = ready
        if next_generation is not None:
            self._older, self._recent = self._recent, next_generation
            self._before, self._count = self._count, 0
        self._recent.setdefault(key, spare).append(record)
        self._recent.setdefault(by_input, another).append(record)
        if by_rest is not None:
            self._recent.setdefault(by_rest, third).append(record)
        self._latest.append(record)
        self._count += 1

    def of(self, scope: str) -> list[Charge]:
        """Return what is remembered of an instrumentation's records."""
        # Each copied in one step: another thread may be adding, or one that a garbage collection ends.
        generations = [each.copy() for each in (self._older, self._recent)]
        its = (records for known in generations for key, records in known.items() if key[0] == scope)
        return list(dict.fromkeys(chain.from_iterable(its)))

    def like(self, record: Charge, scopes: list[str]) -> Iterator[Charge]:
        """Yield the records of some other instrumentations that tell the same tokens, or where one tells none."""
        tokens = _tokens(record)
        if tokens is None:
            for other in reversed(self._latest.copy()):
                if other.emitter.scope in scopes:
                    yield other
            return
        input_, output = tokens
        # Of a stream that was left some tell the input alone.
        alike: tuple[_Tokens | int | _Rest, ...] = (tokens, (input_, 0), None)
        beside = _beside_cache(record)
        if (record.original or record).call.partial and not output:
            alike = (input_, None)
        elif beside is None:
            # Another may tell of a cache that this one left out.
            alike = (*alike, (input_, output, None))
        else:
            # Another may have left it out.
            alike = (*alike, beside)
        apart = ((input_, output - 1), (input_, output + 1))
        since_ns, own = record.start_ns - _DISORDER_NS, record.emitter.scope
        for scope in scopes:
            for each in (*alike, *apart) if scope in _OFF or own in _OFF else alike:
                for generation in (self._recent, self._older):
                    records = generation.get((scope, each))
                    if records is not None:
                        found = _latest(records, since_ns, own)
                        if each is beside and each is not None:
                            found = (other for other in found if _beside_cache(other) is None)
                        yield from found


Ready = tuple[
    _Key, _Key, _Key | None, "list[Charge]", "list[Charge]", "list[Charge]", "dict[_Key, list[Charge]] | None"
]


def _latest(records: list[Charge], since_ns: int, scope: str) -> Iterator[Charge]:
    """Yield the latest records that ended since a moment, some of charges that a scope told of, some of others.

    They come about in the order in which they ended.
    """
    told = untold = _ALIKE
    for other in reversed(records[-_PASSED:]):
        if other.end_ns < since_ns:
            return
        if final(other).record_of(scope) is None:
            untold -= 1
            if untold >= 0:
                yield other
        else:
            told -= 1
            if told >= 0:
                yield other


def _beside_cache(record: Charge) -> _Tokens:
    """Return the counts of a record without its cached tokens, None where it tells of none."""
    usage = record.told
    if usage is None or not (usage.cache_read or usage.cache_write):
        return None
    return without_cache(usage), usage.output


def _tokens(record: Charge) -> _Tokens:
    usage = record.told
    return None if usage is None else (usage.input, usage.output)
