"""The attribute names that each family of instrumentations writes, as tables.

A dialect is data: which operations it names and, for each field of a call, the attribute names that
hold it, best first. Adding a dialect is adding a table and a recording that proves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["DIALECTS", "GEN_AI", "Dialect", "Field", "Kind"]


class Kind:
    """What a span stands for; bare strings, compared by identity of meaning on the hot path."""

    CALL: Final = "call"
    """One request to a model: what is billed."""
    AGENT: Final = "agent"
    WORKFLOW: Final = "workflow"
    TOOL: Final = "tool"
    OTHER: Final = "other"
    """Known not to be any of these, whatever usage it repeats."""
    ROOT: Final = "root"
    """The local root of a trace that is nothing else."""


class Field:
    """Places in the row that a span's attributes are read into; token counts first, in the order of Usage."""

    INPUT: Final = 0
    OUTPUT: Final = 1
    CACHE_READ: Final = 2
    CACHE_WRITE: Final = 3
    CACHE_WRITE_1H: Final = 4
    REASONING: Final = 5
    AUDIO_INPUT: Final = 6
    AUDIO_OUTPUT: Final = 7
    AUDIO_CACHE_READ: Final = 8
    TOKENS: Final = 9
    """How many of the fields are token counts."""
    OPERATION: Final = 9
    PROVIDER: Final = 10
    RESPONSE_MODEL: Final = 11
    REQUEST_MODEL: Final = 12
    RESPONSE_ID: Final = 13
    COST: Final = 14
    COST_CURRENCY: Final = 15
    COST_SOURCE: Final = 16
    LIST_COST: Final = 17
    COUNT: Final = 18


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one family of instrumentations spells a call."""

    name: str
    markers: frozenset[str]
    """A span with none of these attributes is not of this dialect."""
    operations: Mapping[str, str]
    """Value of the operation attribute -> Kind; a value not listed is a call if it tells usage."""
    fields: Mapping[int, tuple[str, ...]]
    """Field -> attribute names, best first."""


GEN_AI: Final = Dialect(
    name="gen_ai",
    # Semantic conventions for generative AI in all published spellings, from v1.25 (`gen_ai.system`,
    # `prompt_tokens`) to semantic-conventions-genai 0.1.0 (`gen_ai.provider.name`, `cache_write`).
    markers=frozenset({"gen_ai.operation.name", "gen_ai.request.model", "gen_ai.response.model"}),
    operations={
        "chat": Kind.CALL,
        "generate_content": Kind.CALL,
        "text_completion": Kind.CALL,
        "embeddings": Kind.CALL,
        "plan": Kind.CALL,
        "invoke_agent": Kind.AGENT,
        "invoke_workflow": Kind.WORKFLOW,
        "execute_tool": Kind.TOOL,
        "create_agent": Kind.OTHER,
        "retrieval": Kind.OTHER,
        # "Instrumentations SHOULD NOT report token usage" for it: the response was billed when it was made.
        "fetch_response": Kind.OTHER,
        "search_memory": Kind.OTHER,
        "create_memory": Kind.OTHER,
        "update_memory": Kind.OTHER,
        "upsert_memory": Kind.OTHER,
        "delete_memory": Kind.OTHER,
        "create_memory_store": Kind.OTHER,
        "delete_memory_store": Kind.OTHER,
    },
    fields={
        Field.OPERATION: ("gen_ai.operation.name",),
        Field.PROVIDER: ("gen_ai.provider.name", "gen_ai.system"),
        Field.RESPONSE_MODEL: ("gen_ai.response.model",),
        Field.REQUEST_MODEL: ("gen_ai.request.model",),
        Field.RESPONSE_ID: ("gen_ai.response.id",),
        Field.INPUT: ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        Field.OUTPUT: ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        Field.CACHE_READ: ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        Field.CACHE_WRITE: (
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.cache_write_input_tokens",
        ),
        # No convention splits cache writes by time to live; these two emitters do.
        Field.CACHE_WRITE_1H: (
            "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
            "gen_ai.usage.details.ephemeral_1h_input_tokens",
        ),
        Field.REASONING: (
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.details.reasoning_tokens",
            "gen_ai.usage.details.thoughts_tokens",
        ),
        Field.AUDIO_INPUT: ("gen_ai.usage.audio.input_tokens",),
        Field.AUDIO_OUTPUT: ("gen_ai.usage.audio.output_tokens",),
        Field.AUDIO_CACHE_READ: ("gen_ai.usage.audio.cache_read.input_tokens",),
        # semantic-conventions-genai PR #443.
        Field.COST: ("gen_ai.usage.cost.amount",),
        Field.COST_CURRENCY: ("gen_ai.usage.cost.currency",),
        Field.COST_SOURCE: ("gen_ai.usage.cost.source",),
        # Computed by a library from a price list of its own: used only where we have no price.
        Field.LIST_COST: ("operation.cost",),
    },
)

DIALECTS: Final = (GEN_AI,)
"""Every dialect that is read, in the order in which their names for one field are preferred."""
