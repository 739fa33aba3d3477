"""Sets OpenTelemetry up by itself, after spancost: `all` signals or only `traces`; may leave its job `unended`."""

import sys

import spancost

spancost.install()

from openai import OpenAI
from opentelemetry import _logs, metrics, trace
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))

if sys.argv[1] == "all":
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())]))
    _logs.set_logger_provider(LoggerProvider())
    _logs.get_logger_provider().add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))

OpenAIInstrumentor().instrument()

attributes = {}
if "unended" in sys.argv:
    # As an instrumentation of streams does that forgets its own span of a call: it may still report the same call.
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5-mini"}

with trace.get_tracer("by_hand").start_as_current_span("job", attributes=attributes, end_on_exit=not attributes):
    reply = OpenAI(max_retries=0).chat.completions.create(
        model="gpt-5-mini", messages=[{"role": "user", "content": "Who set this up?"}]
    )
    print(reply.id)
