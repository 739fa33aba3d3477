"""Asks LangChain one question five times, of which its cache answers four: the pattern of a program that records.

    python tools/record/langchain_cache.py http://127.0.0.1:8080

It needs langchain-openai and openinference-instrumentation-langchain, in an environment of their own.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import os
import sys

from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor
from recorder import Recorder


def main(provider: str) -> None:
    """Record the run into the folder the program is started in."""
    os.environ.update(OPENAI_BASE_URL=f"{provider}/v1", OPENAI_API_KEY="none")
    with Recorder("langchain__oilc__cache", provider=provider) as recorder:
        LangChainInstrumentor().instrument(tracer_provider=recorder.tracers)
        set_llm_cache(InMemoryCache())
        model = ChatOpenAI(model="gpt-5-mini")
        for _ in range(5):
            model.invoke([("system", "You are writer."), ("user", "Write.")])


if __name__ == "__main__":
    main(sys.argv[1])
