"""A team of agents, built in every framework alike, at work under `opentelemetry-instrument` as its user would run it.

The coordinator asks the researcher, then the researcher again and the writer at once; each of them uses a tool of its
own. Afterwards the announcer is streamed, and the translator, too, where a framework reaches a second provider.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from frameworks.environments import build
from frameworks.verdict import faults
from otlp_receiver import Receiver
from provider import Provider, Scripts
from zero_code.stage import Stage

__all__ = ["CLIENTS", "GENAI", "OPENINFERENCE", "SCRIPTS", "TRACELOOP", "Team"]

SCRIPTS: Final[Scripts] = {
    "coordinator": [
        {"call": [["ask_researcher", {"question": "Which service failed most last week?"}]]},
        {
            "call": [
                ["ask_researcher", {"question": "Since when has the checkout service been failing, and how often?"}],
                ["ask_writer", {"task": "Write two sentences on the errors of the checkout service."}],
            ]
        },
        {"say": "The checkout service failed most, 412 times since Monday; a notice is written."},
    ],
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

GENAI: Final = ("opentelemetry-instrumentation-genai-openai", "opentelemetry-instrumentation-genai-anthropic")
OPENINFERENCE: Final = ("openinference-instrumentation-openai", "openinference-instrumentation-anthropic")
TRACELOOP: Final = ("opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-anthropic")
CLIENTS: Final = {"alone": (), "genai": GENAI, "openinference": OPENINFERENCE, "traceloop": TRACELOOP}
"""What may tell of the calls of the model clients beside a framework; Anthropic's library tells of its own always."""

_PROGRAMS: Final = Path(__file__).parent / "programs"


class Team:
    """The team of one test, with a provider that bills it and a receiver that gets its telemetry."""

    def __init__(self, installed: Path, provider: Provider, receiver: Receiver, folder: Path) -> None:
        self.provider = provider
        self.receiver = receiver
        self._installed = installed
        self._folder = folder

    def work(self, framework: str, *instrumentations: str, **settings: str) -> None:
        """Run a framework's program to its end, with these packages installed beside it."""
        environment = build(framework)
        finished = Stage(environment.folder, self.provider, self.receiver, self._folder).run(
            "opentelemetry-instrument",
            "python",
            str(_PROGRAMS / f"{framework.replace('-', '_')}_team.py"),
            ANTHROPIC_BASE_URL=self.provider.url,
            ANTHROPIC_API_KEY="none",
            PYTHONPATH=os.pathsep.join([*environment.path_of(instrumentations), str(self._installed)]),
            **settings,
        )
        assert 0 == finished.status, finished.stdout + finished.stderr

    def faults(self, *, unseen: Collection[str] = (), agents: bool = True) -> list[str]:
        """Return a sentence for everything told that is not what was billed (`verdict.faults`)."""
        return faults(self.receiver, self.provider.ledger(), unseen=unseen, agents=agents)
