"""Traces its job by a provider of its own making, beside the one that the model client's spans go to."""

import sys

from openai import OpenAI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource.create({"service.name": "jobs"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))

if "everything" in sys.argv:
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    OpenAIInstrumentor().uninstrument()
    OpenAIInstrumentor().instrument(tracer_provider=provider)

with provider.get_tracer("jobs").start_as_current_span("job"):
    for question in ("What comes first?", "And then?"):
        reply = OpenAI(max_retries=0).chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": question}]
        )
        print(reply.id)
