"""Asks a model in a web server, sync (`application`, for gunicorn) or async (`asynchronous`, for uvicorn)."""

import os

from openai import AsyncOpenAI, OpenAI
from opentelemetry import trace

MODEL = "gpt-5-mini"
MESSAGES = [{"role": "user", "content": "Who answers?"}]

tracer = trace.get_tracer("web")


def application(environ, start_response):
    if environ["PATH_INFO"] == "/ask":
        with tracer.start_as_current_span("request"):
            OpenAI(max_retries=0).chat.completions.create(model=MODEL, messages=MESSAGES)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


async def asynchronous(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/ask":
        with tracer.start_as_current_span("request"):
            await AsyncOpenAI(max_retries=0).chat.completions.create(model=MODEL, messages=MESSAGES)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
