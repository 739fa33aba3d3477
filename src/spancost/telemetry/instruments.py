"""The metrics: integers of the series read out as observable counters when a reader collects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation

from spancost import semconv
from spancost.faults import Stack, faults, guarded
from spancost.money import PICO, usd
from spancost.telemetry.gauges import Gauges
from spancost.telemetry.queues import Queues

if TYPE_CHECKING:
    from spancost.budgets import Budget, Standing
    from spancost.telemetry.series import Row

__all__ = ["Instruments", "Readings"]

# Cents to thousands: the SDK's own boundaries are made for milliseconds.
_USD_BOUNDARIES: Final = (0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 50.0, 100.0, 1000.0)


_INTERNALS: Final = (
    semconv.METRIC_INTERNAL_DUPLICATES,
    semconv.METRIC_INTERNAL_LATE_SPANS,
    semconv.METRIC_INTERNAL_EVICTIONS,
    semconv.METRIC_INTERNAL_BUDGET_EVICTIONS,
    semconv.METRIC_INTERNAL_DROPPED_EVENTS,
    semconv.METRIC_INTERNAL_STORE_FAILURES,
    semconv.METRIC_INTERNAL_DAMAGED_LEDGERS,
)

_BY_NAME: Final = {metric.name: metric for metric in semconv.METRICS}


class Readings(Protocol):
    """What the instruments read when they are collected."""

    queues: Queues
    """What waits for the histograms."""
    budgets: int
    """How many there are, each for any number of values."""

    def collecting(self) -> None:
        """Be told that a reader collects."""
        ...

    def rows(self) -> Iterable[Row]:
        """Return the counters' rows."""
        ...

    def tokens(self) -> Iterable[tuple[dict[str, str], int]]:
        """Return token counts with the attributes of each."""
        ...

    def standings(self) -> Iterable[Standing]:
        """Return how the values of each budget that are nearest to its limit stand, the nearest first."""
        ...

    def overruns(self) -> Iterable[tuple[Budget, str, int]]:
        """Return how many windows each value of each budget has overspent."""
        ...

    def internals(self) -> dict[str, int]:
        """Return our own counters by metric name."""
        ...


class _Nothing:
    """What instruments read that were let go of."""

    def __init__(self) -> None:
        self.queues = Queues()
        self.budgets = 0

    def collecting(self) -> None:
        """Leave it at that."""

    def rows(self) -> Iterable[Row]:
        return ()

    def tokens(self) -> Iterable[tuple[dict[str, str], int]]:
        return ()

    def standings(self) -> Iterable[Standing]:
        return ()

    def overruns(self) -> Iterable[tuple[Budget, str, int]]:
        return ()

    def internals(self) -> dict[str, int]:
        return dict.fromkeys(_INTERNALS, 0)


class Instruments:
    """One set of instruments on one meter; a forked child makes another on a meter of its own."""

    def __init__(self, meter: Meter, readings: Readings, operation_cost: bool) -> None:
        self.active = True
        """Whether the callbacks speak. A silenced counter is right under both temporalities, a zeroed one is not."""
        self._readings: Readings = readings
        self._gauges = Gauges(readings.standings, readings.budgets)
        self._owner_cost = self._histogram(meter, semconv.METRIC_OWNER_COST)
        self._operation_cost = (
            self._histogram(meter, semconv.METRIC_GEN_AI_CLIENT_OPERATION_COST) if operation_cost else None
        )
        self._observe(meter, semconv.METRIC_COST, self._cost)
        self._observe(meter, semconv.METRIC_CALLS, self._calls)
        self._observe(meter, semconv.METRIC_TOKENS, self._tokens)
        self._observe(meter, semconv.METRIC_BUDGET_LIMIT, self._limits)
        self._observe(meter, semconv.METRIC_BUDGET_USAGE, self._usages)
        self._observe(meter, semconv.METRIC_BUDGET_UTILIZATION, self._utilizations)
        self._observe(meter, semconv.METRIC_BUDGET_OVERRUNS, self._overruns)
        self._observe(meter, semconv.METRIC_INTERNAL_ERRORS, self._errors)
        for name in _INTERNALS:
            self._observe(meter, name, self._internal(name))

    def release(self) -> None:
        """Speak no more, and let go of what is read: a meter keeps its instruments for ever."""
        self.active = False
        # Not taken away: another thread may be collecting.
        self._readings = _Nothing()
        self._gauges = Gauges(self._readings.standings)

    def _histogram(self, meter: Meter, name: str) -> Histogram:
        metric = _BY_NAME[name]
        return meter.create_histogram(
            name, metric.unit, metric.description, explicit_bucket_boundaries_advisory=list(_USD_BOUNDARIES)
        )

    def _observe(self, meter: Meter, name: str, read: Callable[[], Iterable[Observation]]) -> None:
        metric = _BY_NAME[name]
        create = meter.create_observable_gauge if metric.instrument == "gauge" else meter.create_observable_counter

        @guarded(f"collect {name}", otherwise=())
        def callback(_: CallbackOptions) -> Iterable[Observation]:
            # A list, not a generator: the guard must be around the reading, and the SDK reads later.
            return list(read()) if self.active else ()

        create(name, [callback], metric.unit, metric.description)

    def _cost(self) -> Iterable[Observation]:
        self._readings.collecting()
        self.record()
        return (Observation(row.show()[0] / PICO, row.attributes) for row in self._readings.rows())

    def _calls(self) -> Iterable[Observation]:
        return (Observation(row.show()[1], row.attributes) for row in self._readings.rows())

    def _tokens(self) -> Iterable[Observation]:
        return (Observation(count, attributes) for attributes, count in self._readings.tokens())

    def _limits(self) -> Iterable[Observation]:
        return (Observation(usd(gauge.limit), gauge.attributes) for gauge in self._gauges.read(semconv.BUDGET_LIMIT))

    def _usages(self) -> Iterable[Observation]:
        return (Observation(usd(gauge.usage), gauge.attributes) for gauge in self._gauges.read(semconv.BUDGET_USAGE))

    def _utilizations(self) -> Iterable[Observation]:
        return (
            Observation(gauge.usage / gauge.limit, gauge.attributes)
            for gauge in self._gauges.read(semconv.BUDGET_UTILIZATION)
        )

    def _overruns(self) -> Iterable[Observation]:
        for budget, value, count in self._readings.overruns():
            told = {
                semconv.BUDGET_ID: budget.id,
                semconv.BUDGET_VALUE: value,
                semconv.BUDGET_WINDOW_KIND: budget.window,
            }
            yield Observation(count, told)

    def _errors(self) -> Iterable[Observation]:
        counted = (*faults.items(), *([("stack", Stack.full)] if Stack.full else []))
        return (Observation(count, {semconv.INTERNAL_HOOK: hook}) for hook, count in counted)

    def _internal(self, name: str) -> Callable[[], Iterable[Observation]]:
        return lambda: (Observation(self._readings.internals()[name]),)

    def record(self) -> None:
        """Record what was queued, in a collection or on the worker; each reader's storage has it, whoever asks."""
        queues = self._readings.queues
        for total, attributes in queues.owners():
            self._owner_cost.record(usd(total), attributes)
        for amount, attributes in queues.calls():
            if self._operation_cost is not None:
                self._operation_cost.record(usd(amount), attributes)
