"""Microsoft's Agent Framework, which tells of its own calls: over chat completions, Responses and Claude."""

from __future__ import annotations

import pytest
from frameworks.team import CLIENTS, Team

pytestmark = pytest.mark.frameworks


@pytest.mark.parametrize("client", CLIENTS)
def test_each_call_counts_once_for_its_agent(team: Team, client: str) -> None:
    """An agent's own span sums its calls up, which is added to nothing."""
    team.work("agent-framework", *CLIENTS[client])

    assert [] == team.faults()
