"""Whom a call is for: the attribute names that tell user, team, agent and the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from spancost import semconv
from spancost.calls.plain import plain
from spancost.calls.read import Attributes
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
        "ai.telemetry.functionId",
        "traceloop.association.properties.lc_agent_name",
        "langsmith.metadata.lc_agent_name",
        "metadata#lc_agent_name",
        "langfuse.observation.metadata.lc_agent_name#",
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


@dataclass(frozen=True, slots=True)
class Who:
    """The attribution keys that are asked for, and how to read them from one span's attributes."""

    keys: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    """For each key its attribute names, best first."""
    texts: tuple[tuple[tuple[str, str], ...], ...]
    """For each key the attributes that hold JSON, with its key in there."""
    spoken: tuple[frozenset[str], ...]
    """For each key all attributes that tell of it: most spans have none of most."""
    every_name: frozenset[str]
    written: tuple[str, ...]
    """For each key the one name that what was told of it is kept under."""

    @classmethod
    def of(cls, keys: tuple[str, ...], more: Mapping[str, tuple[str, ...]] | None = None) -> Who:
        """Return the reader of these keys; `more` puts a user's attribute names before ours."""
        added = more or {}
        ours = [NAMES.get(key, (key,)) for key in keys]
        names = tuple(
            (*added.get(key, ()), *(name for name in each if "#" not in name or key not in NAMES))
            for key, each in zip(keys, ours, strict=True)
        )
        texts = tuple(
            tuple(
                (text, part) for text, _, part in (name.partition("#") for name in each if "#" in name and key in NAMES)
            )
            for key, each in zip(keys, ours, strict=True)
        )
        spoken = tuple(
            frozenset((*group, *(text for text, _ in inside))) for group, inside in zip(names, texts, strict=True)
        )
        every_name = frozenset[str]().union(*spoken)
        written = tuple(WRITTEN_AS.get(key, group[0]) for key, group in zip(keys, names, strict=True))
        return cls(keys, names, texts, spoken, every_name, written)

    def fill(self, values: list[str | None], attributes: Attributes) -> bool:
        """Put what these attributes tell into the places still empty; tell whether all are full."""
        if not self.every_name.isdisjoint(attributes):
            for place, names in enumerate(self.spoken):
                if values[place] is None and not names.isdisjoint(attributes):
                    values[place] = self._told(place, attributes)
        return None not in values

    def told(self, attributes: Attributes) -> dict[str, str] | None:
        """Return what these attributes tell, each under one name of its key; None where they tell nothing."""
        if self.every_name.isdisjoint(attributes):
            return None
        kept: dict[str, str] = {}
        for place, names in enumerate(self.spoken):
            if not names.isdisjoint(attributes) and (value := self._told(place, attributes)) is not None:
                kept[self.written[place]] = value
        return kept or None

    def _told(self, place: int, attributes: Attributes) -> str | None:
        for name in self.names[place]:
            told = attributes.get(name)
            if told is not None and (label := as_label(told)) not in _NOBODY:
                return label
        for text, part in self.texts[place]:
            told = _parsed(attributes.get(text)).get(part) if part else _unquoted(attributes.get(text))
            if told is not None and (label := as_label(told)) not in _NOBODY:
                return label
        return None


def _parsed(text: object) -> Mapping[str, object]:
    """Return the object that a JSON text holds; empty where it holds none, or isn't a text that can be read."""
    if type(text) is not str or not text.startswith("{") or len(text) > _LONGEST_TEXT:
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        leave_to_host(fault)
        return {}


def _unquoted(text: object) -> object:
    """Return what a JSON text of one string says, anything else as it is."""
    if type(text) is not str or not text.startswith('"') or len(text) > _LONGEST_TEXT:
        return text
    try:
        return json.loads(text)
    except ValueError as fault:
        leave_to_host(fault)
        return text
