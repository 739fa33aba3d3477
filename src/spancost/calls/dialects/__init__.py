"""The attribute names that each family of instrumentations writes, a table each."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.adk import ADK
from spancost.calls.dialects.ag2 import AG2
from spancost.calls.dialects.agent_framework import AGENT_FRAMEWORK
from spancost.calls.dialects.agentops import AGENTOPS
from spancost.calls.dialects.agentscope import AGENTSCOPE
from spancost.calls.dialects.anthropic import ANTHROPIC
from spancost.calls.dialects.autogen import AUTOGEN
from spancost.calls.dialects.bedrock import BEDROCK
from spancost.calls.dialects.claude_code import CLAUDE_CODE
from spancost.calls.dialects.crewai import CREWAI
from spancost.calls.dialects.gen_ai import GEN_AI
from spancost.calls.dialects.genkit import GENKIT
from spancost.calls.dialects.haystack import HAYSTACK
from spancost.calls.dialects.judgeval import JUDGEVAL
from spancost.calls.dialects.laminar import LAMINAR
from spancost.calls.dialects.langfuse import LANGFUSE
from spancost.calls.dialects.langsmith import LANGSMITH
from spancost.calls.dialects.langtrace import LANGTRACE
from spancost.calls.dialects.langwatch import LANGWATCH
from spancost.calls.dialects.litellm import LITELLM
from spancost.calls.dialects.livekit import LIVEKIT
from spancost.calls.dialects.logfire import LOGFIRE
from spancost.calls.dialects.mastra import MASTRA
from spancost.calls.dialects.mistral import MISTRAL
from spancost.calls.dialects.mlflow import MLFLOW
from spancost.calls.dialects.neatlogs import NEATLOGS
from spancost.calls.dialects.openinference import OPENINFERENCE
from spancost.calls.dialects.openlit import OPENLIT
from spancost.calls.dialects.pipecat import PIPECAT
from spancost.calls.dialects.pydantic_ai import PYDANTIC_AI
from spancost.calls.dialects.semantic_kernel import SEMANTIC_KERNEL
from spancost.calls.dialects.spring_ai import SPRING_AI
from spancost.calls.dialects.strands import STRANDS
from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind, Layer, Trust
from spancost.calls.dialects.traceai import TRACEAI
from spancost.calls.dialects.traceloop import TRACELOOP
from spancost.calls.dialects.vercel import VERCEL

__all__ = [
    "ANYBODY",
    "DIALECTS",
    "EMITTERS",
    "GEN_AI",
    "Dialect",
    "Emitter",
    "Field",
    "Kind",
    "Layer",
    "Trust",
    "emitter_of",
]

DIALECTS: Final = (
    GEN_AI,
    ANTHROPIC,
    CLAUDE_CODE,
    MISTRAL,
    PYDANTIC_AI,
    STRANDS,
    ADK,
    BEDROCK,
    LITELLM,
    OPENINFERENCE,
    TRACELOOP,
    OPENLIT,
    LANGSMITH,
    LANGFUSE,
    LOGFIRE,
    MLFLOW,
    HAYSTACK,
    AGENT_FRAMEWORK,
    SEMANTIC_KERNEL,
    AUTOGEN,
    CREWAI,
    VERCEL,
    AG2,
    MASTRA,
    GENKIT,
    SPRING_AI,
    LIVEKIT,
    TRACEAI,
    AGENTOPS,
    LAMINAR,
    LANGWATCH,
    LANGTRACE,
    JUDGEVAL,
    AGENTSCOPE,
    PIPECAT,
    NEATLOGS,
)
"""Every dialect that is read, in the order in which their names for one field are preferred."""

ANYBODY: Final = Emitter("")
"""Whoever writes without a scope, and calls that no span tells of."""

_MOST_UNKNOWN: Final = 256

EMITTERS: Final = {emitter.scope: emitter for dialect in DIALECTS for emitter in dialect.emitters}
"""Scope -> the instrumentation we know by it."""

_UNKNOWN: Final[dict[str, Emitter]] = {}


def emitter_of(scope: str) -> Emitter:
    """Return what is known of an instrumentation by its scope's name; one we don't know is taken for a framework's."""
    known = EMITTERS.get(scope) or _UNKNOWN.get(scope)
    if known is None:
        if not scope or type(scope) is not str:
            return ANYBODY  # the SDK takes anything for a name
        if len(_UNKNOWN) >= _MOST_UNKNOWN:
            _UNKNOWN.clear()
        known = _UNKNOWN[scope] = Emitter(scope, is_hand_made="instrumentation" not in scope)
    return known
