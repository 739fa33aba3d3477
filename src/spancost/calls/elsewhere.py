"""Agents that run in another service: what their spans say they used is counted there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from spancost.calls.plain import plain

if TYPE_CHECKING:
    from spancost.calls.read import Attributes

__all__ = ["WHERE", "asked_at", "is_counted_elsewhere"]

_ADDRESS: Final = "server.address"
"""Where an agent was asked; the conventions know it of remote agents alone, and their own library writes it so."""

_PROTOCOL: Final = "a2a.method.name"

WHERE: Final = frozenset({_ADDRESS, _PROTOCOL})

_LONGEST: Final = 255
"""Characters of a host's name."""

_PROVIDERS: Final = re.compile(
    r"(?:.+\.)?(?:openai\.com|(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)|anthropic\.com|mistral\.ai|x\.ai"
    r"|openrouter\.ai|groq\.com|cohere\.(?:ai|com)|perplexity\.ai|deepseek\.com|aliyuncs\.com"
    r"|(?:generativelanguage|[\w-]*aiplatform)\.googleapis\.com)"
    r"|(?:.+\.)?bedrock-agent-runtime[\w.-]*\.amazonaws\.com(?:\.cn)?",
    re.IGNORECASE,
)
"""Hosts at which providers run agents themselves, out of sight. Those that run one's own code are not among them."""


def asked_at(attributes: Attributes) -> str:
    """Return the host at which an agent was asked, nothing where its span doesn't tell.

    Of an address that is a whole URL no more than that: what else stands in it may be a secret.
    """
    address = plain(attributes.get(_ADDRESS))
    if type(address) is not str:
        return ""
    place = address.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    # One with several colons is a number of IPv6.
    host = place if place.count(":") > 1 else place.partition(":")[0]
    return host.removesuffix(".")[:_LONGEST]


def is_counted_elsewhere(attributes: Attributes) -> bool:
    """Tell whether an agent's span stands for an agent in another service, whose calls are seen there.

    Of an agent that a model's provider runs nobody sees the calls: what its span says is all there is.
    """
    if host := asked_at(attributes):
        return _PROVIDERS.fullmatch(host) is None
    return _PROTOCOL in attributes
