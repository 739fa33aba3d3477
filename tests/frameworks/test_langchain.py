"""LangChain's agents, which are LangGraph's: three instrumentations, over chat completions, Responses and Claude.

With an address of its own for the models LangChain asks for no usage of a streamed chat completion, so the announcer's
is unpriced wherever it is told of; the remedy is `stream_usage=True`.
"""

from __future__ import annotations

import pytest
from frameworks.team import CLIENTS, Team, Told

pytestmark = pytest.mark.frameworks

_GENAI = "opentelemetry-instrumentation-genai-langchain"
_OPENINFERENCE = "openinference-instrumentation-langchain"
_TRACELOOP = "opentelemetry-instrumentation-langchain"


@pytest.mark.parametrize(
    ("agents", "client"),
    [
        (_GENAI, "alone"),
        (_GENAI, "genai"),
        (_OPENINFERENCE, "alone"),
        (_OPENINFERENCE, "genai"),
        (_TRACELOOP, "alone"),
        (_TRACELOOP, "genai"),
        (_TRACELOOP, "traceloop"),
    ],
)
def test_each_call_counts_once_for_its_agent(team: Team, agents: str, client: str) -> None:
    """Some tell of a call in one trace, some in two, with a response id or without."""
    team.work("langchain", agents, *CLIENTS[client])

    assert [] == team.faults()


@pytest.mark.parametrize(
    ("agents", "client"),
    [
        (_GENAI, "openinference"),
        (_GENAI, "traceloop"),
        (_OPENINFERENCE, "openinference"),
        # In a trace of its own: OpenInference's spans are no parents of it.
        (_OPENINFERENCE, "traceloop"),
        (_TRACELOOP, "openinference"),
    ],
)
def test_a_stream_that_its_client_told_nothing_of_is_known_from_the_framework(
    team: Team, agents: str, client: str
) -> None:
    """The client's span of Claude's raw stream ends as it begins; the framework's tells the usage of that call."""
    team.work("langchain", agents, *CLIENTS[client])

    assert [] == team.faults(Told(corrected=["translator"]))
