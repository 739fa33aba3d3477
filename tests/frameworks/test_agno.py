"""Agno: three instrumentations, over chat completions, Responses and Claude."""

from __future__ import annotations

from collections import Counter

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


def test_traceloop_alone_tells_of_each_run_of_an_agent_and_not_of_its_calls(team: Team) -> None:
    """A run counts as one call, with all tokens and cached ones at the full price; of a streamed agent nothing is told.

    Of Claude's calls its own library tells. The remedy is an instrumentation of the client.
    """
    team.work("agno", _TRACELOOP)

    assert {"coordinator": 1, "researcher": 2, "writer": 2, None: 1} == team.calls()
    billed = Counter[str | None]()
    for bill in team.provider.ledger():
        if bill.agent != "announcer":
            billed[None if bill.agent == "translator" else bill.agent] += bill.usage.input + bill.usage.output
    assert billed == team.tokens()


def test_calls_of_streamed_agents_belong_to_nobody_where_traceloop_tells_of_agents(team: Team) -> None:
    """It tells of no agent that is streamed; each call counts once all the same."""
    team.work("agno", _TRACELOOP, *CLIENTS["genai"])

    assert [] == team.faults(Told(nameless=True))
