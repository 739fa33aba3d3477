"""A program on a real SDK with spancost on it, exported over OTLP to a receiver, with a ledger of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC
from time import time_ns
from typing import Any, Final, Self

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import Counter as CounterInstrument
from opentelemetry.sdk.metrics import Histogram, MeterProvider, ObservableCounter
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status

from spancost.assembly import engine_of
from spancost.budgets import parse_line
from spancost.config import Config
from spancost.exporter import CostExporter
from spancost.pricing.overrides import parse as parse_prices
from spancost.processor import CostSpanProcessor

__all__ = ["PRICES", "Ledger", "Program", "call", "run_agent"]

PRICES: Final = {"gpt-5.2": (3_000_000, 15_000_000), "gemini-3-pro": (2_500_000, 10_000_000)}
"""Model -> pico-USD a token in and out."""

_OVERRIDES: Final = parse_prices(
    [{"model": model, "input": into / 10**6, "output": out / 10**6} for model, (into, out) in PRICES.items()], "tests"
)

_DELTA: Final = dict.fromkeys((CounterInstrument, ObservableCounter, Histogram), AggregationTemporality.DELTA)


@dataclass
class Ledger:
    """What the provider would bill, written down beside each call."""

    cost: int = 0
    """Pico-USD."""
    calls: int = 0
    tokens: Counter[str] = field(default_factory=Counter[str])

    def bill(self, model: str, into: int, out: int) -> int:
        """Write a call down and return its pico-USD."""
        rate_in, rate_out = PRICES[model]
        amount = into * rate_in + out * rate_out
        self.cost += amount
        self.calls += 1
        self.tokens["input"] += into
        self.tokens["output"] += out
        return amount


class Program:
    """Providers, processors and exporters as a program sets them up, from `with` to the end of the block."""

    def __init__(
        self,
        endpoint: str,
        *,
        budgets: str = "",
        dimensions: tuple[str, ...] = (),
        way: str | None = None,
        last: bool = False,
        span_processor: Callable[[OTLPSpanExporter], SpanProcessor] = BatchSpanProcessor,
        delta: bool = False,
        resource: Mapping[str, Any] | None = None,
        operation_cost: bool = False,
        clock: Callable[[], int] = time_ns,
        before: tuple[SpanProcessor, ...] = (),
        tracer_provider: TracerProvider | None = None,
    ) -> None:
        described = Resource(dict(resource or {"service.name": "program"}))
        metric_exporter = OTLPMetricExporter(
            f"{endpoint}/v1/metrics", timeout=2, preferred_temporality=_DELTA if delta else None
        )
        self.metrics = MeterProvider(
            [PeriodicExportingMetricReader(metric_exporter, 3_600_000)], described, shutdown_on_exit=False
        )
        self.logs = LoggerProvider(described, shutdown_on_exit=False)
        self.logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(f"{endpoint}/v1/logs", timeout=2)))
        config = Config(budgets=parse_line(budgets, UTC), prices=_OVERRIDES, dimensions=dimensions)
        self.engine = engine_of(config, clock)
        self.exporter = CostExporter(
            self.engine,
            meter_provider=self.metrics,
            logger_provider=self.logs,
            clock=clock,
            operation_cost=operation_cost,
        )
        self.processor = CostSpanProcessor(self.exporter, way=way)
        self.tracing = tracer_provider or TracerProvider(resource=described, shutdown_on_exit=False)
        spans = span_processor(OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=2))
        for processor in (*before, *((spans, self.processor) if last else (self.processor, spans))):
            self.tracing.add_span_processor(processor)
        self.tracer = self.tracing.get_tracer("program")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.tracing.shutdown()
        self.metrics.shutdown()
        self.logs.shutdown()

    @property
    def spent(self) -> tuple[int, int]:
        """Pico-USD and calls that the process counts so far."""
        spent = self.engine.tree.spent
        return spent.direct, spent.calls

    def flush(self) -> None:
        """Send everything so far."""
        assert self.exporter.flush()
        self.tracing.force_flush()
        self.metrics.force_flush()
        self.logs.force_flush()


def call(
    tracer: trace.Tracer,
    into: int = 1500,
    out: int = 500,
    model: str = "gpt-5.2",
    *,
    context: Any = None,
    status: Status | None = None,
    **attributes: Any,
) -> trace.Span:
    """Make a model call's span as an instrumentation does, and end it."""
    span = tracer.start_span(
        f"chat {model}",
        context,
        trace.SpanKind.CLIENT,
        {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": model},
    )
    span.set_attributes(
        {"gen_ai.usage.input_tokens": into, "gen_ai.usage.output_tokens": out}
        | {name.replace("__", "."): value for name, value in attributes.items()}
    )
    if status is not None:
        span.set_status(status)
    span.end()
    return span


def run_agent(tracer: trace.Tracer, name: str, **attributes: Any) -> AbstractContextManager[trace.Span]:
    """Open an agent's span as a framework does."""
    told = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}
    return tracer.start_as_current_span(f"invoke_agent {name}", attributes=told | attributes)
