"""MLflow's own spans, each of whose attributes is a JSON text, and input with the cache inside."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.raw_usage import RAW_USAGE, inside
from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind

__all__ = ["MLFLOW"]

MLFLOW: Final = Dialect(
    name="mlflow",
    markers=frozenset({"mlflow.spanType"}),
    operations={
        '"CHAT_MODEL"': Kind.CALL,
        '"LLM"': Kind.CALL,
        '"EMBEDDING"': Kind.CALL,
        '"AGENT"': Kind.AGENT,
        '"TOOL"': Kind.TOOL,
        '"CHAIN"': Kind.OTHER,
        '"RETRIEVER"': Kind.OTHER,
        '"PARSER"': Kind.OTHER,
        '"RERANKER"': Kind.OTHER,
        '"MEMORY"': Kind.OTHER,
        '"WORKFLOW"': Kind.WORKFLOW,
        '"TASK"': Kind.OTHER,
        '"GUARDRAIL"': Kind.OTHER,
        '"EVALUATOR"': Kind.OTHER,
    },
    spoken={'"CHAT_MODEL"': "chat", '"LLM"': "chat", '"EMBEDDING"': "embeddings"},
    fields={
        Field.OPERATION: ("mlflow.spanType",),
    },
    quoted={
        "mlflow.llm.provider": Field.PROVIDER,
        "mlflow.llm.model": Field.RESPONSE_MODEL,
    },
    texts={
        "mlflow.chat.tokenUsage": {
            Field.INPUT: ("input_tokens",),
            Field.OUTPUT: ("output_tokens",),
            Field.CACHE_READ: ("cache_read_input_tokens",),
            Field.CACHE_WRITE: ("cache_creation_input_tokens",),
            Field.CACHE_WRITE_1H: ("cache_creation_input_tokens_above_1hr",),
        },
        # From a price list, where MLflow's server is not the one to reckon it.
        "mlflow.llm.cost": {Field.LIST_COST: ("total_cost",)},
        # Reasoning, and whatever an embedding used, stand only here.
        "mlflow.spanOutputs": inside("usage", RAW_USAGE),
    },
    answers=("mlflow.spanOutputs",),
    emitters=(
        # Around clients and frameworks alike; of a stream of Claude's it tells nothing, and ends when that begins.
        Emitter(
            "mlflow.tracing.provider",
            iterations=("mlflow.spanOutputs", "usage", "iterations"),
            around=("com.anthropic.sdk.python",),
            recorded="clients__mlflow__calls",
            package="mlflow",
        ),
    ),
)
