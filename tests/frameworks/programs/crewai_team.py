"""CrewAI: a manager delegates to its crew, over chat completions and Claude; a crew of one is streamed."""

from crewai import LLM, Agent, Crew, Process, Task
from crewai.tools import tool


@tool("look_up")
def look_up(key: str) -> str:
    """Look something up in the log."""
    return f"{key}: 412 since Monday"


@tool("count_words")
def count_words(text: str) -> str:
    """Count the words of a text."""
    return str(len(text.split()))


mini = LLM(model="openai/gpt-5-mini")
claude = LLM(model="anthropic/claude-haiku-4-5", max_tokens=2000)
researcher = Agent(role="researcher", goal="Look things up.", backstory="You know the log.", llm=mini, tools=[look_up])
writer = Agent(role="writer", goal="Be brief.", backstory="You count words.", llm=claude, tools=[count_words])
manager = Agent(role="manager", goal="Let others do the work.", backstory="You lead.", llm=LLM(model="openai/gpt-5.2"))
question = Task(description="What went wrong last week?", expected_output="Two sentences.")
crew = Crew(agents=[researcher, writer], tasks=[question], manager_agent=manager, process=Process.hierarchical)
found = crew.kickoff().raw

announcer = Agent(
    role="announcer", goal="Say it aloud.", backstory="You are heard.", llm=LLM(model="openai/gpt-5-mini", stream=True)
)
aloud = Task(description=found, expected_output="A sentence.", agent=announcer)
print(Crew(agents=[announcer], tasks=[aloud]).kickoff().raw)
