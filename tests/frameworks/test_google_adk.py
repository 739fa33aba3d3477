"""Google's ADK, which tells of its own calls: over Gemini and, through LiteLLM, chat completions and Claude."""

from __future__ import annotations

from collections import Counter

import pytest
from frameworks.team import CLIENTS, Team

pytestmark = pytest.mark.frameworks

_GEMINI = {
    "genai": "opentelemetry-instrumentation-google-genai",
    "openinference": "openinference-instrumentation-google-genai",
}
_CLIENTS = {
    **CLIENTS,
    "gemini": (_GEMINI["openinference"],),
    "official gemini": (_GEMINI["genai"],),
    "official gemini, openinference": (_GEMINI["genai"], *CLIENTS["openinference"]),
}


# Not over the official ones of OpenAI and Anthropic: LiteLLM asks both by itself.
@pytest.mark.parametrize(
    "client", ["alone", "openinference", "gemini", "official gemini", "official gemini, openinference"]
)
def test_each_call_counts_once_for_its_agent(team: Team, client: str) -> None:
    """An agent that is a tool has a runner of its own, in the same trace."""
    team.work("google-adk", *_CLIENTS[client])

    assert [] == team.faults()


def test_openinference_leaves_the_last_call_of_each_run_of_an_agent(team: Team) -> None:
    """It writes call upon call on the agent's span, in place of ADK's own spans: a lower bound, which says so."""
    team.work("google-adk", "openinference-instrumentation-google-adk")

    found = team.faults()
    for agent, told, billed in (("lead", 1, 3), ("researcher", 2, 4)):
        assert f"spancost.calls says 0 of ('{agent}', 'exact'), billed were {billed}" in found
        assert f"spancost.calls says {told} of ('{agent}', 'partial'), billed were 0" in found
    assert not any("amounts stand on spans of calls that were not billed" in fault for fault in found)


@pytest.mark.parametrize("gemini", _GEMINI.values(), ids=_GEMINI)
def test_beside_openinference_a_client_s_instrumentation_tells_of_gemini_s_calls(team: Team, gemini: str) -> None:
    """What nobody else tells of is still lost: the writer's first call, which LiteLLM made."""
    team.work("google-adk", "openinference-instrumentation-google-adk", gemini)

    assert [
        "spancost.calls says 0 of ('writer', 'exact'), billed were 2",
        "spancost.calls says 1 of ('writer', 'partial'), billed were 0",
    ] == [fault for fault in team.faults() if "spancost.calls" in fault]
    assert Counter(bill.agent for bill in team.provider.ledger()) - Counter(["writer"]) == team.calls()
