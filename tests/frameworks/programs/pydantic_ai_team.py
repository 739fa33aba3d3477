"""pydantic-ai: agents as tools of an agent, over chat completions, Responses and Claude."""

import asyncio

from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModelSettings

cached = AnthropicModelSettings(anthropic_cache_instructions="1h", anthropic_cache_tool_definitions=True)
researcher = Agent("openai-chat:gpt-5-mini", name="researcher", instructions="You are researcher. Look things up.")
writer = Agent(
    "anthropic:claude-haiku-4-5", name="writer", instructions="You are writer. Be brief.", model_settings=cached
)
coordinator = Agent(
    "openai-responses:gpt-5.2", name="coordinator", instructions="You are coordinator. Let others do the work."
)
announcer = Agent("openai-chat:gpt-5-mini", name="announcer", instructions="You are announcer. Say it aloud.")
translator = Agent("anthropic:claude-haiku-4-5", name="translator", instructions="You are translator, into German.")


@researcher.tool_plain
def look_up(key: str) -> str:
    return f"{key}: 412 since Monday"


@writer.tool_plain
def count_words(text: str) -> int:
    return len(text.split())


@coordinator.tool_plain
async def ask_researcher(question: str) -> str:
    return (await researcher.run(question)).output


@coordinator.tool_plain
async def ask_writer(task: str) -> str:
    return (await writer.run(task)).output


async def main() -> None:
    found = (await coordinator.run("What went wrong last week?")).output
    for agent in (announcer, translator):
        async with agent.run_stream(found) as result:
            async for words in result.stream_text():
                found = words
    print(found)


asyncio.run(main())
