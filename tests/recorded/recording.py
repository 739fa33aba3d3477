"""Recorded runs of real frameworks: the spans, what a span processor saw of them, and what a right answer is.

Each was made by a program with its instrumentations against a provider on loopback, which kept a ledger of what it billed
(`.truth.json`). `.expect.json` says, call by call, what of that spans carry.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, cast

from spancost.calls.refusals import EXCEPTION, exception
from spancost.money import pico_from_decimal

__all__ = [
    "CLASSES",
    "RUNS",
    "Expected",
    "Order",
    "Recording",
    "Span",
    "Step",
    "by_time",
    "read_spans",
    "recordings",
    "steps_of",
]

RUNS: Final = Path(__file__).parents[1] / "data" / "runs"

CLASSES: Final = ("input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning")
"""Token classes compared, as Usage calls them."""

_IN_LEDGER: Final = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_creation_tokens",
    "cache_creation_1h",
    "reasoning_tokens",
)
"""The same classes, in the same order, as the ledger calls them."""

_ERROR: Final = 2
"""OTLP's code of the status of a span that failed."""

Order = Literal["events", "times"]
"""Replay in the recorded order of starts and ends, or sorted by the spans' own times as from a file."""


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """One ended span of a file."""

    trace_id: int
    span_id: int
    parent_id: int | None
    name: str
    scope: str
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    error: str | None
    """What its status says where that is an error, empty where it says nothing."""


class Step(NamedTuple):
    """A start or an end, in the order in which a span processor is told of them."""

    is_start: bool
    span_id: int
    trace_id: int
    parent_id: int | None
    name: str
    attributes: Mapping[str, Any]
    """Those the span starts with; at its end they are the file's."""


class Expected(NamedTuple):
    """One billed call, as the ledger and the spans tell it together."""

    seq: int
    agent: str | None
    model: str
    response_id: str | None
    state: str
    """`priced`, `partial` or `unpriced`."""
    told: bool
    """Whether the provider told the client its usage."""
    tokens: tuple[int, ...]
    """By class, what spans carry; an input and output that no span carries are 0."""
    hidden: frozenset[str]
    """Classes of tokens that were billed and that no span carries."""
    billed: int | None
    """Pico-USD that the provider billed, None where it told nobody of it or the model has no price."""
    amount: int | None
    """Pico-USD of what spans carry, None where the call is not priced or the model has no price."""
    spans: frozenset[int]
    """Spans that speak of it."""
    received_ns: int
    """When the provider received it."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded run: a right answer, and a file of spans for each process."""

    name: str
    countable: bool
    calls: tuple[Expected, ...]
    processes: tuple[Path, ...]


def recordings(folder: Path) -> Iterator[Recording]:
    """Yield the recorded runs of a folder by name."""
    for answer in sorted(folder.glob("*.expect.json")):
        told = json.loads(answer.read_text())
        name = told["name"]
        files = [folder / f"{name}{process}.jsonl.gz" for process in ("", ".A", ".B")]
        ledger = json.loads(answer.with_name(f"{name}.truth.json").read_text())["requests"]
        received = {request["seq"]: request["t_recv_ns"] for request in ledger}
        calls = tuple(_expected(request, received[request["seq"]]) for request in told["requests"])
        yield Recording(name, told["countable"], calls, tuple(file for file in files if file.exists()))


def _expected(request: Mapping[str, Any], received_ns: int) -> Expected:
    usage, missing = request["usage"], set(request["missing_on_spans"])
    state = request["expect"]
    tokens = (0 if name in missing else usage.get(name, 0) for name in _IN_LEDGER)
    amount, billed = request["cost_usd_from_spans"], request.get("cost_usd")
    return Expected(
        request["seq"],
        request["agent"],
        request["model"],
        request["response_id"],
        state,
        request["told"],
        (0,) * len(CLASSES) if state == "unpriced" else tuple(tokens),
        frozenset(name for name, told in zip(CLASSES, _IN_LEDGER, strict=True) if told in missing),
        None if billed is None else pico_from_decimal(Decimal(billed)),
        None if amount is None else pico_from_decimal(Decimal(amount)),
        frozenset(int(span["span"], 16) for span in request["spans"]),
        received_ns,
    )


def read_spans(file: Path) -> list[Span]:
    """Read the spans of one OTLP/JSON lines file, in the file's order."""
    with gzip.open(file, "rt") as lines:
        return [span for line in lines for span in _spans(json.loads(line))]


def _spans(request: Mapping[str, Any]) -> Iterator[Span]:
    for resource_spans in request.get("resourceSpans", ()):
        resource = _attributes(resource_spans.get("resource", {}))
        for scope_spans in resource_spans.get("scopeSpans", ()):
            scope = scope_spans.get("scope", {}).get("name", "")
            for span in scope_spans.get("spans", ()):
                yield _span(span, scope, resource)


def _span(span: Mapping[str, Any], scope: str, resource: Mapping[str, Any]) -> Span:
    parent = span.get("parentSpanId")
    status = span.get("status", {})
    return Span(
        int(span["traceId"], 16),
        int(span["spanId"], 16),
        int(parent, 16) if parent else None,
        span["name"],
        scope,
        int(span["startTimeUnixNano"]),
        int(span["endTimeUnixNano"]),
        _attributes(span),
        resource,
        status.get("message") or _exception(span) if status.get("code") == _ERROR else None,
    )


def _exception(span: Mapping[str, Any]) -> str:
    told = [exception(_attributes(event)) for event in span.get("events", ()) if event["name"] == EXCEPTION]
    return told[-1] if told else ""


def _attributes(holder: Mapping[str, Any]) -> dict[str, Any]:
    return {each["key"]: _value(each["value"]) for each in holder.get("attributes", ())}


def _value(told: Mapping[str, Any]) -> Any:
    kind, value = next(iter(told.items()), ("", cast("Any", None)))
    if kind == "intValue":
        return int(value)
    if kind == "arrayValue":
        return tuple(_value(each) for each in value.get("values", ()))
    return value


def steps_of(file: Path, spans: Sequence[Span], order: Order) -> list[Step]:
    """Return the starts and ends of a process in the order a processor saw them, or as the spans' times say."""
    events = file.with_name(file.name.replace(".jsonl.gz", ".events.jsonl.gz"))
    if order == "events" and events.exists():
        with gzip.open(events, "rt") as lines:
            return [_step(json.loads(line)) for line in lines]
    return list(by_time(spans))


def _step(event: Mapping[str, Any]) -> Step:
    span_id = int(event["span"], 16)
    if event["e"] == "E":
        return Step(False, span_id, 0, None, "", {})
    parent = event["parent"]
    return Step(
        True, span_id, int(event["trace"], 16), int(parent, 16) if parent else None, event["name"], event["attr"]
    )


def by_time(spans: Sequence[Span]) -> Iterator[Step]:
    """Yield starts and ends as the spans' own times say; of equal ones the last in the file lies around the others."""
    starts = [(span.start_ns, 0, -span.end_ns, -place) for place, span in enumerate(spans)]
    ends = [(span.end_ns, 1, -span.start_ns, place) for place, span in enumerate(spans)]
    for _, is_end, _, place in sorted(starts + ends):
        span = spans[abs(place)]
        yield Step(not is_end, span.span_id, span.trace_id, span.parent_id, span.name, span.attributes)
