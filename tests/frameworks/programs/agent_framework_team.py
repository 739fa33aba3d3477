"""Microsoft's Agent Framework: agents as tools of an agent, over chat completions, Responses and Claude."""

import asyncio

from agent_framework import Agent
from agent_framework.anthropic import AnthropicClient
from agent_framework.openai import OpenAIChatClient, OpenAIChatCompletionClient

mini = OpenAIChatCompletionClient(model="gpt-5-mini")
claude = AnthropicClient(model="claude-haiku-4-5")


def look_up(key: str) -> str:
    """Look something up in the log."""
    return f"{key}: 412 since Monday"


def count_words(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


researcher = Agent(mini, "You are researcher. Look things up.", name="researcher", tools=[look_up])
writer = Agent(claude, "You are writer. Be brief.", name="writer", tools=[count_words])
coordinator = Agent(
    OpenAIChatCompletionClient(model="gpt-5.2"),
    "You are coordinator. Let others do the work.",
    name="coordinator",
    tools=[
        researcher.as_tool(name="ask_researcher", arg_name="question"),
        writer.as_tool(name="ask_writer", arg_name="task"),
    ],
)
announcer = Agent(OpenAIChatClient(model="gpt-5-mini"), "You are announcer. Say it aloud.", name="announcer")
translator = Agent(claude, "You are translator, into German.", name="translator")


async def main() -> None:
    found = (await coordinator.run("What went wrong last week?")).text
    for agent in (announcer, translator):
        async for update in agent.run(found, stream=True):
            print(update.text, end="")


asyncio.run(main())
