"""LangChain: agents of LangGraph as tools of an agent, over chat completions, Responses and Claude."""

import asyncio

from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

mini = ChatOpenAI(model="gpt-5-mini")
claude = ChatAnthropic(model_name="claude-haiku-4-5", max_tokens_to_sample=2000)


@tool
def look_up(key: str) -> str:
    """Look something up in the log."""
    return f"{key}: 412 since Monday"


@tool
def count_words(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


@tool
async def ask_researcher(question: str) -> str:
    """Ask the researcher."""
    return await ask(researcher, question)


@tool
async def ask_writer(task: str) -> str:
    """Ask the writer."""
    return await ask(writer, task)


researcher = create_agent(mini, [look_up], system_prompt="You are researcher. Look things up.", name="researcher")
writer = create_agent(claude, [count_words], system_prompt="You are writer. Be brief.", name="writer")
coordinator = create_agent(
    ChatOpenAI(model="gpt-5.2", use_responses_api=True),
    [ask_researcher, ask_writer],
    system_prompt="You are coordinator. Let others do the work.",
    name="coordinator",
)
announcer = create_agent(mini, [], system_prompt="You are announcer. Say it aloud.", name="announcer")
translator = create_agent(claude, [], system_prompt="You are translator, into German.", name="translator")


async def ask(agent, text: str) -> str:
    answer = await agent.ainvoke({"messages": [{"role": "user", "content": text}]})
    return answer["messages"][-1].text


async def main() -> None:
    found = await ask(coordinator, "What went wrong last week?")
    for agent in (announcer, translator):
        asked = {"messages": [{"role": "user", "content": found}]}
        async for message, _ in agent.astream(asked, stream_mode="messages"):
            print(message.text, end="")


asyncio.run(main())
