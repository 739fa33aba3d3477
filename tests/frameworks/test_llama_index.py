"""LlamaIndex: three instrumentations, over chat completions, Responses and Claude.

Its agents stream unless told otherwise, and ask for no usage of a chat completion, so the announcer's is unpriced
wherever it is told of; the remedy is `OpenAI(..., additional_kwargs={"stream_options": {"include_usage": True}})`.
"""

from __future__ import annotations

import pytest
from frameworks.team import CLIENTS, Team, Told

pytestmark = pytest.mark.frameworks

_GENAI = "opentelemetry-instrumentation-genai-llama-index"
_TRACELOOP = "opentelemetry-instrumentation-llamaindex"
_OPENINFERENCE = "openinference-instrumentation-llama-index"


def test_each_call_counts_once_for_its_agent(team: Team) -> None:
    """The official instrumentation tells of agents, that of the clients of calls."""
    team.work("llama-index", _GENAI, *CLIENTS["genai"])

    assert [] == team.faults()


def test_agents_alone_tell_of_no_call(team: Team) -> None:
    """Calls need an instrumentation of the client, such as opentelemetry-instrumentation-genai-openai."""
    team.work("llama-index", _GENAI)

    assert [] == team.faults(Told(unseen=["coordinator", "researcher", "writer", "announcer", "translator"]))


def test_claude_s_calls_are_unseen_where_openinference_is_too_new_for_its_library(team: Team) -> None:
    """It asks for a library of Anthropic's that LlamaIndex can't use; the remedy is the official instrumentation."""
    team.work("llama-index", _GENAI, *CLIENTS["openinference"])

    assert [] == team.faults(Told(unseen=["writer", "translator"]))


def test_a_stream_costs_a_token_too_much_where_only_traceloop_tells_of_it(team: Team) -> None:
    """Its output has that of the stream's first event added; the remedy is the official instrumentation."""
    team.work("llama-index", _GENAI, *CLIENTS["traceloop"])

    assert [] == team.faults(Told(misread=["translator"]))


def test_calls_count_once_where_traceloop_tells_of_agents_without_their_names(team: Team) -> None:
    """Its spans of workflows are owners, called by their classes."""
    team.work("llama-index", _TRACELOOP, *CLIENTS["genai"])

    assert [] == team.faults(Told(nameless=True))


def test_traceloop_alone_misses_chat_completions_and_what_was_cached(team: Team) -> None:
    """It tells of Responses without cached tokens, of Claude's stream without its model, of chat completions nothing.

    The remedy is an instrumentation of the client.
    """
    team.work("llama-index", _TRACELOOP)

    told = Told(unseen=["researcher", "announcer"], misread=["coordinator"], silent=["translator"], nameless=True)
    assert [] == team.faults(told)


@pytest.mark.parametrize(
    ("client", "told"),
    [
        # Of what Responses have cached it tells nothing.
        ("alone", Told(misread=["coordinator"], nameless=True)),
        ("genai", Told(nameless=True)),
        ("openinference", Told(nameless=True)),
        # Of a stream it tells one token too much, and ends first.
        ("traceloop", Told(corrected=["translator"], nameless=True)),
    ],
)
def test_calls_count_once_where_openinference_tells_of_agents_without_their_names(
    team: Team, client: str, told: Told
) -> None:
    """Its spans of agents are chains; it tells of each call itself, too."""
    team.work("llama-index", _OPENINFERENCE, *CLIENTS[client], versions="llama-index-openinference")

    assert [] == team.faults(told)
