"""Our prices are genai-prices' prices, to the pico-dollar, over every model it knows."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import genai_prices
from genai_prices.data import providers
from genai_prices.types import ModelPrice, StartDateConstraint, TimeOfDateConstraint
from hypothesis import given, settings
from hypothesis import strategies as st

from spancost.calls.usage import Usage
from spancost.pricing import PriceBook
from spancost.pricing.names import vendor_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genai_prices.types import ModelInfo, Provider

    from spancost.pricing import Price

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SIZES = [1, 10, 999, 31_999, 32_001, 100_000, 100_001, 128_001, 199_999, 200_000, 200_001, 272_000, 272_001, 600_000]
DAYS = [
    datetime.fromisoformat(day)
    for day in ("2025-06-01T12:00Z", "2026-08-01T02:30Z", "2026-11-23T02:00Z", "2027-01-02T23:00Z")
]

DRAWS = 9
"""Random calls a model; with 2,330 models in 0.2.3 that is 20,970."""

# Where we differ on purpose: each list says why, holds every such entry and no other.

# genai-prices has decimals there that are no whole number of pico-USD per token (float noise at the source, such as
# 0.08333333333333334 USD a million); our rates are rounded half to even.
ROUNDED = {
    "huggingface_together:Qwen/Qwen3-VL-8B-Instruct",
    "huggingface_together:deepseek-ai/DeepSeek-V4-Flash-0731",
    "huggingface_together:meta-llama/Llama-3.3-70B-Instruct",
    "openrouter:google/gemini-2.5-flash",
    "openrouter:google/gemini-2.5-flash-image",
    "openrouter:google/gemini-2.5-flash-lite",
    "openrouter:google/gemini-2.5-flash-lite:batch",
    "openrouter:google/gemini-2.5-flash:batch",
    "openrouter:google/gemini-3-flash-preview",
    "openrouter:google/gemini-3-flash-preview:batch",
    "openrouter:google/gemini-3.1-flash-lite",
    "openrouter:google/gemini-3.1-flash-lite:batch",
    "openrouter:google/gemini-3.5-flash",
    "openrouter:google/gemini-3.5-flash-lite",
    "openrouter:google/gemini-3.5-flash-lite:batch",
    "openrouter:google/gemini-3.5-flash:batch",
    "openrouter:google/gemini-3.6-flash",
    "openrouter:google/gemini-3.6-flash:batch",
    "openrouter:google/gemini-3.7-flash",
    "openrouter:google/gemini-3.7-flash:batch",
    "openrouter:google/gemini-3.8-flash",
    "openrouter:google/gemini-3.8-flash:batch",
    "openrouter:~google/gemini-flash-latest",
}

# genai-prices has an empty price set and makes 0 of it: no longer listed, or part of a subscription, or of a free
# quota. 0 would be a claim; we say no_price.
UNLISTED = {
    "cerebras:qwen-3-coder-480b",
    "github-copilot:gpt-3.5-turbo",
    "github-copilot:gpt-4.1",
    "github-copilot:gpt-4o",
    "github-copilot:gpt-4o-mini",
    "google:gemma-3",
    "google:gemma-3n",
    "google:gemma-4-26b-a4b-it",
    "google:gemma-4-31b-it",
    "huggingface_together:ServiceNow-AI/Apriel-1.6-15b-Thinker",
    "huggingface_together:prism-ml/Ternary-Bonsai-27B-AWQ-4bit",
    "huggingface_together:prism-ml/Ternary-Bonsai-27B-gguf",
    "openai:moderation",
    "openrouter:gemini-2.5-pro-exp-03-25",
    "openrouter:google/gemini-flash-1.5-8b-exp",
    "openrouter:google/lyria-3-clip-preview",
    "openrouter:google/lyria-3-pro-preview",
    "openrouter:stealth/crouton-alpha",
}

# Billed by the second, character, page or message only: a count of tokens says nothing about it. genai-prices makes 0
# of the tokens; we say no_price.
NOT_BY_TOKEN = {
    "groq:canopylabs/orpheus-arabic-saudi",
    "groq:canopylabs/orpheus-v1-english",
    "groq:whisper-large-v3",
    "groq:whisper-large-v3-turbo",
    "mistral:mistral-ocr-2503",
    "mistral:mistral-ocr-2505",
    "mistral:mistral-ocr-2512",
    "mistral:mistral-ocr-4-0",
    "mistral:mistral-ocr-4-1",
    "mistral:mistral-ocr-latest",
    "mistral:voxtral-mini-2602",
    "mistral:voxtral-mini-transcribe-3-0",
    "mistral:voxtral-mini-transcribe-realtime-2602",
    "mistral:voxtral-mini-transcribe-realtime-3-0",
    "mistral:voxtral-small-transcribe-3-0",
    "openai:gpt-live-1",
    "openai:gpt-live-transcribe",
    "openai:gpt-realtime-translate",
    "openai:gpt-realtime-whisper",
    "openai:gpt-transcribe",
    "openai:tts-1",
    "openai:tts-1-hd",
    "openai:whisper-1",
    "x-ai:grok-voice-latest",
    "x-ai:grok-voice-think-fast-1.0",
    "x-ai:grok-voice-think-fast-2.0",
}

POPULAR = [
    ("openai", "gpt-5.2"),
    ("openai", "gpt-5.5"),
    ("openai", "gpt-realtime"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-haiku-5-5"),
    ("google", "gemini-2.5-flash"),
    ("google", "gemini-2.5-pro"),
    ("google", "gemini-3.6-flash"),
    ("deepseek", "deepseek-v4-pro"),
    ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("azure", "gpt-4o"),
    ("perplexity", "sonar"),
    ("x-ai", "grok-4.3"),
]

counts = st.integers(0, 400_000)
times = st.integers(0, 3 * 365 * 86_400).map(
    lambda seconds: datetime(2024, 6, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


BOOK = PriceBook()


def told(usage: Usage) -> genai_prices.Usage:
    """Return our usage as genai-prices', zeros told too: it refuses joint counts it has to guess."""
    return genai_prices.Usage(
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        cache_write_1h_tokens=usage.cache_write_1h,
        output_reasoning_tokens=usage.reasoning,
        input_audio_tokens=usage.audio_input,
        output_audio_tokens=usage.audio_output,
        cache_audio_read_tokens=usage.audio_cache_read,
    )


