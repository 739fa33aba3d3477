"""Says what a right answer to a recorded run is: `python tools/record/expect.py tests/data/runs/NAME`.

For each billed call it finds the spans that speak of it, which tell its response id, or its output beside one of the
spellings of its input; and it notes which classes of tokens they carry, and what those cost by genai-prices.
"""

from __future__ import annotations

import ast
import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from genai_prices import Usage, calc_price

__all__ = ["expected"]

_AT: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""When every call is priced as of: prices change, and recordings don't."""

_BARE: Final = "raw_gen_ai_request"
"""LiteLLM's span of a request and its answer as Python writes them; it is opened where none of a call is around it."""

_TOLD: Final = "litellm_request"
"""LiteLLM's span of a call."""

_WHOLES: Final = ("input_tokens", "output_tokens")
_PARTS: Final = {
    "cache_read_tokens": ("cache_read", "cached", "cache_input"),
    "cache_creation_tokens": ("cache_creation", "cache_write"),
    "cache_creation_1h": ("1h", "1hr"),
    "reasoning_tokens": ("reason", "thought", "thinking"),
}
"""A class of tokens -> words that a name or a path of it holds one of."""


class _Span(NamedTuple):
    span_id: str
    name: str
    scope: str
    texts: frozenset[str]
    counts: tuple[tuple[str, int], ...]
    """Every whole number it tells, with its name, and the path in a JSON text."""


def expected(run: Path) -> dict[str, Any]:
    """Return what `.expect.json` holds for a run, from its ledger and its spans."""
    truth = json.loads(run.with_name(f"{run.name}.truth.json").read_text())
    spans = list(_spans(run.with_name(f"{run.name}.jsonl.gz")))
    calls = [_expected(call, spans) for call in truth["requests"] if call["billed"]]
    told = [call for call in calls if call["told"]]
    return {
        "name": truth["name"],
        "at": _AT.isoformat(),
        "countable": bool(told) and all(call["expect"] == "priced" for call in told),
        "requests": calls,
    }


def _expected(call: Mapping[str, Any], spans: list[_Span]) -> dict[str, Any]:
    usage: dict[str, int] = call["usage"]
    carried: set[str] = set()
    speaking: list[dict[str, str]] = []
    for span in spans:
        carries = _carried(call, usage, span)
        if carries is not None:
            carried |= carries
            speaking.append({"span": span.span_id, "name": span.name, "scope": span.scope})
    missing = [name for name in (*_WHOLES, *_PARTS) if usage[name] and name not in carried]
    state = _state(call["usage_delivered"], [name for name in _WHOLES if usage[name]], missing)
    seen = {name: 0 if name in missing else count for name, count in usage.items()}
    return {
        "seq": call["seq"],
        "agent": call["agent"],
        "provider": call["provider"],
        "model": call["response_model"],
        "response_id": call["response_id"],
        "told": call["usage_delivered"],
        "expect": state,
        "usage": {name: count for name, count in usage.items() if count},
        "missing_on_spans": missing,
        "cost_usd_from_spans": _cost(call, seen) if state == "priced" else None,
        "spans": speaking,
    }


def _carried(call: Mapping[str, Any], usage: Mapping[str, int], span: _Span) -> set[str] | None:
    """Return the classes of tokens that a span carries of a call, None where it speaks of another."""
    cached = usage["cache_read_tokens"], usage["cache_creation_tokens"]
    inputs = {usage["input_tokens"] - part for part in (0, *cached, sum(cached))} - {0}
    outputs = {usage["output_tokens"], usage["output_tokens"] - usage["reasoning_tokens"]} - {0}
    values = {count for _, count in span.counts}
    same_id = bool(call["response_id"]) and call["response_id"] in span.texts
    if not same_id and (values.isdisjoint(inputs) or (outputs and values.isdisjoint(outputs))):
        return None
    carries = {
        name
        for name, words in _PARTS.items()
        if any(count == usage[name] and any(word in path for word in words) for path, count in span.counts)
    }
    said = usage["output_tokens"] - usage["reasoning_tokens"]
    if said in values and usage["input_tokens"] + usage["output_tokens"] in values:
        # What the total has beside the two.
        carries.add("reasoning_tokens")
    if not values.isdisjoint(inputs):
        carries.add("input_tokens")
    if call["usage_delivered"] and not values.isdisjoint(outputs):
        carries.add("output_tokens")
    return carries


def _state(told: bool, used: list[str], missing: list[str]) -> str:
    if not told:
        return "unpriced" if "input_tokens" in missing else "partial"
    # An embedding has no output.
    lost = [name for name in used if name in missing]
    return "priced" if not lost else "unpriced" if lost == used else "partial"


def _cost(call: Mapping[str, Any], usage: Mapping[str, int]) -> str | None:
    """Return what that usage costs, None where no price list has the model, as of one that runs at home."""
    counted = Usage(
        input_tokens=usage["input_tokens"],
        output_tokens=usage["output_tokens"],
        cache_read_tokens=usage["cache_read_tokens"] or None,
        cache_write_tokens=usage["cache_creation_tokens"] or None,
        cache_write_1h_tokens=usage["cache_creation_1h"] or None,
    )
    try:
        price = calc_price(counted, call["response_model"], provider_id=call["provider"], genai_request_timestamp=_AT)
    except LookupError:
        return None
    return str(price.total_price)


def _spans(file: Path) -> Iterator[_Span]:
    with gzip.open(file, "rt") as lines:
        spans = [
            (span, scope_spans.get("scope", {}).get("name", ""))
            for line in lines
            for resource_spans in json.loads(line)["resourceSpans"]
            for scope_spans in resource_spans["scopeSpans"]
            for span in scope_spans["spans"]
        ]
    names = {span["spanId"]: span["name"] for span, _ in spans}
    for span, scope in spans:
        told = {each["key"]: _plain(each["value"]) for each in span.get("attributes", ())}
        texts = frozenset(value for value in told.values() if isinstance(value, str))
        if span["name"] == _BARE and names.get(span.get("parentSpanId")) != _TOLD:
            told = {key: _opened(value) for key, value in told.items()}
        yield _Span(span["spanId"], span["name"], scope, texts, tuple(_counts(told)))


def _plain(value: Mapping[str, Any]) -> Any:
    kind, told = next(iter(value.items()), ("", None))
    return int(cast("str", told)) if kind == "intValue" else told


def _opened(told: object) -> object:
    """Return what a text says that Python wrote, another as it is."""
    if not isinstance(told, str) or told[:1] != "{":
        return told
    try:
        return cast("object", ast.literal_eval(told))
    except (ValueError, SyntaxError):
        return told


def _counts(told: object, path: str = "") -> Iterator[tuple[str, int]]:
    """Yield each whole number with the names that lead to it, JSON texts opened."""
    if isinstance(told, str) and told[:1] in ("{", "["):
        try:
            told = json.loads(told)
        except ValueError:
            return
    if isinstance(told, dict):
        for name, value in cast("dict[str, object]", told).items():
            yield from _counts(value, f"{path}.{name}".lower())
    elif isinstance(told, list):
        for value in cast("list[object]", told):
            yield from _counts(value, path)
    elif isinstance(told, int | float) and not isinstance(told, bool) and told == int(told):
        yield path, int(told)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        answer = expected(Path(argument))
        Path(f"{argument}.expect.json").write_text(json.dumps(answer, indent=1) + "\n")
        print(f"{answer['name']}: {len(answer['requests'])} calls, countable: {answer['countable']}")
