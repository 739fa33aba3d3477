"""Cost metrics and budget events to any OTLP backend, through the program's own providers where it has them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from time import monotonic, time_ns
from typing import TYPE_CHECKING, Final

from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider

from spancost import semconv
from spancost.assembly import engine_of
from spancost.faults import guarded, say
from spancost.telemetry import pipeline
from spancost.telemetry.events import Told, correction_told, crossing_told, emit
from spancost.telemetry.instruments import Instruments
from spancost.telemetry.queues import Queues
from spancost.telemetry.series import Row, Series
from spancost.version import VERSION
from spancost.worker import Worker

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.trace import SpanContext

    from spancost.budgets import Budget, Standing
    from spancost.engine import Engine
    from spancost.outcome import Count, Outcome

__all__ = ["CostExporter"]

_logger = logging.getLogger(__name__)

_BEFORE_FORK: Final = 0.25
"""Seconds that a fork waits for an export at most, and once for each."""


class CostExporter:
    """Takes the outcomes of an engine, by default one with the environment's settings.

    Metrics go through the program's meter provider, events through its logger provider.
    With no meter or logger provider set and an OTLP endpoint configured it makes its own, over OTLP/http, on the
    worker's thread and never global. State: the series (their own lock) and two queues.
    """

    def __init__(
        self,
        engine: Engine | None = None,
        *,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
        worker: Worker | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], int] = time_ns,
        operation_cost: bool = False,
        resource: Callable[[], Resource] | None = None,
        store_failures: Callable[[], int] = lambda: 0,
        damaged_ledgers: Callable[[], int] = lambda: 0,
    ) -> None:
        self.engine = engine or engine_of(clock=clock)
        self.worker = worker or Worker()
        self._environ = os.environ if environ is None else environ
        self._clock = clock
        self._operation_cost = operation_cost
        self._store_failures = store_failures
        self._damaged_ledgers = damaged_ledgers
        self._given = meter_provider, logger_provider
        # What our own metrics and events say of whose they are: the same as the program's spans.
        self._own = pipeline.Own(
            self._environ, resource or (lambda: pipeline.resource_of([trace.get_tracer_provider()]))
        )
        if pipeline.unset(meter_provider or metrics.get_meter_provider()):
            self._own.prepare("METRICS")
        if pipeline.unset(logger_provider or _logs.get_logger_provider()):
            self._own.prepare("LOGS")
        self._instruments: Instruments | None = None
        self._forked = False
        self.users = 0
        """Processors that hand their outcomes here."""
        self._begin()

    def start(self) -> None:
        """Start the threads, ahead of the first span: from its hook none may be."""
        self.worker.start()
        self._own.start()

    def take(self, outcome: Outcome, context: SpanContext | None) -> None:
        """Count an outcome and queue what it tells; adds integers and never blocks."""
        if self._started is False:
            self._start()
        if outcome.counts:
            self._count(outcome.counts)
        if outcome.kind is not None and outcome.totals is not None:
            totals = outcome.totals
            if self.queues.add_owner(outcome.kind, outcome.name, totals.direct + totals.children):
                self._record_soon()
        for crossing in outcome.crossings:
            self.tell(crossing_told(crossing, context))
        for correction in outcome.corrections:
            self.tell(correction_told(correction, self._clock()))

    def tell(self, told: Told) -> None:
        """Queue a log record; the worker emits it, for exporters may run where it is emitted.

        Ahead of the first outcome a program may not have set its logger provider yet: then it waits for that.
        """
        self.worker.submit(lambda: self._emit(told))

    def flush(self, timeout: float = 5.0) -> bool:
        """Hand over and export what can be; False if that took longer than `timeout` seconds."""
        done = self.hand_over(timeout)
        return self._own.flush(timeout) and done

    def hand_over(self, timeout: float = 5.0) -> bool:
        """Let the counters have everything, and the worker finish; False if that took longer than `timeout` seconds."""
        self._count(self.engine.settle(everything=True))
        done = self.worker.drain(timeout)
        if self._early:
            self.worker.submit(self._look_if_early)
            done = self.worker.drain(timeout) and done
        return done

    def shutdown(self) -> None:
        """Hand over, and end our own pipeline where we made one; the program's providers end by themselves."""
        self.hand_over()
        self._own.shutdown()

    def end(self) -> None:
        """Shut down, and let the threads go; they start again where anything is told afterwards.

        A meter provider of the program's may collect once more, after its tracer provider has shut down: what it reads
        stays.
        """
        self.shutdown()
        given = self._given[0] or metrics.get_meter_provider()
        if self._instruments is not None and pipeline.unset(given):
            self._instruments.release()
            self._instruments = None
            self._started = self._looked = False
            self._meter_provider, self._logger_provider = self._given
        for worker in (self.worker, *self._own.workers()):
            worker.stop()

    def pause(self) -> None:
        """Let what runs on our threads come to its end ahead of a fork, if it does so soon, and nothing begin."""
        until = monotonic() + _BEFORE_FORK
        for worker in (self.worker, *self._own.workers()):
            worker.pause(max(until - monotonic(), 0))

    def resume(self) -> None:
        """Go on in the parent of a fork."""
        for worker in (self.worker, *self._own.workers()):
            worker.resume()

    def forget(self) -> None:
        """Start anew in a forked child: new accumulators, and a meter with a scope of its own.

        A zeroed counter would export a negative delta, an inherited one would be counted twice: the old
        instruments fall silent and new ones are made under another scope, right for both temporalities. They are
        made by the worker: a lock of the SDK may have been held by another thread at the fork.
        """
        if self._instruments is not None:
            self._instruments.release()
        self._instruments = None
        self._forked = True
        self.worker.forget()
        self._own.forget()
        self._begin()
        self.start()

    def install(self) -> None:
        """Register the instruments now, on the global meter provider or on the one that will be set."""
        provider = self._meter_provider or metrics.get_meter_provider()
        attributes = {"process.pid": os.getpid()} if self._forked else {}
        meter = provider.get_meter("spancost", VERSION, attributes=attributes)
        self._instruments = Instruments(meter, self, self._operation_cost)

    def collecting(self) -> None:
        """Hear that a reader collects: what waited too long for an open span is counted now."""
        self.collected = True
        self._count(self.engine.settle())

    def rows(self) -> Iterable[Row]:
        """Return the counters' rows."""
        return self._series

    def tokens(self) -> Iterable[tuple[dict[str, str], int]]:
        """Return token counts with the attributes of each."""
        return self._series.tokens()

    def standings(self) -> Iterable[Standing]:
        """Return how the values of each budget that are nearest to its limit stand, the nearest first."""
        return self.engine.budgets.standings()

    def overruns(self) -> Iterable[tuple[Budget, str, int]]:
        """Return how many windows each value of each budget has overspent."""
        return self.engine.budgets.overruns()

    def internals(self) -> dict[str, int]:
        """Return our own counters by metric name."""
        # A record may turn out to be a call of its own; a counter takes nothing back.
        self._duplicates = max(self._duplicates, self.engine.duplicates)
        return {
            semconv.METRIC_INTERNAL_DUPLICATES: self._duplicates,
            semconv.METRIC_INTERNAL_LATE_SPANS: self.engine.tree.late,
            semconv.METRIC_INTERNAL_EVICTIONS: self.engine.tree.evictions,
            semconv.METRIC_INTERNAL_BUDGET_EVICTIONS: self.engine.budgets.evictions,
            semconv.METRIC_INTERNAL_DROPPED_EVENTS: self.worker.dropped + self.queues.lost,
            semconv.METRIC_INTERNAL_STORE_FAILURES: self._store_failures(),
            semconv.METRIC_INTERNAL_DAMAGED_LEDGERS: self._damaged_ledgers(),
        }

    def _begin(self) -> None:
        place = self.engine.who.keys.index
        dimensions = self.engine.dimensions
        self._series = Series(dimensions, tuple(place(key) for key in ("agent", "workflow", *dimensions)))
        self.queues = Queues()
        self._duplicates = 0
        self._recording = False
        self.budgets = len(self.engine.budgets.all)
        self.collected = False
        """Whether a reader has collected since the process began."""
        self._started = False
        self._looked = False
        # What is told before it is known where logs go.
        self._early: list[Told] = []
        self._meter_provider, self._logger_provider = self._given

    def _start(self) -> None:
        self._started = True
        self.worker.submit(self._look)
        self.worker.later(pipeline.interval(self._environ) + 5, self._warn)

    @guarded("exporter start")
    def _look(self) -> None:
        """With the first outcome: whoever sets providers up has done so by now; where none did, ours may stand in."""
        self._looked = True
        if self._instruments is None:
            self.install()
        if self._meter_provider is None and pipeline.unset(metrics.get_meter_provider()):
            provider = self._own.meter_provider()
            if provider is not None and self._instruments is not None:
                self._instruments.release()
                self._meter_provider = provider
                self.install()
                self.worker.later(pipeline.interval(self._environ), self._export)
        if self._logger_provider is None and pipeline.unset(_logs.get_logger_provider()):
            self._logger_provider = self._own.logger_provider()
        early, self._early = self._early, []
        for told in early:
            self._emit(told)

    def _look_if_early(self) -> None:
        if self._early:
            self._look()

    def _export(self) -> None:
        self.worker.later(pipeline.interval(self._environ), self._export)
        self._own.export_metrics()

    def _record_soon(self) -> None:
        """Have the worker record what waits for the histograms, where no reader collects it in time."""
        if not self._recording:
            self._recording = True
            self._recording = self.worker.submit(self._record)

    def _record(self) -> None:
        self._recording = False
        if self._instruments is not None:
            self._instruments.record()

    def _emit(self, told: Told) -> None:
        provider = self._logger_provider or _logs.get_logger_provider()
        if self._looked or not pipeline.unset(provider):
            emit(told, provider, VERSION, self._clock)
            return
        if not self._early:
            self.worker.later(pipeline.interval(self._environ) + 5, self._look_if_early)
        self._early.append(told)

    def _warn(self) -> None:
        if not self.collected and self._environ.get("OTEL_METRICS_EXPORTER", "").strip() != "none":
            _warn_of_silence()

    def _count(self, counts: Iterable[Count]) -> None:
        for count in counts:
            self._series.add(count)
            if self._operation_cost:
                self.queues.add_call(*count)


@lru_cache(maxsize=1)
def _warn_of_silence() -> None:
    """Say, once a process however many exporters it makes, that the metrics are read by nobody."""
    say(
        _logger,
        logging.WARNING,
        "spancost: nobody has read the cost metrics in the first interval: no meter provider with a reader is "
        "set. Set OTEL_EXPORTER_OTLP_ENDPOINT, or OTEL_METRICS_EXPORTER=none if that is meant.",
    )
