"""openai-agents: agents as tools of an agent, over Responses and chat completions."""

import asyncio

from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_default_openai_client
from openai import AsyncOpenAI

# Traces for OpenAI's own page need a key of theirs; none leaves here.
client = AsyncOpenAI(api_key="none")
set_default_openai_client(client, use_for_tracing=False)
chat = OpenAIChatCompletionsModel("gpt-5-mini", client)


@function_tool
def look_up(key: str) -> str:
    return f"{key}: 412 since Monday"


@function_tool
def count_words(text: str) -> int:
    return len(text.split())


@function_tool
async def ask_researcher(question: str) -> str:
    return (await Runner.run(researcher, question)).final_output


@function_tool
async def ask_writer(task: str) -> str:
    return (await Runner.run(writer, task)).final_output


researcher = Agent(name="researcher", model=chat, instructions="You are researcher. Look things up.", tools=[look_up])
writer = Agent(name="writer", model="gpt-5-mini", instructions="You are writer. Be brief.", tools=[count_words])
coordinator = Agent(
    name="coordinator",
    model="gpt-5.2",
    instructions="You are coordinator. Let others do the work.",
    tools=[ask_researcher, ask_writer],
)
announcer = Agent(name="announcer", model="gpt-5-mini", instructions="You are announcer. Say it aloud.")


async def main() -> None:
    found = (await Runner.run(coordinator, "What went wrong last week?")).final_output
    streamed = Runner.run_streamed(announcer, found)
    async for _ in streamed.stream_events():
        pass
    print(streamed.final_output)


asyncio.run(main())