def pico(usage: Usage, name: str, provider: str | None, at: datetime) -> Decimal:
    """Return genai-prices' price in pico-USD; raises LookupError or ValueError as it does."""
    answer = genai_prices.calc_price(told(usage), name, provider_id=provider, genai_request_timestamp=at)
    return answer.total_price * 10**12


def draw_usage(rng: random.Random) -> Usage:
    """Return a usage that can be: every part drawn, sizes on both sides of every tier."""
    size = rng.choice(SIZES)
    write = rng.choice([0, rng.randint(0, size // 4)])
    read = rng.choice([0, rng.randint(0, size // 2)])
    audio_read = rng.choice([0, rng.randint(0, read)])
    audio = audio_read + rng.choice([0, rng.randint(0, size - read - write)])
    output = rng.choice([0, rng.randint(0, 5000)])
    speech = rng.choice([0, rng.randint(0, output)])
    return Usage(
        size, output, read, write, rng.randint(0, write), rng.randint(0, output - speech), audio, speech, audio_read
    )


def moments(model: ModelInfo) -> list[datetime]:
    """Return moments on both sides of each change of the model's price."""
    found = list(DAYS)
    constraints = [] if isinstance(model.prices, ModelPrice) else [each.constraint for each in model.prices]
    for constraint in constraints:
        if isinstance(constraint, StartDateConstraint):
            start = datetime.combine(constraint.start_date, datetime.min.time(), UTC)
            found += [start, start - timedelta(microseconds=1)]
        if isinstance(constraint, TimeOfDateConstraint):
            for bound in (constraint.start_time, constraint.end_time):
                at = datetime.combine(DAYS[2].date(), bound.replace(tzinfo=None), bound.tzinfo or UTC)
                found += [at, at - timedelta(microseconds=1)]
    return found


def witnesses() -> Iterator[tuple[Provider, ModelInfo, str | None]]:
    """Yield every model with a name that genai-prices takes for it; None if an earlier clause takes all we know."""
    for provider in providers:
        for model in provider.models:
            names = [model.id, *_operands(model.match)]
            yield provider, model, next((name for name in names if provider.find_model(name) is model), None)


def _operands(clause: object) -> Iterator[str]:
    """Yield the literal names in a clause, at any depth."""
    for value in vars(clause).values():
        if isinstance(value, str):
            yield value
        else:
            for part in value:
                yield from _operands(part)


def ours(usage: Usage, name: str, provider: str, at: datetime) -> Price:
    """Return our price of the same call."""
    return BOOK.price(provider, (name,), usage, (at - EPOCH) // timedelta(microseconds=1) * 1000)


def test_every_model_costs_what_genai_prices_says() -> None:
    """Random calls of every model, on both sides of every tier and price change, cost the same but where listed."""
    rng = random.Random(20261123)
    rounded: set[str] = set()
    unpriced: set[str] = set()
    checks = 0
    for provider, model, name in witnesses():
        assert name is not None, f"no name is known to mean {provider.id}:{model.id}"
        entry = f"{provider.id}:{model.id}"
        for at in rng.choices(moments(model), k=DRAWS):
            usage = draw_usage(rng)
            expected = pico(usage, name, provider.id, at)
            answer = ours(usage, name, provider.id, at)
            checks += 1
            assert entry == answer.model
            if answer.amount is None:
                assert (0, "no_price") == (expected, answer.reason), entry
                unpriced.add(entry)
            elif answer.amount != expected:
                assert abs(answer.amount - expected) <= Decimal(usage.input + usage.output) / 2, entry
                rounded.add(entry)
    assert checks >= 20_000
    assert rounded == ROUNDED
    assert unpriced == UNLISTED | NOT_BY_TOKEN


def test_every_bare_name_means_the_same_model() -> None:
    """Without a provider, a name without a vendor before it is found where genai-prices finds it, or nowhere."""
    at = datetime(2026, 11, 23, tzinfo=UTC)
    for _, _, name in witnesses():
        if name is None or "/" in name or vendor_of(name):  # whose vendor its clauses leave out
            continue
        try:
            found = genai_prices.calc_price(genai_prices.Usage(), name, genai_request_timestamp=at)
        except LookupError:
            assert "unknown_model" == ours(Usage(), name, "", at).reason, name
        else:
            assert found.model.id == ours(Usage(), name, "", at).model.partition(":")[2], name


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(POPULAR), st.builds(Usage, *[counts] * len(Usage._fields)), times)
def test_what_genai_prices_refuses_is_never_priced(model: tuple[str, str], usage: Usage, at: datetime) -> None:
    """Counts that contradict one another are invalid_usage; whatever is priced is priced as genai-prices does."""
    answer = ours(usage, model[1], model[0], at)
    try:
        expected = pico(usage, model[1], model[0], at)
    except ValueError:
        assert "invalid_usage" == answer.reason
    else:
        assert answer.amount == expected or "invalid_usage" == answer.reason


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(POPULAR), st.randoms(use_true_random=False), times)
def test_possible_usage_is_always_priced_the_same(model: tuple[str, str], rng: random.Random, at: datetime) -> None:
    """Any call that can be has the price genai-prices gives it, at any time."""
    usage = draw_usage(rng)
    assert pico(usage, model[1], model[0], at) == ours(usage, model[1], model[0], at).amount
