"""Charges added up by keys: what each group cost, how much of it is known, and what to do about the rest."""

from __future__ import annotations

from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING, Final

from spancost.calls.who import NONE
from spancost.ledger.keys import reader
from spancost.ledger.missing import Missing, count, missing_of
from spancost.ledger.row import latency_of
from spancost.ledger.silence import Silence
from spancost.ledger.summary import Summary, summary_of
from spancost.ledger.sums import Sums

if TYPE_CHECKING:
    from spancost.ledger.otlp.spans import Span
    from spancost.ledger.period import Period
    from spancost.ledger.sums import Key
    from spancost.outcome import Outcome
    from spancost.rollup import Charge

__all__ = ["Report"]

_PENDING: Final = 16_384
"""Charges that later records may still correct: as many as the engine remembers ended spans."""

_RUNS: Final = 262_144
"""Pairs of a group and a trace remembered, so that a trace is one run of a group."""


class Report:
    """Adds up what a replay brings. `places` are the attribution keys that its charges have values of."""

    def __init__(
        self,
        keys: tuple[str, ...],
        places: tuple[str, ...],
        period: Period | None = None,
        pending: int = _PENDING,
    ) -> None:
        self.keys = keys
        self.total = Sums()
        self.groups: dict[Key, Sums] = {}
        self.missing = Counter[Missing]()
        """Calls of which something is not known."""
        self._readers = [reader(key, places) for key in keys]
        self._period = period
        self._silence = Silence()
        # Charges that may still be corrected, how long their spans took and whether these failed.
        self._pending: deque[tuple[Charge, int, bool]] = deque()
        self._most = pending
        self._runs: dict[tuple[Key | None, int], None] = {}
        self._last_run: tuple[Key, int] | None = None

    def take(self, span: Span, outcome: Outcome) -> None:
        """Take one outcome of a replay."""
        if outcome.kind is not None or outcome.corrections:
            self._silence.take(outcome)
        charge = outcome.record
        if charge is None:
            return
        self._pending.append((charge, latency_of(span.start_ns, span.end_ns), span.error is not None))
        if len(self._pending) > self._most:
            self._fold(*self._pending.popleft())

    def close(self) -> Summary:
        """Add what could still have been corrected, and the groups up, and return it all."""
        while self._pending:
            self._fold(*self._pending.popleft())
        for group in self.groups.values():
            self.total.include(group)
        return summary_of(self.keys, self.total, self.groups, self.missing, self._silence.counts())

    def _fold(self, charge: Charge, latency_ns: int, is_error: bool) -> None:
        if charge.is_void:
            # Another record of a call, or an agent's own word that calls below it have made superfluous.
            return
        if self._period is not None and not self._period[0] <= charge.start_ns < self._period[1]:
            return
        key = tuple([read(charge) or NONE for read in self._readers])
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Sums()
        group.add(charge.amounts)
        group.estimated += charge.amounts.calls * charge.call.estimated
        group.duplicates += charge.duplicates
        group.errors += is_error
        group.latency_ns += latency_ns
        trace_id = charge.home_trace_id
        if (key, trace_id) != self._last_run:
            self._last_run = key, trace_id
            group.runs += self._is_new_run(key, trace_id)
            self.total.runs += self._is_new_run(None, trace_id)
        if (kind := missing_of(charge)) is not None:
            count(self.missing, kind, charge.amounts.calls)

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
