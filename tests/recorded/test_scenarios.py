"""Small recorded scenarios of stacked instrumentations: the sums are the ledger's wherever spans tell usage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from recorded.recording import Span, by_time
from recorded.replay import Tally, play

_SCENARIOS: Final = {
    file.stem: file for file in sorted((Path(__file__).parents[1] / "data" / "scenarios").glob("*.json"))
}

_USAGE: Final = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")


def _span(told: dict[str, Any]) -> Span:
    parent = told.get("parent")
    return Span(
        int(told["trace"], 16),
        int(told["span"], 16),
        int(parent, 16) if parent else None,
        told["name"],
        told["scope"],
        told["start"],
        told["end"],
        told["attributes"],
        {},
        "" if told["status"] == "ERROR" else None,
    )


def _sums(tally: Tally) -> tuple[int, int, int]:
    usages = [charge.call.usage for charge in tally.charges if charge.call.usage is not None]
    return sum(usage.input for usage in usages), sum(usage.output for usage in usages), len(tally.charges)


@pytest.mark.parametrize("name", _SCENARIOS)
def test_the_sums_are_the_ledgers(name: str) -> None:
    """Each call once, whichever instrumentations report it; a scenario that tells no usage has none."""
    recorded = json.loads(_SCENARIOS[name].read_text())
    spans = [_span(told) for told in recorded["spans"]]
    tally = Tally()
    play(list(by_time(spans)), {span.span_id: span for span in spans}, "final", tally)
    if not any(usage in span.attributes for span in spans for usage in _USAGE):
        assert (0, 0) == _sums(tally)[:2]
        return
    billed = [call for call in recorded["ledger"] if "failed" not in call]
    ledger = sum(call.get("input", 0) for call in billed), sum(call.get("output", 0) for call in billed), len(billed)
    if name in _WRONG:
        assert ledger != _sums(tally), "mended: take it off the list"
    else:
        assert ledger == _sums(tally)


_WRONG: Final[dict[str, str]] = {
    "v_adk_oiadk_adk_single": "the instrumentation overwrites one call's attributes by the next one's",
}
"""Scenarios whose sums are not right, and why."""


def test_all_scenarios_are_there() -> None:
    """Eighty-five, none of which is named in the list without being recorded."""
    assert (85, set()) == (len(_SCENARIOS), _WRONG.keys() - _SCENARIOS.keys())
