"""How budgets stand by what was received, and how that compares with what a provider billed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cost_tree import exact, latest, usd
from otlp_receiver import ReceivedPoint, ReceivedRecord

__all__ = ["Spent", "Standing", "budget_differences", "crossings", "show_budgets", "standings"]

_EVENTS = ("spancost.budget.threshold", "spancost.budget.breach")

Spent = Mapping[str, Mapping[str, Sequence[int]]]
"""Scope -> value -> pico-USD of each call that was billed to it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One value of one budget; money is in pico-USD."""

    budget: str
    value: str
    limit: int
    usage: int


def standings(points: Iterable[ReceivedPoint]) -> list[Standing]:
    """Read from the gauges how each value of each budget stands."""
    read: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    received = list(points)
    for name in ("limit", "usage"):
        for point in latest(received, f"spancost.budget.{name}"):
            told = point.attributes
            read[told["spancost.budget.id"], told["spancost.budget.value"]][name] = round(point.value * 10**12)
    return [Standing(budget, value, **read[budget, value]) for budget, value in sorted(read)]


def crossings(records: Iterable[ReceivedRecord]) -> list[ReceivedRecord]:
    """Return the events of thresholds that were passed, in their order."""
    return sorted((each for each in records if each.event_name in _EVENTS), key=lambda each: each.time_ns)


def show_budgets(points: Iterable[ReceivedPoint], records: Iterable[ReceivedRecord]) -> Iterator[str]:
    """Yield how far each budget is used up, and which thresholds were passed."""
    rows = standings(points)
    width = max((len(f"{row.budget} {row.value}") for row in rows), default=0)
    yield "Budgets:"
    for row in rows:
        part = row.usage / row.limit
        yield f"  {f'{row.budget} {row.value}':{width}}  {usd(row.usage)} of {usd(row.limit)}  {part:4.0%}"
    yield "Events:"
    for record in crossings(records):
        told = record.attributes
        passed = f"{told['spancost.budget.id']} {told['spancost.budget.value']}"
        usage = usd(round(told["spancost.budget.usage"] * 10**12))
        yield f"  {record.severity_text:5}  {passed} passed {told['spancost.budget.threshold']:.0%}: {usage}"


def budget_differences(
    points: Iterable[ReceivedPoint], records: Iterable[ReceivedRecord], spent: Spent
) -> Iterator[str]:
    """Yield a sentence for each budget not used up as far as the bills say, and for each event that can't be true."""
    rows = standings(points)
    for row in rows:
        billed = sum(_calls_of(row, spent))
        if row.usage != billed:
            yield f"budget {row.budget} {row.value}: used up {exact(row.usage)}, billed were {exact(billed)}"
    told = {(_scope(row), row.value) for row in rows}
    for scope in {scope for scope, _ in told}:
        for value in sorted(value for value in spent[scope] if (scope, value) not in told):
            yield f"no budget of {scope} says how it stands for {value}"
    by_key = {(row.budget, row.value): row for row in rows}
    for record in crossings(records):
        attributes = record.attributes
        row = by_key[attributes["spancost.budget.id"], attributes["spancost.budget.value"]]
        usage = round(attributes["spancost.budget.usage"] * 10**12)
        threshold = round(attributes["spancost.budget.threshold"] * row.limit)
        # It was told by the call that passed the threshold: without that call the budget was below it.
        if not threshold <= usage <= row.usage or usage - max(_calls_of(row, spent), default=0) >= threshold:
            yield f"budget {row.budget} {row.value}: {exact(usage)} is not where {exact(threshold)} was passed"


def _calls_of(row: Standing, spent: Spent) -> Sequence[int]:
    return spent[_scope(row)].get(row.value, ())


def _scope(row: Standing) -> str:
    """Return the scope, with which the id of a budget from SPANCOST_BUDGETS begins: `team-month`."""
    return row.budget.partition("-")[0]
