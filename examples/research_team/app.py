"""A research team: a coordinator asks specialists, and one of them has specialists of its own.

OPENAI_API_KEY=... ANTHROPIC_API_KEY=... python app.py "Which service fails most, and how do I measure it?"

Without ANTHROPIC_API_KEY every agent uses a model of OpenAI.
"""

from __future__ import annotations

import asyncio
import os
import sys

from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModelSettings

QUESTION = "Which of our services failed most last week, and how do I measure that myself?"
ERRORS_LAST_WEEK = {"checkout": 412, "search": 87, "accounts": 23}

_claude = bool(os.environ.get("ANTHROPIC_API_KEY"))
LARGE = "anthropic:claude-sonnet-4-5" if _claude else "openai:gpt-5.2"
SMALL = "anthropic:claude-haiku-4-5" if _claude else "openai:gpt-5-mini"

coordinator = Agent(
    "openai:gpt-5.2",
    name="coordinator",
    instructions="You are coordinator of a research team. First ask code_agent and data_agent, both at once, "
    "then let explainer_agent write down what they found, and answer with that.",
)
code_agent = Agent(
    LARGE,
    name="code_agent",
    instructions="You are code_agent. Have the names in a task analysed first, then have the code generated.",
    model_settings=AnthropicModelSettings(anthropic_cache_instructions="1h"),
)
syntax_analyzer = Agent(
    "openai:gpt-5-mini",
    name="syntax_analyzer",
    instructions="You are syntax_analyzer. Say which names and types a piece of code will need, in one line.",
)
code_generator = Agent(
    SMALL,
    name="code_generator",
    instructions="You are code_generator. Write one short Python function, and nothing else.",
    model_settings=AnthropicModelSettings(anthropic_cache_instructions=True),
)
data_agent = Agent(
    "openai-chat:gpt-5-mini",
    name="data_agent",
    instructions="You are data_agent. Have the query planned and the result formatted, both at once, and sum up.",
)
query_planner = Agent(
    "openai-chat:gpt-5-mini",
    name="query_planner",
    instructions="You are query_planner. Look the errors of each service up and name the worst.",
)
result_formatter = Agent(
    "openai-chat:gpt-5-mini",
    name="result_formatter",
    instructions="You are result_formatter. Say how a table of services and their errors should look.",
)
explainer_agent = Agent(
    LARGE,
    name="explainer_agent",
    instructions="You are explainer_agent. Explain findings to a person in a hurry, in three sentences.",
)


@coordinator.tool_plain
async def ask_code_agent(task: str) -> str:
    """Have code written."""
    return (await code_agent.run(task)).output


@coordinator.tool_plain
async def ask_data_agent(question: str) -> str:
    """Have a question answered from our data."""
    return (await data_agent.run(question)).output


@coordinator.tool_plain
async def ask_explainer_agent(findings: str) -> str:
    """Have findings put into words; they are shown as they come."""
    async with explainer_agent.run_stream(findings) as explanation:
        async for words in explanation.stream_text(delta=True):
            print(words, end="", flush=True)
        print()
        return await explanation.get_output()


@code_agent.tool_plain
async def analyze_syntax(task: str) -> str:
    """Find the names and types that a task needs."""
    return (await syntax_analyzer.run(task)).output


@code_agent.tool_plain
async def generate_code(specification: str) -> str:
    """Write the code for a specification."""
    return (await code_generator.run(specification)).output


@data_agent.tool_plain
async def plan_query(question: str) -> str:
    """Plan and run the query for a question."""
    return (await query_planner.run(question)).output


@data_agent.tool_plain
async def format_result(question: str) -> str:
    """Say how the answer to a question is best laid out."""
    async with result_formatter.run_stream(question) as layout:
        return await layout.get_output()


@query_planner.tool_plain
def errors_of(service: str) -> int:
    """Return how many errors a service (checkout, search or accounts) had last week."""
    return ERRORS_LAST_WEEK.get(service, 0)


async def main() -> None:
    """Ask the team the question on the command line."""
    question = " ".join(sys.argv[1:]) or QUESTION
    print("Question:", question)
    answer = await coordinator.run(question)
    print("Answer:", answer.output)


if __name__ == "__main__":
    asyncio.run(main())
