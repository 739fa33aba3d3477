"""Prices computed by hand from vendors' lists, each with its source in tests/data/pricing_cases.json."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spancost.calls.usage import Usage
from spancost.pricing import PriceBook

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "data" / "pricing_cases.json").read_text("utf-8")
)["cases"]

FIELDS = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write",
    "cache_write_1h": "cache_write_1h",
    "reasoning": "reasoning",
    "audio_in": "audio_input",
    "audio_out": "audio_output",
    "cached_audio": "audio_cache_read",
}

NOT_YET = {
    "flex-gpt52": "service tiers",
    "priority-gpt55": "service tiers",
    "batch-gpt52": "batch",
    "batch-sonnet45": "batch",
    "batch-sonnet45-cached": "batch",
    "fast-opus5": "speed",
    "vertex-us-east5": "regional prices",
    "whisper-60s": "seconds of audio",
    "websearch-sonnet45": "searches",
    "websearch-gpt52": "searches",
    "image-out-gem25": "image tokens",
    "hist-sonnet55-1001": "genai-prices lacks an earlier price",
    "deepseek-chat-2026-06": "genai-prices lacks an earlier price",
    "audio-4o-preview-dated": "genai-prices lacks the audio rates; ours is marked partial",
    "deepseek-v4pro-sunday": "genai-prices has no week-days",
}
"""Cases that need more than this table and this Usage can say, and what they need."""


def amount(case: dict[str, Any]) -> int | None:
    """Return what we say the case costs, as far as a Usage can carry it."""
    usage = Usage(**{FIELDS[key]: count for key, count in case["usage"].items() if key in FIELDS})
    since = datetime.fromisoformat(case["timestamp"]) - datetime(1970, 1, 1, tzinfo=UTC)
    return (
        PriceBook().price(case["provider"], (case["model"],), usage, since // timedelta(microseconds=1) * 1000).amount
    )


def expected(case: dict[str, Any]) -> Decimal | None:
    """Return the hand-computed pico-USD; None where no price is published."""
    return None if case["expected_usd"] is None else Decimal(case["expected_usd"]) * 10**12


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in NOT_YET], ids=lambda case: case["id"])
def test_the_hand_computed_price(case: dict[str, Any]) -> None:
    """A published price is met to the pico-dollar, and where none is published there is no amount."""
    assert not case["context"]
    assert expected(case) == amount(case)


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] in NOT_YET], ids=lambda case: case["id"])
def test_what_is_not_covered_yet_is_known_by_name(case: dict[str, Any]) -> None:
    """A case on the list of the not yet covered leaves it as soon as its price is right."""
    assert expected(case) != amount(case)


def test_the_list_of_the_not_yet_covered_names_cases() -> None:
    """Every name on the list is a case's."""
    assert set() == set(NOT_YET) - {case["id"] for case in CASES}
