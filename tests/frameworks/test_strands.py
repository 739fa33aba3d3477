"""Strands, which tells of its own calls, all of them streamed: over chat completions and Claude."""

from __future__ import annotations

import pytest
from frameworks.team import CLIENTS, Team, Told

pytestmark = pytest.mark.frameworks


@pytest.mark.parametrize("client", ["alone", "genai", "openinference"])
def test_each_call_counts_once_for_its_agent(team: Team, client: str) -> None:
    """What an agent's own span sums up over its lifetime is added to nothing."""
    team.work("strands", *CLIENTS[client])

    assert [] == team.faults()


def test_a_stream_that_traceloop_counts_a_token_too_high_is_corrected(team: Team) -> None:
    """Its span of a stream of Claude ends first, and with the output of its first event added to all of it."""
    team.work("strands", *CLIENTS["traceloop"])

    assert [] == team.faults(Told(corrected=["writer", "translator"]))
