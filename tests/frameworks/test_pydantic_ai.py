"""pydantic-ai, whose own telemetry spancost switches on: over chat completions, Responses and Claude."""

from __future__ import annotations

import pytest
from frameworks.team import CLIENTS, Team

pytestmark = pytest.mark.frameworks


@pytest.mark.parametrize("client", CLIENTS)
def test_each_call_counts_once_for_its_agent(team: Team, client: str) -> None:
    """Up to three layers tell of a call: the framework, an instrumentation of its client, Anthropic's own library."""
    team.work("pydantic-ai", *CLIENTS[client])

    assert [] == team.faults()
