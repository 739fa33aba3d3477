"""Strands: agents as tools of an agent, over chat completions and Claude; every call is streamed."""

from strands import Agent, tool
from strands.models.anthropic import AnthropicModel
from strands.models.openai import OpenAIModel


@tool
def look_up(key: str) -> str:
    """Look something up in the log."""
    return f"{key}: 412 since Monday"


@tool
def count_words(text: str) -> str:
    """Count the words of a text."""
    return str(len(text.split()))


# A model keeps the connections of the event loop that it began in, and each agent that is called has one of its own.
def mini() -> OpenAIModel:
    return OpenAIModel(model_id="gpt-5-mini")


def claude() -> AnthropicModel:
    return AnthropicModel(model_id="claude-haiku-4-5", max_tokens=2000)


def researcher() -> Agent:
    return Agent(mini(), name="researcher", system_prompt="You are researcher. Look things up.", tools=[look_up])


@tool
def ask_researcher(question: str) -> str:
    """Ask the researcher."""
    return str(researcher()(question))


@tool
def ask_writer(task: str) -> str:
    """Ask the writer."""
    return str(writer(task))


writer = Agent(claude(), name="writer", system_prompt="You are writer. Be brief.", tools=[count_words])
coordinator = Agent(
    OpenAIModel(model_id="gpt-5.2"),
    name="coordinator",
    system_prompt="You are coordinator. Let others do the work.",
    tools=[ask_researcher, ask_writer],
)
announcer = Agent(mini(), name="announcer", system_prompt="You are announcer. Say it aloud.")
translator = Agent(claude(), name="translator", system_prompt="You are translator, into German.")

found = str(coordinator("What went wrong last week?"))
for agent in (announcer, translator):
    agent(found)
