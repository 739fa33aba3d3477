"""A team of agents, built in every framework alike, at work under `opentelemetry-instrument` as its user would run it.

The coordinator asks the researcher, then the researcher again and the writer at once; each of them uses a tool of its
own. Afterwards the announcer is streamed, and the translator, too, where a framework reaches a second provider.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cost_tree import latest
from frameworks.environments import build
from frameworks.verdict import Received, Told, faults
from otlp_receiver import Receiver
from provider import Provider, Scripts, Step
from zero_code.stage import Stage

__all__ = ["CLIENTS", "SCRIPTS", "Team", "Told"]

Call = list[Any]
"""A tool and its arguments."""

_FIRST = "Which service failed most last week?"
_SINCE = "Since when has the checkout service been failing, and how often?"
_NOTICE = "Write two sentences on the errors of the checkout service."
_DONE = {"say": "The checkout service failed most, 412 times since Monday; a notice is written."}


def _delegation(researcher: Callable[[str], Call], writer: Callable[[str], Call]) -> list[Step]:
    """Return what a coordinator says whose framework spells the tools that its agents are in these ways."""
    return [{"call": [researcher(_FIRST)]}, {"call": [researcher(_SINCE), writer(_NOTICE)]}, _DONE]


def _coworker(name: str) -> Callable[[str], Call]:
    return lambda task: ["delegate_work_to_coworker", {"task": task, "context": "Last week.", "coworker": name}]


SCRIPTS: Final[Scripts] = {
    "coordinator": _delegation(
        lambda question: ["ask_researcher", {"question": question}], lambda task: ["ask_writer", {"task": task}]
    ),
    # ADK's agents are tools by their own names, CrewAI's are all asked by one tool.
    "lead": _delegation(lambda asked: ["researcher", {"request": asked}], lambda task: ["writer", {"request": task}]),
    "manager": _delegation(_coworker("researcher"), _coworker("writer")),
    "researcher": [
        {"call": [["look_up", {"key": "errors"}]]},
        {"say": "The log has 412 errors of the checkout service, the first of them on Monday morning."},
    ],
    "writer": [
        {"call": [["count_words", {"text": "The checkout service failed. We are mending it."}]]},
        {"say": "The checkout service has been failing since Monday. We are mending it."},
    ],
    "announcer": [{"say": "Attention please: the checkout service is being mended, and will be back by noon."}],
    "translator": [{"say": "Der Bezahldienst wird repariert und ist gegen Mittag wieder da."}],
}
"""What the models say, by the names of the agents."""

CLIENTS: Final = {
    "alone": (),
    "genai": ("opentelemetry-instrumentation-genai-openai", "opentelemetry-instrumentation-genai-anthropic"),
    "openinference": ("openinference-instrumentation-openai", "openinference-instrumentation-anthropic"),
    "traceloop": ("opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-anthropic"),
}
"""What may tell of the calls of the model clients beside a framework; Anthropic's library tells of its own always."""

_SCOPES: Final = {
    "opentelemetry-instrumentation-genai-openai": "opentelemetry.instrumentation.genai.openai",
    "opentelemetry-instrumentation-genai-anthropic": "opentelemetry.instrumentation.genai.anthropic",
    "openinference-instrumentation-openai": "openinference.instrumentation.openai",
    "openinference-instrumentation-anthropic": "openinference.instrumentation.anthropic",
    "openinference-instrumentation-google-genai": "openinference.instrumentation.google_genai",
    "opentelemetry-instrumentation-openai": "opentelemetry.instrumentation.openai.v1",
    "opentelemetry-instrumentation-anthropic": "opentelemetry.instrumentation.anthropic",
    "opentelemetry-instrumentation-google-genai": "opentelemetry.instrumentation.google_genai",
}
"""Instrumentation of a model client -> the scope of its spans."""

