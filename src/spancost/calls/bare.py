"""Spans of the bare request, and the spans around them that a library has written over.

Inside another's span LiteLLM's first callback makes none of its own. What it has to say of a call it writes on that
span, over what it said of the call before, and below it comes a span of the request and its answer as they were: an
attribute for each of their keys, `llm.<provider>.<key>`, as Python writes it where it isn't plain.
https://github.com/BerriAI/litellm/blob/main/litellm/integrations/opentelemetry.py
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from spancost.calls.dialects import EMITTERS, Emitter, Field, Kind
from spancost.calls.kinds import kind_at_start
from spancost.calls.plain import plain
from spancost.calls.shapes import SPELLINGS
from spancost.faults import leave_to_host

if TYPE_CHECKING:
    from spancost.calls.read import Attributes

__all__ = [
    "MARK",
    "WRITER",
    "answer_of",
    "is_bare_request",
    "is_of_answer",
    "is_usage_of_answer",
    "kind_beneath",
    "was_kept",
]

WRITER: Final[Emitter] = next(each for each in EMITTERS.values() if each.overwrites)
"""Whose spans may be those of bare requests."""

MARK: Final = WRITER.overwrites
"""A call with this attribute, on a span of anybody else, was written over it."""

_NAME: Final = "raw_gen_ai_request"
"""Of streams no more is told than a request, of Claude's not even that."""

_AS_TEXT: Final = "stringified_raw_response"
"""An answer that is no JSON: one that came so, or one that the library had kept, of which nothing else is told."""

_AS_KEPT: Final = re.compile(r"\{'|\w+Response\(")
"""How Python writes such an answer: a dict, or an object of the library's own."""

_USAGE: Final = frozenset({"usage", "usageMetadata"})
_KEYS: Final = _USAGE | {_AS_TEXT, "id", "model", "object", "responseId", "modelVersion"}
"""What is read of an answer: of OpenAI, Anthropic and their like, of Bedrock and Google."""

_FIRST: Final = "llm."
_UNTOLD: Final = "None"
"""What Python calls the provider of Responses and embeddings, which LiteLLM doesn't tell."""

_LONGEST: Final = 8_192
"""Characters of a usage that is read."""

_Path = tuple[str, ...]

_COUNTS: Final[Mapping[int, tuple[_Path, ...]]] = {
    Field.INPUT: (("prompt_tokens",), ("input_tokens",), ("inputTokens",), ("promptTokenCount",)),
    Field.OUTPUT: (("completion_tokens",), ("output_tokens",), ("outputTokens",), ("candidatesTokenCount",)),
    Field.CACHE_READ: (
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("cache_read_input_tokens",),
        ("cacheReadInputTokens",),
        ("cachedContentTokenCount",),
    ),
    Field.CACHE_WRITE: (("cache_creation_input_tokens",), ("cacheWriteInputTokens",)),
    Field.CACHE_WRITE_1H: (("cache_creation", "ephemeral_1h_input_tokens"),),
    Field.REASONING: (
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
        ("thoughtsTokenCount",),
    ),
}
_BESIDE_INPUT: Final = (
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cacheReadInputTokens",
    "cacheWriteInputTokens",
)
"""Keys of those that tell the input without what came from a cache or went into one."""
_BESIDE_OUTPUT: Final = "thoughtsTokenCount"

_TOLD_OVER: Final = frozenset({"gen_ai.operation.name", "llm.request.type"})
_BY_NAME: Final = (
    (("gen_ai.tool.name",), "execute_tool", Kind.TOOL),
    (("gen_ai.agent.name", "gen_ai.agent.id", "agent.name"), "invoke_agent", Kind.AGENT),
    (("gen_ai.workflow.name",), "invoke_workflow", Kind.WORKFLOW),
)
"""By what a span is known that can't say any more what it is: attributes that nobody wrote over, and its name."""


def kind_beneath(name: str, attributes: Attributes) -> str | None:
    """Return the Kind of a span that was written over, None where nothing is left that says it."""
    kind = kind_at_start({key: told for key, told in tuple(attributes.items()) if key not in _TOLD_OVER})
    if kind not in (None, Kind.CALL):
        return kind
    for names, first, its_kind in _BY_NAME:
        if name.startswith(first) or not attributes.keys().isdisjoint(names):
            return its_kind
    return None


def is_bare_request(name: str, attributes: Attributes) -> bool:
    """Tell whether a span of the WRITER's, that says nothing else of itself, is that of a bare request."""
    return name == _NAME or any(is_of_answer(each) for each in tuple(attributes))


def was_kept(attributes: Attributes) -> bool:
    """Tell whether a bare request was none: the library gave an answer again that it had kept."""
    told = _answer(attributes)
    text = plain(told.pop(_AS_TEXT, None))
    return not told and type(text) is str and _AS_KEPT.match(text) is not None


def is_of_answer(name: object) -> bool:
    """Tell whether an attribute is one that is read of an answer."""
    return type(name) is str and name.startswith(_FIRST) and name.rpartition(".")[2] in _KEYS and name.count(".") == 2


def is_usage_of_answer(name: str) -> bool:
    """Tell whether an attribute is the one that is read of an answer whose text may be long."""
    return is_of_answer(name) and name.rpartition(".")[2] in _USAGE


def answer_of(attributes: Attributes) -> dict[str, Any]:
    """Return what the span of a bare request tells, as the conventions would have it."""
    answer = _answer(attributes)
    provider = next((name.split(".")[1] for name in tuple(attributes) if name.startswith(_FIRST)), _UNTOLD)
    told: dict[int, Any] = {
        Field.OPERATION: "embeddings" if answer.get("object") == "list" else "chat",
        Field.PROVIDER: None if provider == _UNTOLD else provider,
        Field.RESPONSE_MODEL: plain(answer.get("model") or answer.get("modelVersion")),
        Field.RESPONSE_ID: plain(answer.get("id") or answer.get("responseId")),
        **_counts(_parsed(answer.get("usage") or answer.get("usageMetadata"))),
    }
    return {SPELLINGS[field][0]: value for field, value in told.items() if value is not None}


def _answer(attributes: Attributes) -> dict[str, Any]:
    """Return what is read of an answer, by its own keys."""
    return {name.rpartition(".")[2]: value for name, value in tuple(attributes.items()) if is_of_answer(name)}


def _parsed(text: object) -> dict[str, Any]:
    """Return a usage as Python wrote it, nothing where it can't be read."""
    if type(text) is not str or len(text) > _LONGEST:
        return {}
    try:
        told: object = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as fault:
        leave_to_host(fault)
        return {}
    return cast("dict[str, Any]", told) if type(told) is dict else {}


def _counts(usage: Mapping[str, Any]) -> dict[int, Any]:
    counts: dict[int, Any] = {}
    for field, paths in _COUNTS.items():
        for path in paths:
            if (count := _at(path, usage)) is not None:
                counts[field] = count
                break
    parts = [count for key in _BESIDE_INPUT if type(count := usage.get(key)) is int]
    if type(counts.get(Field.INPUT)) is int:
        counts[Field.INPUT] += sum(parts)
    if type(beside := usage.get(_BESIDE_OUTPUT)) is int and type(counts.get(Field.OUTPUT)) is int:
        counts[Field.OUTPUT] += beside
    return counts


def _at(path: _Path, usage: Mapping[str, Any]) -> Any:
    found: Any = usage
    for key in path:
        found = cast("dict[str, Any]", found).get(key) if type(found) is dict else None
    return found
