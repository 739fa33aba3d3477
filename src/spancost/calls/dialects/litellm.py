"""LiteLLM's callbacks; the first makes its spans afterwards on a worker's thread."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Field, Kind, Layer

__all__ = ["LITELLM"]

LITELLM: Final = Dialect(
    name="litellm",
    markers=frozenset(),
    operations={
        "completion": Kind.CALL,
        "acompletion": Kind.CALL,
        "atext_completion": Kind.CALL,
        "responses": Kind.CALL,
        "aresponses": Kind.CALL,
        "embedding": Kind.CALL,
        "aembedding": Kind.CALL,
    },
    spoken={
        "completion": "chat",
        "acompletion": "chat",
        "atext_completion": "text_completion",
        "responses": "chat",
        "aresponses": "chat",
        "embedding": "embeddings",
        "aembedding": "embeddings",
    },
    fields={
        # `vendor/model`: embeddings tell no provider.
        Field.PRICED_MODEL: ("litellm.provider.model",),
        Field.LIST_COST: ("gen_ai.cost.total_cost", "litellm.cost.total"),
    },
    # For Anthropic and Gemini it makes an id up, in its second spans, too (litellm__otelv2__calls): those have the
    # conventions' names, with cached tokens, beside the older ones.
    emitters=(
        Emitter(
            "litellm",
            Layer.GATEWAY,
            invents_ids=True,
            hides_cache_in_input=True,
            # 1.75 to 1.100 counted what a stream didn't tell, a few tell 0, and from 1.110 on it is counted again.
            guessed_beside=(
                "metadata.usage_object",
                "'reasoning_tokens': 0",
                "'text_tokens': None",
                "'prompt_tokens_details': None",
            ),
            # So it also writes what a server has told without any parts.
            perhaps_beside=("'reasoning_tokens': 0", "'prompt_tokens_details': None"),
            # Its second spans have no such text.
            streams_told_beside=("litellm.request.streaming", "gen_ai.usage.cache_read.input_tokens"),
            repeats_answers=True,
            kept_beside="litellm.cache_hit",
            overwrites="hidden_params",
            recorded="litellm__otelcb__calls",
            # From 1.108 on LiteLLM asks past those methods of OpenAI's client that instrumentations wrap.
            also=(
                "litellm__otelcb__inside",
                "litellm__otelcb+oaigenai__inside",
                "litellm__otelcb__streams",
                "litellm__otelv2__calls",
                "litellm__otelcb-old__streams",
            ),
            package="litellm",
        ),
    ),
)
