"""Agno: three instrumentations, over chat completions, Responses and Claude."""

from __future__ import annotations

import pytest
from frameworks.team import CLIENTS, Team, Told

pytestmark = pytest.mark.frameworks

_GENAI = "opentelemetry-instrumentation-genai-agno"
_OPENINFERENCE = "openinference-instrumentation-agno"
_TRACELOOP = "opentelemetry-instrumentation-agno"


@pytest.mark.parametrize(
    ("agents", "client"),
    [
        (_GENAI, "genai"),
        (_GENAI, "openinference"),
        (_GENAI, "traceloop"),
        (_OPENINFERENCE, "alone"),
        (_OPENINFERENCE, "genai"),
        (_OPENINFERENCE, "openinference"),
        (_OPENINFERENCE, "traceloop"),
    ],
)
def test_each_call_counts_once_for_its_agent(team: Team, agents: str, client: str) -> None:
    """OpenInference's agno says of Claude's input what is not cached, and the others say all of it."""
    team.work("agno", agents, *CLIENTS[client])

    assert [] == team.faults()


def test_agents_alone_tell_of_no_call(team: Team) -> None:
    """The official instrumentation leaves calls to the client's; of Claude's its own library tells."""
    team.work("agno", _GENAI)

    assert [] == team.faults(Told(unseen=["coordinator", "researcher", "announcer"]))


def test_calls_of_streamed_agents_belong_to_nobody_where_traceloop_tells_of_agents(team: Team) -> None:
    """It tells of no agent that is streamed; each call counts once all the same."""
    team.work("agno", _TRACELOOP, *CLIENTS["genai"])

    assert [] == team.faults(Told(nameless=True))
