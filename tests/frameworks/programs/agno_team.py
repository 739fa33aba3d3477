"""Agno: agents as tools of an agent, over chat completions, Responses and Claude."""

import asyncio

from agno.agent import Agent
from agno.models.anthropic import Claude
from agno.models.openai import OpenAIChat, OpenAIResponses

claude = Claude(id="claude-haiku-4-5", max_tokens=2000)


def look_up(key: str) -> str:
    """Look something up in the log."""
    return f"{key}: 412 since Monday"


def count_words(text: str) -> str:
    """Count the words of a text."""
    return str(len(text.split()))


async def ask_researcher(question: str) -> str:
    """Ask the researcher."""
    return (await researcher.arun(question)).content


async def ask_writer(task: str) -> str:
    """Ask the writer."""
    return (await writer.arun(task)).content


researcher = Agent(
    name="researcher",
    model=OpenAIChat(id="gpt-5-mini"),
    instructions="You are researcher. Look things up.",
    tools=[look_up],
)
writer = Agent(name="writer", model=claude, instructions="You are writer. Be brief.", tools=[count_words])
coordinator = Agent(
    name="coordinator",
    model=OpenAIResponses(id="gpt-5.2", store=False),
    instructions="You are coordinator. Let others do the work.",
    tools=[ask_researcher, ask_writer],
)
announcer = Agent(name="announcer", model=OpenAIChat(id="gpt-5-mini"), instructions="You are announcer. Say it aloud.")
translator = Agent(name="translator", model=claude, instructions="You are translator, into German.")


async def main() -> None:
    found = (await coordinator.arun("What went wrong last week?")).content
    for agent in (announcer, translator):
        async for event in agent.arun(found, stream=True):
            print(event.content or "", end="")


asyncio.run(main())
