"""What a receiver got, compared with what the provider billed: spans, metrics and budget events."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from cost_tree import differences, price_of
from otlp_receiver import ReceivedPoint, ReceivedSpan, Receiver
from provider import Bill
from zero_code.stage import Stage

__all__ = ["TEAM", "budget", "faults", "priced"]

TEAM = "spancost.team=lab"
"""What OTEL_RESOURCE_ATTRIBUTES says where a budget is watched."""

_THRESHOLDS = ((75, "spancost.budget.threshold"), (90, "spancost.budget.threshold"), (100, "spancost.budget.breach"))
_DELTA = 1


def budget(limit: str) -> dict[str, str]:
    """Return the settings that watch a day's budget of so many USD over the team of the program."""
    return {"SPANCOST_BUDGETS": f"team={limit}/day", "OTEL_RESOURCE_ATTRIBUTES": TEAM}


def priced(bills: Iterable[Bill]) -> Decimal:
    """Return the USD that calls cost."""
    return Decimal(sum(map(price_of, bills))) / 10**12


def faults(stage: Stage, *, limit: str | None = None, delta: bool = False) -> list[str]:
    """Return a sentence for everything told that is not what was billed; none is not enough where nothing was.

    With a budget's limit in USD, every process must have told each threshold it passed, once, with what was spent.
    """
    receiver, bills = stage.receiver, stage.provider.ledger()
    found = [] if bills else ["nothing was billed"]
    found += differences(receiver.spans(), _accumulated(receiver.points()) if delta else receiver.points(), bills)
    sums = [point for point in receiver.points() if point.kind == "sum" and point.metric.startswith("spancost.")]
    if any((point.temporality == _DELTA) is not delta for point in sums):
        found.append("a counter of ours has not the temporality that was asked for")
    found += [f"{point.metric} fell by {-point.value}" for point in sums if point.value < 0]
    found += _faults_in_events(receiver, bills, limit)
    return found


def _accumulated(points: Iterable[ReceivedPoint]) -> list[ReceivedPoint]:
    """Return one point a series with the sum of its deltas."""
    series: dict[str, ReceivedPoint] = {}
    for point in points:
        key = repr((point.metric, sorted(point.attributes.items()), point.scope_attributes, point.resource))
        before = series.get(key)
        series[key] = dataclasses.replace(point, value=point.value + before.value) if before else point
    return list(series.values())


def _faults_in_events(receiver: Receiver, bills: Iterable[Bill], limit: str | None) -> Iterator[str]:
    prices = {bill.response_id: price_of(bill) for bill in sorted(bills, key=lambda bill: bill.number)}
    calls = {response: span for span in receiver.spans() if (response := span.attributes.get("gen_ai.response.id"))}
    expected = _crossings(prices, calls, Decimal(limit)) if limit else {}
    told = defaultdict[str, list[tuple[object, ...]]](list)
    for record in receiver.records():
        if record.event_name.startswith("spancost.budget."):
            told[record.span_id].append(_told(record.event_name, record.attributes))
    for span in receiver.spans():
        for where, got in (("events", told[span.span_id]), ("span events", _own(span))):
            if got != expected.get(span.span_id, []):
                yield f"{span.name}: its {where} are {got} and should be {expected.get(span.span_id, [])}"
        if (span.attributes.get("spancost.budget.state") == "breach") < bool(expected.get(span.span_id, [])[2:]):
            yield f"{span.name}: is not marked as the breach it is"
    if strangers := set(told) - {span.span_id for span in receiver.spans()}:
        yield f"events of spans that never came: {strangers}"


def _crossings(
    prices: Mapping[str, int], calls: Mapping[str, ReceivedSpan], limit: Decimal
) -> dict[str, list[tuple[object, ...]]]:
    """Return what each call's span must have told, in the order that the calls of each process were billed."""
    spent = defaultdict[str, int](int)
    crossings = defaultdict[str, list[tuple[object, ...]]](list)
    for response, price in prices.items():
        if response not in calls:
            continue
        process = calls[response].resource["service.instance.id"]
        before, after = spent[process], spent[process] + price
        spent[process] = after
        crossings[calls[response].span_id] += (
            (name, percent / 100, after / 10**12)
            for percent, name in _THRESHOLDS
            if before * 100 < limit * 10**12 * percent <= after * 100
        )
    return crossings


def _own(span: ReceivedSpan) -> list[tuple[object, ...]]:
    return [_told(*event) for event in span.events if event[0].startswith("spancost.")]


def _told(name: str, attributes: Mapping[str, object]) -> tuple[object, ...]:
    return name, attributes["spancost.budget.threshold"], attributes["spancost.budget.usage"]
