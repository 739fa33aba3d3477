"""Google's ADK: agents as tools of an agent, over Gemini and, through LiteLLM, chat completions and Claude."""

import asyncio

from google.adk.agents import LlmAgent, RunConfig
from google.adk.agents.run_config import StreamingMode
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.adk.tools.agent_tool import AgentTool
from google.genai import types


def look_up(key: str) -> str:
    """Look something up in the log."""
    return f"{key}: 412 since Monday"


def count_words(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


researcher = LlmAgent(
    name="researcher", model="gemini-2.5-flash", instruction="You are researcher. Look things up.", tools=[look_up]
)
writer = LlmAgent(
    name="writer",
    model=LiteLlm(model="anthropic/claude-haiku-4-5"),
    instruction="You are writer. Be brief.",
    tools=[count_words],
)
lead = LlmAgent(
    name="lead",
    model="gemini-2.5-pro",
    instruction="You are lead. Let others do the work.",
    tools=[AgentTool(researcher), AgentTool(writer)],
)
announcer = LlmAgent(
    name="announcer", model=LiteLlm(model="openai/gpt-5-mini"), instruction="You are announcer. Say it aloud."
)
translator = LlmAgent(name="translator", model="gemini-2.5-flash", instruction="You are translator, into German.")


async def ask(agent: LlmAgent, text: str, *, mode: StreamingMode = StreamingMode.NONE) -> str:
    runner = InMemoryRunner(agent=agent, app_name="team")
    session = await runner.session_service.create_session(app_name="team", user_id="ada")
    asked = types.Content(role="user", parts=[types.Part(text=text)])
    run_config = RunConfig(streaming_mode=mode)
    async for event in runner.run_async(user_id="ada", session_id=session.id, new_message=asked, run_config=run_config):
        if event.content and event.content.parts and event.content.parts[0].text:
            text = event.content.parts[0].text
    return text


async def main() -> None:
    found = await ask(lead, "What went wrong last week?")
    for agent in (announcer, translator):
        print(await ask(agent, found, mode=StreamingMode.SSE))


asyncio.run(main())
