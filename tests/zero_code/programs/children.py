"""Asks a model once itself, and lets children ask, each in a process of its own.

The argument is how they start; `idle` starts one more, that asks nothing.
"""

import multiprocessing
import os
import sys

from openai import OpenAI
from opentelemetry import trace

CHILDREN = 2


def ask(question: str) -> None:
    with trace.get_tracer("children").start_as_current_span("job"):
        reply = OpenAI(max_retries=0).chat.completions.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": question}]
        )
    print(os.getpid(), reply.id, flush=True)


if __name__ == "__main__":
    ask("Who are you?")
    start = multiprocessing.get_context(sys.argv[1])
    children = [start.Process(target=ask, args=(f"Who is child {number}?",)) for number in range(CHILDREN)]
    if "idle" in sys.argv:
        children.append(start.Process(target=os.getpid))
    for child in children:
        child.start()
    for child in children:
        child.join()
    sys.exit(max(child.exitcode or 0 for child in children))
