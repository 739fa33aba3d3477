"""Switches spancost off and on again between its jobs."""

from openai import OpenAI
from opentelemetry import trace

from spancost.auto import SpancostInstrumentor


def job(name: str) -> None:
    with trace.get_tracer("switching").start_as_current_span(name):
        OpenAI(max_retries=0).chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": name}])


job("before")
SpancostInstrumentor().uninstrument()
job("between")
SpancostInstrumentor().instrument()
job("after")
