"""A pydantic-ai agent and a sub-agent as its tool; the argument is what the program says of its telemetry."""

import sys

from pydantic_ai import Agent
from pydantic_ai.models.instrumented import InstrumentationSettings

if "content" in sys.argv:
    Agent.instrument_all(InstrumentationSettings(include_content=True))
elif "silence" in sys.argv:
    Agent.instrument_all(False)

planner = Agent("openai:gpt-5-mini", name="query_planner", instructions="You are query_planner.")
analyst = Agent("openai:gpt-5.2", name="data_agent", instructions="You are data_agent.")


@analyst.tool_plain
async def plan_query(question: str) -> str:
    return (await planner.run(question)).output


@analyst.tool_plain
def format_result(question: str) -> str:
    return "a table"


@planner.tool_plain
def errors_of(service: str) -> int:
    return len(service)


print(analyst.run_sync("How many errors, SECRET-QUESTION?").output)
