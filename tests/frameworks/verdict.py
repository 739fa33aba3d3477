"""What a receiver decoded, compared with the provider's ledger: no id links the two, as many instrumentations tell none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cost_tree import exact, latest, price_of
from otlp_receiver import ReceivedPoint, ReceivedRecord, ReceivedSpan
from provider import Bill

__all__ = ["Received", "Told", "faults"]

_AMOUNT = "gen_ai.usage.cost.amount"
_DIRECT, _CHILDREN, _TOTAL = (f"spancost.cost.{part}" for part in ("direct", "children", "total"))
_DUPLICATE_OF = "spancost.dedup.duplicate_of"
_ERRORS = "spancost.internal.errors"


@dataclass(frozen=True, slots=True)
class Told:
    """What a stack of instrumentations can't tell: agents by name, whose calls are meant."""

    unseen: Collection[str] = ()
    """No span tells of them."""
    silent: Collection[str] = ()
    """Spans tell of them, and no usage, though the provider told it."""
    misread: Collection[str] = ()
    """No span tells their usage as it was: they are counted, and their money is not compared."""
    corrected: Collection[str] = ()
    """The record that ended first told no amount or a wrong one, which it keeps; owners and counters are right."""
    nameless: bool = False
    """No agent is named."""


@dataclass(frozen=True, slots=True)
class Received:
    """Everything a receiver decoded."""

    spans: Sequence[ReceivedSpan]
    points: Sequence[ReceivedPoint]
    records: Sequence[ReceivedRecord] = ()


def faults(received: Received, bills: Sequence[Bill], told: Told) -> list[str]:
    """Return a sentence for everything received that is not what was billed, as far as this stack can tell it."""
    found = [] if bills else ["nothing was billed"]
    calls = [bill for bill in bills if bill.agent not in told.unseen]
    priced = [bill for bill in calls if bill.told and bill.agent not in told.silent]
    found += _faults_in_counts(received.points, calls, priced, told)
    if not told.misread:
        found += _faults_in_money(received.points, priced, told)
        found += _faults_in_spans(received.spans, priced, told)
    found += _faults_in_owners(received, [] if told.misread else priced)
    found += [f"{point.value} faults of ours: {point.attributes}" for point in latest(received.points, _ERRORS)]
    return found


def _faults_in_counts(
    points: Sequence[ReceivedPoint], calls: Sequence[Bill], priced: Sequence[Bill], told: Told
) -> Iterator[str]:
    """Compare how many calls there were of each agent, priced and unpriced."""
    billed = Counter((_agent(bill, told), "exact" if bill in priced else "unpriced") for bill in calls)
    counted = Counter[Any]()
    for point in latest(points, "spancost.calls"):
        agent = None if told.nameless else point.attributes.get("gen_ai.agent.name")
        counted[agent, point.attributes["spancost.pricing.status"]] += int(point.value)
    yield from _differences("spancost.calls", counted, billed)


def _faults_in_money(points: Sequence[ReceivedPoint], priced: Sequence[Bill], told: Told) -> Iterator[str]:
    """Compare what each agent's calls cost, and all tokens by the types that prices tell apart."""
    billed, counted = Counter[Any](), Counter[Any]()
    for bill in priced:
        billed[_agent(bill, told)] += price_of(bill)
        usage = bill.usage
        billed["input"] += usage.input - usage.cache_read - usage.cache_write
        billed["cache_read"] += usage.cache_read
        billed["cache_write"] += usage.cache_write
        billed["output"] += usage.output
    for point in latest(points, "spancost.cost"):
        counted[None if told.nameless else point.attributes.get("gen_ai.agent.name")] += _pico(point.value)
    for point in latest(points, "spancost.tokens"):
        kind = point.attributes["spancost.token.type"]
        counted["output" if kind == "reasoning" else kind] += int(point.value)
    yield from _differences("spancost.cost, or .tokens,", counted, billed)


def _faults_in_spans(spans: Sequence[ReceivedSpan], priced: Sequence[Bill], told: Told) -> Iterator[str]:
    """Compare call by call: each priced one is an amount on one span, and no other span has any."""
    stamped = Counter(_pico(span.attributes[_AMOUNT]) for span in spans if _AMOUNT in span.attributes)
    billed = Counter(price_of(bill) for bill in priced)
    moot = Counter(price_of(bill) for bill in priced if bill.agent in told.corrected)
    for amount, times in (billed - stamped - moot).items():
        yield f"{exact(amount)} was billed {times} times more than it stands on a span"
    strangers = (stamped - billed).total() - (moot - stamped).total()
    if strangers > 0:
        yield f"{strangers} amounts stand on spans of calls that were not billed"


def _faults_in_owners(received: Received, priced: Sequence[Bill]) -> Iterator[str]:
    """Compare what owners say, as corrected after their end: with each other in a trace, and all with the ledger."""
    spans = received.spans
    here = {span.span_id: span for span in spans}
    says = {span.span_id: span.attributes for span in spans if _DIRECT in span.attributes}
    corrections = [record for record in received.records if record.event_name == "spancost.cost.correction"]
    for record in sorted(corrections, key=lambda record: record.attributes["spancost.correction.sequence"]):
        says[record.span_id] = record.attributes
    direct, at_roots = Counter[str](), Counter[str]()
    for span_id, told in says.items():
        span = here[span_id]
        direct[span.trace_id] += _pico(told[_DIRECT])
        at_roots[span.trace_id] += 0 if _is_below(span, here, says) else _pico(told[_TOTAL])
        if _pico(told[_DIRECT]) + _pico(told[_CHILDREN]) != _pico(told[_TOTAL]):
            yield f"{span.name}: {told[_DIRECT]} and {told[_CHILDREN]} are not {told[_TOTAL]}"
    yield from _differences("the owners of a trace", direct, at_roots)
    if priced:
        # A call below no owner belongs to nobody, unless a record of it elsewhere does.
        told_again = {s.attributes.get(_DUPLICATE_OF) for s in spans if _is_below(s, here, says)}
        nobodys = sum(
            _pico(span.attributes[_AMOUNT])
            for span in spans
            if _AMOUNT in span.attributes and span.span_id not in told_again and not _is_below(span, here, says)
        )
        owned, billed = sum(at_roots.values()), sum(map(price_of, priced))
        if owned + nobodys != billed:
            yield f"roots say {exact(owned)}, calls of nobody {exact(nobodys)}; billed were {exact(billed)}"


def _is_below(span: ReceivedSpan, here: dict[str, ReceivedSpan], owners: Collection[str]) -> bool:
    above = here.get(span.parent_span_id)
    while above is not None and above.span_id not in owners:
        above = here.get(above.parent_span_id)
    return above is not None


def _differences(what: str, counted: Counter[Any], billed: Counter[Any]) -> Iterator[str]:
    for key in sorted(counted | billed, key=repr):
        if counted[key] != billed[key]:
            yield f"{what} says {counted[key]} of {key}, billed were {billed[key]}"


def _agent(bill: Bill, told: Told) -> str | None:
    return None if told.nameless else bill.agent


def _pico(usd: float) -> int:
    """Return an amount as the pico-dollars it was made from; below 1,000 USD a double holds them exactly."""
    return round(usd * 10**12)