_HUSHES: Final = "opentelemetry-instrumentation-genai-langchain"
_HUSHED: Final = ("opentelemetry-instrumentation-genai-openai", "opentelemetry-instrumentation-genai-anthropic")
"""The official instrumentation of LangChain tells the official ones of the clients to be silent while it speaks."""

_MEMBERS: Final = frozenset({"researcher", "writer", "announcer"})
"""Who is asked in every framework."""

_EVERYTHING: Final = Told()
_PROGRAMS: Final = Path(__file__).parent / "programs"

_NO_KEY: Final = {"openai-agents": {"OPENAI_API_KEY": None}}
"""With that one openai-agents sends its traces to its maker; the program has a key of its own."""

_SETTINGS: Final = {
    "ANTHROPIC_API_KEY": "none",
    "GOOGLE_API_KEY": "none",
    # What CrewAI and Agno tell their makers of each run has nowhere to go.
    "CREWAI_DISABLE_TELEMETRY": "true",
    # Without it each run is taken for a person's first, whose trace CrewAI collects to show it.
    "CREWAI_TRACING_ENABLED": "false",
    "AGNO_TELEMETRY": "false",
    # LiteLLM's price list, which nothing here reads, would be fetched at each start.
    "LITELLM_LOCAL_MODEL_COST_MAP": "true",
}


class Team:
    """The team of one test, with a provider that bills it and a receiver that gets its telemetry."""

    def __init__(
        self, environments: Path, installed: Path, provider: Provider, receiver: Receiver, folder: Path
    ) -> None:
        self.provider = provider
        self.receiver = receiver
        self._environments = environments
        self._installed = installed
        self._folder = folder

    def work(self, framework: str, *instrumentations: str, versions: str = "") -> None:
        """Run a framework's program to its end, with these packages installed beside it.

        `versions` names the requirements, where they are not those that the framework's newest version has.
        """
        environment = build(versions or framework, self._environments)
        finished = Stage(environment.folder, self.provider, self.receiver, self._folder).run(
            "opentelemetry-instrument",
            "python",
            str(_PROGRAMS / f"{framework.replace('-', '_')}_team.py"),
            **_SETTINGS,
            **_NO_KEY.get(framework, {}),
            # The first is the client's, the second LlamaIndex's.
            OPENAI_BASE_URL=f"{self.provider.url}/v1",
            OPENAI_API_BASE=f"{self.provider.url}/v1",
            ANTHROPIC_BASE_URL=self.provider.url,
            GOOGLE_GEMINI_BASE_URL=self.provider.url,
            PYTHONPATH=os.pathsep.join([*environment.path_of(instrumentations), str(self._installed)]),
        )
        assert 0 == finished.status, finished.stdout + finished.stderr
        assert _MEMBERS <= {bill.agent for bill in self.provider.ledger()}, finished.stdout + finished.stderr
        hushed = _HUSHED if _HUSHES in instrumentations else ()
        clients = {_SCOPES[name] for name in instrumentations if name in _SCOPES and name not in hushed}
        # Else the framework would be alone, whatever is installed beside it.
        assert not clients or clients & {span.scope for span in self.receiver.spans()}, "no client's span came"

    def calls(self) -> Counter[str | None]:
        """Return how many calls were counted, by the agent that the counter names."""
        counted = Counter[str | None]()
        for point in latest(self.receiver.points(), "spancost.calls"):
            counted[point.attributes.get("gen_ai.agent.name")] += int(point.value)
        return counted

    def tokens(self) -> Counter[str | None]:
        """Return how many tokens were counted, by the agent that the counter names."""
        counted = Counter[str | None]()
        for point in latest(self.receiver.points(), "spancost.tokens"):
            counted[point.attributes.get("gen_ai.agent.name")] += int(point.value)
        return counted

    def faults(self, told: Told = _EVERYTHING) -> list[str]:
        """Return a sentence for everything received that is not what was billed, as far as the stack can tell it."""
        received = Received(self.receiver.spans(), self.receiver.points(), self.receiver.records())
        return faults(received, self.provider.ledger(), told)
