"""A service whose agent answers, with what it used; for gunicorn."""

import json

from openai import OpenAI
from opentelemetry import propagate, trace

tracer = trace.get_tracer("answers")


def application(environ, start_response):
    sent = {name[5:].lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    answer = {}
    if environ["PATH_INFO"] == "/ask":
        told = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "researcher"}
        with (
            tracer.start_as_current_span(
                "GET /ask", propagate.extract(sent), trace.SpanKind.SERVER, {"http.route": "/ask"}
            ),
            tracer.start_as_current_span("invoke_agent researcher", attributes=told),
        ):
            reply = OpenAI(max_retries=0).chat.completions.create(
                model="gpt-5.2", messages=[{"role": "user", "content": "What is known of it?"}]
            )
        answer = {"input": reply.usage.prompt_tokens, "output": reply.usage.completion_tokens}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
