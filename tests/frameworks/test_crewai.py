"""CrewAI: a manager delegates to its crew, under two instrumentations, over chat completions and Claude."""

from __future__ import annotations

import pytest
from frameworks.team import CLIENTS, Team, Told

pytestmark = pytest.mark.frameworks

_OPENINFERENCE = "openinference-instrumentation-crewai"
_TRACELOOP = "opentelemetry-instrumentation-crewai"


@pytest.mark.parametrize("client", ["genai", "openinference", "traceloop"])
def test_each_call_counts_once_for_its_agent(team: Team, client: str) -> None:
    """Traceloop's spans of agents hold what each has used in its life, which is added to nothing."""
    team.work("crewai", _TRACELOOP, *CLIENTS[client])

    assert [] == team.faults()


@pytest.mark.parametrize("client", ["genai", "openinference", "traceloop"])
def test_the_calls_of_coworkers_belong_to_their_manager_where_openinference_tells_of_agents(
    team: Team, client: str
) -> None:
    """It has no span of an agent that is delegated to; each call counts once all the same."""
    team.work("crewai", _OPENINFERENCE, *CLIENTS[client])

    assert [] == team.faults(Told(nameless=True))


@pytest.mark.parametrize(("agents", "nameless"), [(_OPENINFERENCE, True), (_TRACELOOP, False)])
def test_agents_alone_tell_of_no_call(team: Team, agents: str, nameless: bool) -> None:
    """Calls need an instrumentation of the client; of Claude's its own library tells."""
    team.work("crewai", agents)

    assert [] == team.faults(Told(unseen=["manager", "researcher", "announcer"], nameless=nameless))
