"""Whose calls an agent's span tells of: this process's, another service's, or a provider's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from strategies import attribute_values

from spancost.calls.elsewhere import asked_at, is_counted_elsewhere


@pytest.mark.parametrize(
    "address", ["agents.example.com", "127.0.0.1", "localhost:8001", "research", "10.0.0.7", "::1", "https://research/"]
)
def test_an_agent_at_an_address_is_counted_there(address: str) -> None:
    """Whatever the address is, as long as it is no provider's."""
    assert is_counted_elsewhere({"gen_ai.operation.name": "invoke_agent", "server.address": address})


def test_so_is_one_that_was_asked_by_the_agents_protocol() -> None:
    """A2A is spoken between services."""
    assert is_counted_elsewhere({"a2a.method.name": "SendMessage"})


@pytest.mark.parametrize(
    "address",
    [
        "api.openai.com",
        "eu.api.openai.com:443",
        "https://api.openai.com/v1/",
        "Ours.OpenAI.Azure.com",
        "ours.services.ai.azure.com",
        "ours.openai.azure.us",
        "ours.openai.azure.cn",
        "bedrock-agent-runtime.cn-north-1.amazonaws.com.cn",
        "http://api.openai.com",
        "api.openai.com.",
        "vpce-1.bedrock-agent-runtime.us-east-1.vpce.amazonaws.com",
        "europe-west1-aiplatform.googleapis.com",
        "bedrock-agent-runtime.us-east-1.amazonaws.com",
        "bedrock-agent-runtime-fips.us-east-1.amazonaws.com",
    ],
)
def test_one_that_a_provider_runs_is_counted_by_nobody_else(address: str) -> None:
    """Its calls are out of sight: what the span says is all there is."""
    assert not is_counted_elsewhere({"server.address": address, "a2a.method.name": "SendMessage"})


@pytest.mark.parametrize("address", ["notopenai.com", "openai.com.example.org", "lb.eu.elb.amazonaws.com"])
def test_a_name_like_a_provider_s_is_not_a_provider_s(address: str) -> None:
    """One's own service may run on a provider's machines, or be called after it."""
    assert is_counted_elsewhere({"server.address": address})


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://ada:secret@agents.example.com:8443/v1?key=secret", "agents.example.com"),
        ("agents.example.com.", "agents.example.com"),
        ("localhost:8001", "localhost"),
        ("fe80::1", "fe80::1"),
        ("[fe80::1]:8001", "[fe80::1]:8001"),
        ("a" * 999, "a" * 255),
        (7, ""),
        ("", ""),
    ],
)
def test_of_an_address_the_host_is_told(address: object, host: str) -> None:
    """No secret that stands beside it."""
    assert host == asked_at({"server.address": address})


def test_an_agent_without_an_address_is_here() -> None:
    """So are agents of frameworks, whatever kind their spans have."""
    assert not is_counted_elsewhere({"gen_ai.operation.name": "invoke_agent", "server.port": 80})
    assert not is_counted_elsewhere({"server.address": ""})


@given(attribute_values())
def test_anything_may_stand_for_an_address(address: Any) -> None:
    """The SDK takes anything."""
    assert is_counted_elsewhere({"server.address": address}) in (True, False)
