"""What a receiver decoded, compared with the provider's ledger: no id links the two, as many instrumentations tell none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from cost_tree import exact, latest, price_of
from otlp_receiver import ReceivedPoint, ReceivedRecord, ReceivedSpan, Receiver
from provider import Bill

__all__ = ["faults"]

_AMOUNT = "gen_ai.usage.cost.amount"
_DIRECT, _CHILDREN, _TOTAL = (f"spancost.cost.{part}" for part in ("direct", "children", "total"))
_DUPLICATE_OF = "spancost.dedup.duplicate_of"


def faults(
    receiver: Receiver, bills: Sequence[Bill], *, unseen: Collection[str] = (), agents: bool = True
) -> list[str]:
    """Return a sentence for everything told that is not what was billed.

    The calls of agents in `unseen` no instrumentation tells of. With `agents` each call must be counted for the agent
    that made it.
    """
    seen = [bill for bill in bills if bill.agent not in unseen]
    found = [] if bills else ["nothing was billed"]
    found += _faults_in_spans(receiver.spans(), seen)
    found += _faults_in_owners(receiver.spans(), receiver.records(), seen)
    found += _faults_in_metrics(receiver.points(), seen, agents=agents)
    return found


def _faults_in_spans(spans: Sequence[ReceivedSpan], bills: Sequence[Bill]) -> Iterator[str]:
    """Compare call by call: each told one is an amount on one span, and no other span has any."""
    billed = Counter(price_of(bill) for bill in bills if bill.told)
    charged = Counter(_pico(span.attributes[_AMOUNT]) for span in spans if _AMOUNT in span.attributes)
    for amount, times in (billed - charged).items():
        yield f"{exact(amount)} was billed {times} times more than it was charged"
    for amount, times in (charged - billed).items():
        yield f"{exact(amount)} was charged {times} times more than it was billed"


def _faults_in_owners(
    spans: Sequence[ReceivedSpan], records: Sequence[ReceivedRecord], bills: Sequence[Bill]
) -> Iterator[str]:
    """Compare what owners say, as corrected after their end: with each other in a trace, and all with the ledger."""
    here = {span.span_id: span for span in spans}
    told = {span.span_id: span.attributes for span in spans if _TOTAL in span.attributes}
    corrections = [record for record in records if record.event_name == "spancost.cost.correction"]
    for record in sorted(corrections, key=lambda record: record.attributes["spancost.correction.sequence"]):
        told[record.span_id] = record.attributes
    direct, at_roots = Counter[str](), Counter[str]()
    for span_id, says in told.items():
        span = here[span_id]
        is_root = span.parent_span_id not in here
        at_roots[span.trace_id] += _pico(says[_TOTAL]) if is_root else 0
        if _DIRECT in says:
            direct[span.trace_id] += _pico(says[_DIRECT])
            if _pico(says[_DIRECT]) + _pico(says[_CHILDREN]) != _pico(says[_TOTAL]):
                yield f"{span.name}: {says[_DIRECT]} and {says[_CHILDREN]} are not {says[_TOTAL]}"
    for trace_id in sorted(direct | at_roots):
        if direct[trace_id] != at_roots[trace_id]:
            yield f"trace {trace_id}: its roots say {exact(at_roots[trace_id])}, owners {exact(direct[trace_id])}"
    # A call that is a trace of its own belongs to nobody, unless a record of it in another trace does.
    elsewhere = {span.attributes.get(_DUPLICATE_OF) for span in spans}
    alone = [
        s for s in spans if s.parent_span_id not in here and _AMOUNT in s.attributes and s.span_id not in elsewhere
    ]
    owned, billed = sum(at_roots.values()), sum(price_of(bill) for bill in bills if bill.told)
    if owned + sum(_pico(span.attributes[_AMOUNT]) for span in alone) != billed:
        yield f"roots say {exact(owned)}, beside {len(alone)} calls of nobody; billed were {exact(billed)}"


def _faults_in_metrics(points: Sequence[ReceivedPoint], bills: Sequence[Bill], *, agents: bool) -> Iterator[str]:
    """Compare the counters: money, calls by whether they are priced, tokens by type, all of it by agent."""
    expected = defaultdict[str, Counter[Any]](Counter)
    for bill in bills:
        agent = bill.agent if agents else None
        expected["spancost.calls"][agent, "exact" if bill.told else "unpriced"] += 1
        if bill.told:
            expected["spancost.cost"][agent] += price_of(bill)
            expected["spancost.tokens"] += _tokens(bill)
    told = defaultdict[str, Counter[Any]](Counter)
    for metric in ("spancost.calls", "spancost.cost", "spancost.tokens"):
        for point in latest(points, metric):
            agent = point.attributes.get("gen_ai.agent.name") if agents else None
            if metric == "spancost.calls":
                told[metric][agent, point.attributes["spancost.pricing.status"]] += int(point.value)
            elif metric == "spancost.cost":
                told[metric][agent] += _pico(point.value)
            else:
                told[metric][point.attributes["spancost.token.type"]] += int(point.value)
    for metric in sorted(expected.keys() | told.keys()):
        for key in sorted(expected[metric] | told[metric], key=repr):
            if told[metric][key] != expected[metric][key]:
                yield f"the metric {metric} says {told[metric][key]} of {key}, billed were {expected[metric][key]}"
    for point in latest(points, "spancost.internal.errors"):
        yield f"{point.value} faults of ours in {point.attributes}"


def _tokens(bill: Bill) -> Counter[str]:
    usage = bill.usage
    return Counter(
        input=usage.input - usage.cache_read - usage.cache_write,
        cache_read=usage.cache_read,
        cache_write=usage.cache_write,
        output=usage.output - usage.reasoning,
        reasoning=usage.reasoning,
    )


def _pico(usd: float) -> int:
    """Return an amount as the pico-dollars it was made from; below 1,000 USD a double holds them exactly."""
    return round(usd * 10**12)
