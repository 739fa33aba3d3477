"""Prints what it has cost while it runs: after each call inside a span, and outside of any at the end."""

from openai import OpenAI
from opentelemetry import trace

import spancost

client = OpenAI(max_retries=0)
tracer = trace.get_tracer("so_far")
for job in ("first", "second"):
    with tracer.start_as_current_span(job):
        for question in ("What now?", "And now?"):
            client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": question}])
            print(spancost.current_cost())
print(spancost.current_cost())
