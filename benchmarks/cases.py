"""The tracing set-ups that are compared: the bare SDK, the SDK with a batch processor, and spancost on both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, InMemoryLogRecordExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Sampler
from opentelemetry.trace import Tracer

if TYPE_CHECKING:
    from spancost.processor import CostSpanProcessor


class CountingExporter(SpanExporter):
    """Sends nothing anywhere; counts the spans it got, and those that carry a cost."""

    def __init__(self) -> None:
        self.spans = 0
        self.stamped = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Count a batch."""
        self.spans += len(spans)
        self.stamped += sum("gen_ai.usage.cost.amount" in (span.attributes or ()) for span in spans)
        return SpanExportResult.SUCCESS


class LastMetrics(MetricExporter):
    """Sends nothing anywhere; keeps what the last collection held."""

    def __init__(self) -> None:
        super().__init__()
        self._last: MetricsData | None = None

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object) -> MetricExportResult:
        """Keep a collection in place of the last."""
        self._last = metrics_data
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Have nothing to flush."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        """Let go of what was kept."""
        self._last = None

    def total(self, name: str) -> int:
        """Add up all series of the counter called `name`."""
        resources = self._last.resource_metrics if self._last else ()
        metrics = (metric for resource in resources for scope in resource.scope_metrics for metric in scope.metrics)
        return sum(
            int(point.value)
            for metric in metrics
            if metric.name == name
            for point in metric.data.data_points
            if isinstance(point, NumberDataPoint)
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One set-up to make spans with."""

    name: str
    version: str
    tracer: Tracer
    flush: Callable[[], object]
    exporter: CountingExporter | None = None  # None where the set-up exports no spans
    calls_counted: Callable[[], int] | None = None  # model calls in its metrics, for set-ups that count them


Builder = Callable[[], Case]
TRACER_NAME = "spancost.benchmarks"
SDK_VERSION = f"opentelemetry-sdk {version('opentelemetry-sdk')}"


def bare() -> Case:
    """Build a provider without any processor: what every figure is compared with."""
    provider = TracerProvider()
    return Case("bare SDK", SDK_VERSION, provider.get_tracer(TRACER_NAME), provider.force_flush)


def batch() -> Case:
    """Build the SDK as it is nearly always run: with a batch processor."""
    provider, exporter = TracerProvider(), CountingExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Case("SDK + batch", SDK_VERSION, provider.get_tracer(TRACER_NAME), provider.force_flush, exporter)


def spancost() -> Case:
    """Build spancost alone on the SDK."""
    return _spancost("SDK + spancost", None)


def spancost_and_batch() -> Case:
    """Build spancost beside a batch processor, as the peers come."""
    return _spancost("SDK + batch + spancost", CountingExporter())


def dropped() -> Case:
    """Build a provider whose sampler drops every span."""
    provider = TracerProvider(ALWAYS_OFF)
    return Case("dropped", SDK_VERSION, provider.get_tracer(TRACER_NAME), provider.force_flush)


def dropped_and_subtree() -> Case:
    """Build spancost on such a provider, with what may be a call or an agent recorded, and what starts below it."""
    return _sampled("subtree")


def dropped_and_all() -> Case:
    """Build spancost on such a provider, with every span recorded."""
    return _sampled("all")


def _sampled(mode: str) -> Case:
    from spancost.sampler import CostSampler

    return _spancost(f"dropped + spancost {mode}", None, CostSampler(ALWAYS_OFF, mode))


def spancost_processor(meters: MeterProvider) -> CostSpanProcessor:
    """Build spancost's processor as `install()` would, with metrics, events and two observed budgets."""
    from spancost.assembly import engine_of
    from spancost.config import load
    from spancost.exporter import CostExporter
    from spancost.processor import CostSpanProcessor

    loggers = LoggerProvider()
    loggers.add_log_record_processor(BatchLogRecordProcessor(InMemoryLogRecordExporter()))
    engine = engine_of(load({"SPANCOST_BUDGETS": "user=1000/day; team=100000/month"}))
    return CostSpanProcessor(CostExporter(engine, meter_provider=meters, logger_provider=loggers, environ={}))


def _spancost(name: str, exporter: CountingExporter | None, sampler: Sampler | None = None) -> Case:
    from spancost.version import VERSION

    provider, metrics = TracerProvider(sampler), LastMetrics()
    meters = MeterProvider([PeriodicExportingMetricReader(metrics, export_interval_millis=1000)])
    provider.add_span_processor(spancost_processor(meters))
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter))

    def calls_counted() -> int:
        meters.force_flush()
        return metrics.total("spancost.calls")

    tracer = provider.get_tracer(TRACER_NAME)
    return Case(name, f"spancost {VERSION}", tracer, provider.force_flush, exporter, calls_counted)


SPANCOST: dict[str, Builder] = {"SDK + spancost": spancost, "SDK + batch + spancost": spancost_and_batch}
SAMPLED: dict[str, Builder] = {
    "dropped": dropped,
    "dropped + spancost subtree": dropped_and_subtree,
    "dropped + spancost all": dropped_and_all,
}
