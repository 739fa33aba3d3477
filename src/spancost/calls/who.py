"""Whom a call is for: the attribute names that tell user, team, agent and the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from spancost import semconv
from spancost.calls.plain import plain
from spancost.calls.read import Attributes
from spancost.calls.shapes import remember
from spancost.faults import leave_to_host

__all__ = ["EVIDENCE", "LONGEST", "NAMES", "NONE", "WRITTEN_AS", "Who", "as_label"]

NONE: Final = "(none)"
"""The group of charges that nothing tells this of."""

LONGEST: Final = 256
"""Characters kept of a value: it becomes a metric attribute."""

EVIDENCE: Final = ("user", "team", "tenant")
"""Attribution keys whose values tell two calls apart, whether or not anybody asks for them. The session is none: a
library and a provider may name one conversation differently."""

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "agent": (
        # CrewAI's `gen_ai.agent.name` is a hash.
        "crewai.agent.role",
        "gen_ai.agent.name",
        "agent.name",
        "neatlogs.agent.name",
        "ai.telemetry.functionId",
        "traceloop.association.properties.lc_agent_name",
        "netra.association.properties.lc_agent_name",
        "lc_agent_name",
        "langsmith.metadata.lc_agent_name",
        "metadata#lc_agent_name",
        "langfuse.observation.metadata.lc_agent_name#",
        "langchain.metadata#lc_agent_name",
        "openai.agents.turn.agent_name",
    ),
    "workflow": ("gen_ai.workflow.name", "traceloop.workflow.name"),
    "user": (
        "user.id",
        "enduser.id",
        "enduser.pseudo.id",
        "gen_ai.user",
        "gen_ai.request.user",
        "llm.user",
        "ai.telemetry.metadata.userId",
        "traceloop.association.properties.user_id",
        "langsmith.metadata.user_id",
        "litellm.end_user.id",
        "metadata.user_api_key_end_user_id",
        "metadata#user_id",
    ),
    "session": (
        "gen_ai.conversation.id",
        "session.id",
        "neatlogs.session.id",
        "ai.telemetry.metadata.sessionId",
        "spring.ai.chat.client.conversation.id",
        # LangSmith's own `langsmith.trace.session_id` is what it calls a project.
        "langsmith.metadata.session_id",
        "langsmith.metadata.thread_id",
        "traceloop.association.properties.session_id",
        "metadata#session_id",
    ),
    "team": ("spancost.team", "litellm.team.id", "metadata.user_api_key_team_id", "service.instance.cost_center.id"),
    "tenant": ("spancost.tenant", "tenant.id"),
    "tool": ("gen_ai.tool.name", "tool.name", "ai.toolCall.name", "spring.ai.tool.definition.name"),
    "service": ("service.name",),
}
"""Attribution key -> attribute names, best first; any other key is an attribute's own name.

`metadata#user_id` is the `user_id` in the JSON text of `metadata`, where OpenInference's spans of LangChain have it;
with nothing behind the `#` the text itself is the value, with JSON's quotes around it, as Langfuse writes them.
"""

_NOBODY: Final = ("", "None")
"""What instrumentations write of somebody they don't know."""

_LONGEST_TEXT: Final = 65_536
"""Characters of a JSON text that is read."""

WRITTEN_AS: Final[Mapping[str, str]] = {
    "agent": semconv.GEN_AI_AGENT_NAME,
    "workflow": semconv.GEN_AI_WORKFLOW_NAME,
    "user": semconv.USER_ID,
    "session": semconv.SESSION_ID,
    "team": semconv.TEAM,
    "tenant": semconv.TENANT,
    "tool": "gen_ai.tool.name",
    "service": "service.name",
}
"""Attribution key -> the one attribute we write it as, in baggage and on metrics."""


def as_label(told: object) -> str:
    """Return what a span tells as a label that can leave: bounded, and without the lone surrogates OTLP can't carry.

    Empty where it is nothing that a span can tell.
    """
    if type(told) is not str:
        known = plain(told)
        told = "" if known is None else str(known)
    text = told[:LONGEST]
    return text if text.isascii() else text.encode(errors="replace").decode()


_Said = tuple[tuple[int, tuple[str, ...], tuple[tuple[str, str], ...]], ...]
"""The places of the keys that a span tells of, each with the attributes that do, best first, and the texts."""


