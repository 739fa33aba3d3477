"""What waits to be recorded in histograms: recording costs a span 8 us, queuing it 0.1."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeVar

from spancost import semconv
from spancost.calls.who import as_label
from spancost.telemetry.dearest import Dearest
from spancost.telemetry.series import OTHER

if TYPE_CHECKING:
    from spancost.rollup import Amounts, Charge

__all__ = ["Queues", "Value"]

_MOST: Final = 20_000
"""Values of each kind; beyond them the oldest are dropped and counted: whoever records hangs."""

_MANY: Final = 2_000
"""Owners from which on they are recorded ahead of the next reader."""

Value = tuple[int, dict[str, str]]
"""Pico-USD and attributes."""

_Each = TypeVar("_Each")


class Queues:
    """Owners that have ended, and single calls where they are asked for; bounded.

    It needs no lock: each step on a queue is atomic, and names are given by whoever records.
    """

    def __init__(self) -> None:
        self._owners: deque[tuple[str, str, int]] = deque(maxlen=_MOST)
        self._calls: deque[Value] = deque(maxlen=_MOST)
        self._owner_names = Dearest[str]()
        # Pico-USD of what was recorded, by name.
        self._owner_spent = Counter[str]()
        self._call_names = Dearest[str]()
        self.lost = 0
        """Values that were dropped."""

    def __len__(self) -> int:
        return len(self._owners) + len(self._calls)

    def add_owner(self, kind: str, name: str, total: int) -> bool:
        """Queue an owner's total, pico-USD; tell whether so many wait that they had better be recorded."""
        self.lost += len(self._owners) >= _MOST
        self._owners.append((kind, name, total))
        return len(self._owners) >= _MANY

    def add_call(self, charge: Charge, amounts: Amounts) -> None:
        """Queue a call's amount, unless it only corrects what was recorded: a histogram can't take back."""
        if charge.amount is None or amounts.calls < 1:
            return
        call = charge.call
        attributes = {
            semconv.GEN_AI_OPERATION_NAME: as_label(call.operation),
            semconv.GEN_AI_PROVIDER_NAME: self._bounded(call.provider, charge.amount),
            semconv.GEN_AI_REQUEST_MODEL: self._bounded(call.request_model, charge.amount),
            semconv.GEN_AI_RESPONSE_MODEL: self._bounded(call.models[0], charge.amount) if call.models else "",
            semconv.GEN_AI_USAGE_COST_CURRENCY: "USD",
            semconv.GEN_AI_USAGE_COST_SOURCE: charge.source,
        }
        self.lost += len(self._calls) >= _MOST
        self._calls.append((charge.amount, {name: value for name, value in attributes.items() if value}))

    def owners(self) -> Iterator[Value]:
        """Yield the owners that wait, taken out."""
        for kind, name, total in _taken(self._owners):
            label = as_label(name)
            if not self._owner_names.name(label, total, lambda: self._owner_spent)[0]:
                label = OTHER
            self._owner_spent[label] += total
            yield total, {semconv.OWNER_KIND: kind, semconv.OWNER_NAME: label}

    def calls(self) -> Iterator[Value]:
        """Yield the calls that wait, taken out."""
        return _taken(self._calls)

    def _bounded(self, name: str, amount: int) -> str:
        """Return a model's or a provider's name as a label, `_other` where there have been too many."""
        return as_label(name) if not name or self._call_names.name(name, amount)[0] else OTHER


def _taken(queue: deque[_Each]) -> Iterator[_Each]:
    """Yield what waits in a queue, taken out; another thread may be doing the same."""
    while queue:
        try:
            yield queue.popleft()
        except IndexError:
            return
