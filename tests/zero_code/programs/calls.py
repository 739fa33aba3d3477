"""Asks a model a few things inside one span of its own, the last of them as a stream."""

import sys

from openai import OpenAI
from opentelemetry import trace

MODEL = "gpt-5-mini"


def main(questions: int) -> None:
    client = OpenAI(max_retries=0)
    with trace.get_tracer("calls").start_as_current_span("job"):
        for number in range(1, questions):
            reply = client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": f"What is {number}?"}]
            )
            print(reply.choices[0].message.content)
        stream = client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "And what is all of it?"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        print("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))


main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
