"""LlamaIndex: agents as tools of an agent, over chat completions, Responses and Claude."""

import asyncio

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.llms.anthropic import Anthropic
from llama_index.llms.openai import OpenAI, OpenAIResponses

mini = OpenAI(model="gpt-5-mini")
claude = Anthropic(model="claude-haiku-4-5", max_tokens=2000)


def look_up(key: str) -> str:
    """Look something up in the log."""
    return f"{key}: 412 since Monday"


def count_words(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


async def ask_researcher(question: str) -> str:
    """Ask the researcher."""
    return str(await researcher.run(question))


async def ask_writer(task: str) -> str:
    """Ask the writer."""
    return str(await writer.run(task))


researcher = FunctionAgent(
    name="researcher",
    llm=mini,
    system_prompt="You are researcher. Look things up.",
    tools=[look_up],
    streaming=False,
)
writer = FunctionAgent(
    name="writer", llm=claude, system_prompt="You are writer. Be brief.", tools=[count_words], streaming=False
)
coordinator = FunctionAgent(
    name="coordinator",
    llm=OpenAIResponses(model="gpt-5.2"),
    system_prompt="You are coordinator. Let others do the work.",
    tools=[ask_researcher, ask_writer],
    streaming=False,
)
# A stream is what LlamaIndex's agents do if not told otherwise.
announcer = FunctionAgent(name="announcer", llm=mini, system_prompt="You are announcer. Say it aloud.")
translator = FunctionAgent(name="translator", llm=claude, system_prompt="You are translator, into German.")


async def main() -> None:
    found = str(await coordinator.run("What went wrong last week?"))
    for agent in (announcer, translator):
        running = agent.run(found)
        async for _ in running.stream_events():
            pass
        print(await running)


asyncio.run(main())
