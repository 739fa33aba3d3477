"""Knocks at every door of spancost's but the zero-code one, then says what it cost and which threads that took."""

import threading

import spancost

USED = {"input": 1000, "output": 100}
ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
}

# Before anything is set up, so that it would have to leave by a way of spancost's own.
spancost.record_call(provider="openai", model="gpt-5-mini", usage=USED)
print(spancost.current_cost(), spancost.flush())

from opentelemetry import baggage, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(spancost.CostSpanProcessor())
provider.add_span_processor(spancost.CostSpanProcessor(spancost.CostExporter()))
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
spancost.install()

with spancost.attribute(user="ada"):
    print(baggage.get_all())
    trace.get_tracer("doors").start_span("chat", attributes=ATTRIBUTES).end()
    spancost.record_call(provider="openai", model="gpt-5-mini", usage=USED)
print(spancost.current_cost(), spancost.flush())

print(sorted(thread.name for thread in threading.enumerate()))
