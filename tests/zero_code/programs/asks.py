"""Asks a model, and an agent in the service at the URL: its span repeats what that agent said it used."""

import json
import sys
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from openai import OpenAI
from opentelemetry import propagate, trace
from opentelemetry.util.genai.handler import TelemetryHandler

tracer = trace.get_tracer("asks")
handler = TelemetryHandler()


def ask(url: str) -> dict[str, str]:
    where = urlsplit(url)
    with handler.invoke_remote_agent(
        "openai",
        request_model="gpt-5.2",
        server_address=where.hostname,
        server_port=where.port,
        agent_name="researcher",
    ) as agent:
        sent: dict[str, str] = {}
        with tracer.start_as_current_span(
            "GET", kind=trace.SpanKind.CLIENT, attributes={"http.request.method": "GET", "url.full": url}
        ):
            propagate.inject(sent)
            with urlopen(Request(url, headers=sent)) as answer:
                told = json.load(answer)
        agent.input_tokens, agent.output_tokens = told["input"], told["output"]
    return sent


for _ in range(int(sys.argv[2])):
    with handler.invoke_local_agent(agent_name="coordinator"):
        OpenAI(max_retries=0).chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": "Whom do I ask?"}]
        )
        print(ask(f"{sys.argv[1]}/ask")["traceparent"])