@dataclass(frozen=True, slots=True)
class Who:
    """The attribution keys that are asked for, and how to read them from one span's attributes."""

    keys: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    """For each key its attribute names, best first."""
    texts: tuple[tuple[tuple[str, str], ...], ...]
    """For each key the attributes that hold JSON, with its key in there."""
    every_name: frozenset[str]
    written: tuple[str, ...]
    """For each key the one name that what was told of it is kept under."""
    _said: dict[tuple[str, ...], _Said] = field(
        default_factory=dict[tuple[str, ...], _Said], init=False, repr=False, compare=False
    )
    """Names of a span's attributes -> which of them tell what: an instrumentation writes the same on every call."""

    @classmethod
    def of(cls, keys: tuple[str, ...], more: Mapping[str, tuple[str, ...]] | None = None) -> Who:
        """Return the reader of these keys; `more` puts a user's attribute names before ours."""
        return _who(keys, tuple((more or {}).items()))

    def fill(self, values: list[str | None], attributes: Attributes) -> bool:
        """Put what these attributes tell into the places still empty; tell whether all are full."""
        if not self.every_name.isdisjoint(attributes):
            for place, names, texts in self._telling(attributes):
                if values[place] is None:
                    values[place] = _told(names, texts, attributes)
        return None not in values

    def told(self, attributes: Attributes) -> dict[str, str] | None:
        """Return what these attributes tell, each under one name of its key; None where they tell nothing."""
        if self.every_name.isdisjoint(attributes):
            return None
        kept: dict[str, str] = {}
        for place, names, texts in self._telling(attributes):
            if (value := _told(names, texts, attributes)) is not None:
                kept[self.written[place]] = value
        return kept or None

    def _telling(self, attributes: Attributes) -> _Said:
        shape = tuple(attributes)
        said = self._said.get(shape)
        return remember(self._said, shape, self._learned(frozenset(shape))) if said is None else said

    def _learned(self, told: frozenset[str]) -> _Said:
        groups = enumerate(zip(self.names, self.texts, strict=True))
        said = [
            (place, tuple([name for name in names if name in told]), tuple([each for each in texts if each[0] in told]))
            for place, (names, texts) in groups
        ]
        return tuple([each for each in said if each[1] or each[2]])


# One for all engines that ask for the same: what it has learned weighs more than all else of an engine.
@lru_cache(maxsize=16)
def _who(keys: tuple[str, ...], more: tuple[tuple[str, tuple[str, ...]], ...]) -> Who:
    added = dict(more)
    ours = [NAMES.get(key, (key,)) for key in keys]
    names = tuple(
        (*added.get(key, ()), *(name for name in each if "#" not in name or key not in NAMES))
        for key, each in zip(keys, ours, strict=True)
    )
    texts = tuple(
        tuple((text, part) for text, _, part in (name.partition("#") for name in each if "#" in name and key in NAMES))
        for key, each in zip(keys, ours, strict=True)
    )
    every_name = frozenset[str]().union(*names, *({text for text, _ in inside} for inside in texts))
    written = tuple(WRITTEN_AS.get(key, group[0]) for key, group in zip(keys, names, strict=True))
    return Who(keys, names, texts, every_name, written)


def _told(names: tuple[str, ...], texts: tuple[tuple[str, str], ...], attributes: Attributes) -> str | None:
    for name in names:
        told = attributes.get(name)
        if told is not None and (label := as_label(told)) not in _NOBODY:
            return label
    for text, part in texts:
        told = attributes.get(text)
        if type(told) is str and len(told) <= _LONGEST_TEXT:
            told = _parsed(told).get(part) if part else _unquoted(told)
        elif part:
            continue
        if told is not None and (label := as_label(told)) not in _NOBODY:
            return label
    return None


# One text is asked for several keys, by several spans of a run.
@lru_cache(maxsize=8)
def _parsed(text: str) -> Mapping[str, object]:
    """Return the object that a JSON text holds; empty where it holds none, or can't be read."""
    if not text.startswith("{"):
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        leave_to_host(fault)
        return {}


def _unquoted(text: str) -> object:
    """Return what a JSON text of one string says, anything else as it is."""
    if not text.startswith('"'):
        return text
    try:
        return json.loads(text)
    except ValueError as fault:
        leave_to_host(fault)
        return text
