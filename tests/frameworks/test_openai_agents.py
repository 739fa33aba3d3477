"""openai-agents, whose tracing goes to its maker: three instrumentations, over Responses and chat completions."""

from __future__ import annotations

import pytest
from frameworks.team import CLIENTS, Team, Told

pytestmark = pytest.mark.frameworks

_GENAI = "opentelemetry-instrumentation-genai-openai-agents"
_OPENINFERENCE = "openinference-instrumentation-openai-agents"
_TRACELOOP = "opentelemetry-instrumentation-openai-agents"


@pytest.mark.parametrize(
    ("agents", "client"),
    [
        (_GENAI, "genai"),
        (_OPENINFERENCE, "genai"),
        (_OPENINFERENCE, "traceloop"),
        (_TRACELOOP, "genai"),
        (_TRACELOOP, "traceloop"),
    ],
)
def test_each_call_counts_once_for_its_agent(team: Team, agents: str, client: str) -> None:
    """Whichever tells of the agents, and whichever of their client."""
    team.work("openai-agents", agents, *CLIENTS[client])

    assert [] == team.faults()


@pytest.mark.parametrize("agents", [_OPENINFERENCE, _TRACELOOP])
def test_a_stream_that_its_client_told_nothing_of_is_known_from_the_agents(team: Team, agents: str) -> None:
    """OpenInference ends its span of a raw stream when it begins; the framework's tells the usage of the same call."""
    team.work("openai-agents", agents, *CLIENTS["openinference"])

    assert [] == team.faults(Told(corrected=["announcer"]))


def test_the_same_stream_is_unpriced_where_nobody_else_tells_of_it(team: Team) -> None:
    """The remedy is the other instrumentation of the client: opentelemetry-instrumentation-genai-openai."""
    team.work("openai-agents", _GENAI, *CLIENTS["openinference"])

    assert [] == team.faults(Told(silent=["announcer"]))


def test_agents_alone_tell_of_no_call(team: Team) -> None:
    """The official instrumentation leaves calls to the client's: opentelemetry-instrumentation-genai-openai."""
    team.work("openai-agents", _GENAI)

    assert [] == team.faults(Told(unseen=["coordinator", "researcher", "writer", "announcer"]))


def test_chat_completions_are_unpriced_where_traceloop_tells_of_agents_alone(team: Team) -> None:
    """Its spans of them have no usage, those of Responses do: an instrumentation of the client is the remedy."""
    team.work("openai-agents", _TRACELOOP)

    assert [] == team.faults(Told(silent=["researcher"]))


def test_chat_completions_are_told_without_their_cache_where_openinference_tells_of_agents_alone(team: Team) -> None:
    """The framework's own trace leaves it out, so they cost too much: an instrumentation of the client is the remedy."""
    team.work("openai-agents", _OPENINFERENCE)

    assert [] == team.faults(Told(misread=["researcher"]))
