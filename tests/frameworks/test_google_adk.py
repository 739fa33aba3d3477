"""Google's ADK, which tells of its own calls: over Gemini and, through LiteLLM, chat completions and Claude."""

from __future__ import annotations

import pytest
from frameworks.team import CLIENTS, Team

pytestmark = pytest.mark.frameworks

_CLIENTS = {**CLIENTS, "gemini": ("openinference-instrumentation-google-genai",)}


# Not over the official ones: that of Gemini's client is for an older one, and LiteLLM asks OpenAI by itself.
@pytest.mark.parametrize("client", ["alone", "openinference", "gemini"])
def test_each_call_counts_once_for_its_agent(team: Team, client: str) -> None:
    """An agent that is a tool has a runner of its own, in the same trace."""
    team.work("google-adk", *_CLIENTS[client])

    assert [] == team.faults()


def test_openinference_leaves_the_last_call_of_each_run_of_an_agent(team: Team) -> None:
    """It writes call upon call on the agent's span, in place of ADK's own spans; the remedy is to do without it."""
    team.work("google-adk", "openinference-instrumentation-google-adk")

    found = team.faults()
    assert "spancost.calls says 1 of ('lead', 'exact'), billed were 3" in found
    assert "spancost.calls says 2 of ('researcher', 'exact'), billed were 4" in found
    assert not any("amounts stand on spans of calls that were not billed" in fault for fault in found)
