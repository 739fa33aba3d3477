"""Charges added up by keys: what each group cost, how much of it is known, and what to do about the rest."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from spancost.calls.who import NONE
from spancost.rollup.dedup import final

if TYPE_CHECKING:
    from spancost.ledger.spans import Span
    from spancost.outcome import Outcome
    from spancost.rollup import Charge

__all__ = ["OWN_KEYS", "Key", "Missing", "Report", "Sums"]

_PENDING: Final = 16_384
"""Charges that later records may still correct: as many as the engine remembers ended spans."""

_RUNS: Final = 262_144
"""Pairs of a group and a trace remembered, so that a trace is one run of a group."""

_MISSING: Final = 1_000
"""Kinds of calls without an amount that are told apart."""

_OTHER: Final = "_other"

Key = tuple[str, ...]
"""Values of the keys asked for, in their order."""

Missing = tuple[str, str, str, str]
"""Why a call has no amount, its provider and model, and the instrumentation that told of it."""

OWN_KEYS: Final[Mapping[str, Callable[[Charge], str]]] = {
    "model": lambda charge: charge.call.request_model,
    "provider": lambda charge: charge.call.provider,
    "agent_path": lambda charge: charge.agent_path,
    "status": lambda charge: charge.status,
    "instrumentation": lambda charge: charge.emitter.scope,
}
"""Keys that the charge itself tells; all others are attribution."""


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

    def add(self, charge: Charge, seen: _Seen) -> None:
        """Add a charge."""
        cost, calls, partial, unpriced, input_, output, read, write, reasoning = charge.amounts
        self.cost += cost
        self.calls += calls
        self.partial += partial
        self.unpriced += unpriced
        self.input += input_
        self.output += output
        self.cache_read += read
        self.cache_write += write
        self.reasoning += reasoning
        self.estimated += charge.call.estimated
        self.duplicates += seen.duplicates
        self.errors += seen.is_error
        self.latency_ns += seen.latency_ns

    def include(self, other: Sums) -> None:
        """Add another group, but for its runs: one run may have calls of several groups."""
        for name in self.__slots__:
            if name != "runs":
                setattr(self, name, getattr(self, name) + getattr(other, name))


class _Seen:
    """What the spans of a charge tell beside it."""

    __slots__ = ("duplicates", "is_error", "latency_ns")

    def __init__(self, span: Span) -> None:
        self.duplicates = 0
        self.is_error = span.error is not None
        self.latency_ns = max(0, span.end_ns - span.start_ns)


class Report:
    """Adds up what a replay brings. `places` are the attribution keys that its charges have values of."""

    def __init__(
        self,
        keys: tuple[str, ...],
        places: tuple[str, ...],
        since_ns: int = 0,
        until_ns: int | None = None,
        pending: int = _PENDING,
    ) -> None:
        self.keys = keys
        self.total = Sums()
        self.groups: dict[Key, Sums] = {}
        self.missing: Counter[Missing] = Counter()
        """Calls without an amount."""
        self._readers = [OWN_KEYS.get(key) or _reader(places.index(key)) for key in keys]
        self._since, self._until = since_ns, until_ns
        self._pending: dict[Charge, _Seen] = {}
        self._order: deque[Charge] = deque()
        self._most = pending
        self._runs: dict[tuple[Key | None, int], None] = {}
        self._last_run: tuple[Key, int] | None = None

    def take(self, span: Span, outcome: Outcome) -> None:
        """Take one outcome of a replay."""
        if outcome.duplicate_of is not None:
            seen = self._pending.get(final(outcome.duplicate_of))
            if seen is not None:
                seen.duplicates += 1
        charge = outcome.charge or outcome.aggregate
        if charge is None:
            return
        self._pending[charge] = _Seen(span)
        self._order.append(charge)
        if len(self._order) > self._most:
            self._fold(self._order.popleft())

    def close(self) -> None:
        """Add what could still have been corrected, and the groups up."""
        while self._order:
            self._fold(self._order.popleft())
        for group in self.groups.values():
            self.total.include(group)

    def _fold(self, charge: Charge) -> None:
        seen = self._pending.pop(charge)
        if charge.merged is not None:
            whole = self._pending.get(final(charge))
            if whole is not None:
                whole.duplicates += 1 + seen.duplicates
            return
        if charge.start_ns < self._since or (self._until is not None and charge.start_ns >= self._until):
            return
        key = tuple([read(charge) or NONE for read in self._readers])
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Sums()
        group.add(charge, seen)
        if (key, charge.trace_id) != self._last_run:
            self._last_run = key, charge.trace_id
            group.runs += self._is_new_run(key, charge.trace_id)
            self.total.runs += self._is_new_run(None, charge.trace_id)
        if charge.amount is None:
            missing = charge.reason, charge.call.provider, charge.call.request_model, charge.emitter.scope
            if missing not in self.missing and len(self.missing) >= _MISSING:
                missing = charge.reason, _OTHER, _OTHER, _OTHER
            self.missing[missing] += 1

    def _is_new_run(self, key: Key | None, trace_id: int) -> bool:
        run = (key, trace_id)
        runs = self._runs
        if run in runs:
            return False
        runs[run] = None
        if len(runs) > _RUNS:
            # Some at once: a dict whose first entries were taken out is slow to say which comes first.
            for oldest in list(islice(runs, _RUNS // 1024 + 1)):
                del runs[oldest]
        return True


def _reader(place: int) -> Callable[[Charge], str | None]:
    return lambda charge: charge.who[place]
