"""The cost tree in received spans, and how it compares with what a provider billed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
from otlp_receiver import ReceivedPoint, ReceivedSpan
from provider import Bill

__all__ = ["CostNode", "cost_trees", "differences", "exact", "latest", "price_of", "render", "spent_by_agent", "usd"]

_AMOUNT = "gen_ai.usage.cost.amount"
_DIRECT, _CHILDREN, _TOTAL = (f"spancost.cost.{part}" for part in ("direct", "children", "total"))
_ROUNDING = 1_000
"""Pico-USD that sums of doubles may be off."""

_OWNING_OPERATIONS = ("invoke_agent", "invoke_workflow")


@dataclass(frozen=True, slots=True)
class CostNode:
    """An agent, a workflow, the root of a trace, or a call that belongs to none of them; money is in pico-USD."""

    name: str
    total: int
    direct: int
    calls: int
    below: tuple[CostNode, ...] = ()


def cost_trees(spans: Sequence[ReceivedSpan]) -> list[CostNode]:
    """Read the tree of each trace from the totals stamped on its spans."""
    family = _Family(spans)
    return [node for root in family.below[""] for node in _nodes(root, family, owned=False)]


def render(roots: Iterable[CostNode]) -> str:
    """Draw trees for a person to read."""
    return "\n".join(line for root in roots for line in (_label(root, 0), *_branches(root, "")))


def usd(pico: int) -> str:
    """Return pico-USD as dollars to four places."""
    return f"${pico / 10**12:.4f}"


def exact(pico: int) -> str:
    """Return pico-USD as dollars, to the last place."""
    return f"${Decimal(pico) / 10**12:f}"


def price_of(bill: Bill) -> int:
    """Return what a call cost in pico-USD, at the prices of genai-prices and without any code of spancost."""
    usage = genai_prices.Usage(
        input_tokens=bill.usage.input,
        output_tokens=bill.usage.output,
        cache_read_tokens=bill.usage.cache_read or None,
        cache_write_tokens=bill.usage.cache_write or None,
        cache_write_1h_tokens=bill.usage.cache_write_1h or None,
    )
    now = datetime.now(UTC)
    price = genai_prices.calc_price(usage, bill.response_model, provider_id=bill.provider, genai_request_timestamp=now)
    return int(price.total_price * 10**12)


def latest(points: Iterable[ReceivedPoint], metric: str) -> list[ReceivedPoint]:
    """Return the last point of each series of a metric, which for a cumulative counter holds all of it."""
    newest: dict[str, ReceivedPoint] = {}
    for point in sorted((p for p in points if p.metric == metric), key=lambda p: p.time_ns):
        newest[repr((sorted(point.attributes.items()), point.scope_attributes, point.resource))] = point
    return list(newest.values())


def differences(spans: Sequence[ReceivedSpan], points: Sequence[ReceivedPoint], bills: Sequence[Bill]) -> Iterator[str]:
    """Yield a sentence for everything that is not, to the last pico-dollar, what the provider billed."""
    family = _Family(spans)
    prices = {bill.response_id: price_of(bill) for bill in bills}
    reports = defaultdict[str, list[ReceivedSpan]](list)
    for span in spans:
        if (response := span.attributes.get("gen_ai.response.id")) in prices:
            reports[response].append(span)

    direct = Counter[str]()
    for response, price in prices.items():
        charged = [_pico(span, _AMOUNT) for span in reports[response] if _AMOUNT in span.attributes]
        if charged != [price]:
            amounts = ", ".join(map(exact, charged)) or "nothing"
            yield f"{response}: billed {exact(price)}, charged {amounts} by {len(reports[response])} spans of it"
        for report in reports[response][:1]:
            direct[family.owner_of(report)] += price
    strangers = [
        s.name for s in spans if _AMOUNT in s.attributes and s.attributes.get("gen_ai.response.id") not in prices
    ]
    if strangers:
        yield f"charged and never billed: {', '.join(strangers)}"

    for span in spans:
        if not family.is_owner(span):
            if _DIRECT in span.attributes:
                yield f"{span.name}: is stamped as an owner and is none"
            continue
        children = sum(direct[owner.span_id] for owner in family.owners_under(span))
        expected = {_DIRECT: direct[span.span_id], _CHILDREN: children, _TOTAL: direct[span.span_id] + children}
        for attribute, pico in expected.items():
            if attribute not in span.attributes:
                yield f"{span.name}: lacks {attribute}, which should be {exact(pico)}"
            elif _pico(span, attribute) != pico:
                yield f"{span.name}: {attribute} is {exact(_pico(span, attribute))} and should be {exact(pico)}"

    owned = sum(_pico(span, _TOTAL) for span in spans if family.is_owner(span) and _TOTAL in span.attributes)
    yield from _differences_in_metrics(points, bills, sum(prices.values()), owned)


def spent_by_agent(spans: Sequence[ReceivedSpan], bills: Sequence[Bill]) -> dict[str, list[int]]:
    """Return pico-USD of each call that was billed, by the nearest agent above it."""
    family = _Family(spans)
    prices = {bill.response_id: price_of(bill) for bill in bills}
    spent = defaultdict[str, list[int]](list)
    for span in spans:
        price = prices.pop(span.attributes.get("gen_ai.response.id", ""), None)
        if price is not None:
            spent[family.agent_of(span)].append(price)
    return spent


def _differences_in_metrics(
    points: Sequence[ReceivedPoint], bills: Sequence[Bill], cost: int, owned: int
) -> Iterator[str]:
    counted = sum(round(point.value * 10**12) for point in latest(points, "spancost.cost"))
    if counted != cost:
        yield f"the metric spancost.cost says {exact(counted)}, billed were {exact(cost)}"
    recorded = sum(round(point.value * 10**12) for point in latest(points, "spancost.owner.cost"))
    # A histogram adds doubles up.
    if abs(recorded - owned) > _ROUNDING:
        yield f"the metric spancost.owner.cost says {exact(recorded)}, owners' spans {exact(owned)}"
    calls = sum(point.value for point in latest(points, "spancost.calls"))
    if calls != len(bills):
        yield f"the metric spancost.calls says {calls}, billed were {len(bills)}"
    tokens = Counter[str]()
    for point in latest(points, "spancost.tokens"):
        tokens[point.attributes["spancost.token.type"]] += int(point.value)
    billed = Counter[str]()
    for usage in (bill.usage for bill in bills):
        billed["input"] += usage.input - usage.cache_read - usage.cache_write
        billed["cache_read"] += usage.cache_read
        billed["cache_write"] += usage.cache_write
        billed["output"] += usage.output - usage.reasoning
        billed["reasoning"] += usage.reasoning
    for kind in sorted(billed | tokens):
        if tokens[kind] != billed[kind]:
            yield f"the metric spancost.tokens says {tokens[kind]} of {kind}, billed were {billed[kind]}"


class _Family:
    """Who is whose parent among spans; a span whose parent did not arrive is a root."""

    def __init__(self, spans: Iterable[ReceivedSpan]) -> None:
        self.spans = {span.span_id: span for span in spans}
        self.below = defaultdict[str, list[ReceivedSpan]](list)
        for span in sorted(self.spans.values(), key=lambda span: span.start_ns):
            self.below[span.parent_span_id if span.parent_span_id in self.spans else ""].append(span)

    def is_owner(self, span: ReceivedSpan) -> bool:
        """Say whether money can belong to a span: an agent, a workflow, or a root that is no call itself."""
        attributes = span.attributes
        if attributes.get("gen_ai.operation.name") in _OWNING_OPERATIONS:
            return True
        return span.parent_span_id not in self.spans and "gen_ai.response.id" not in attributes

    def owner_of(self, call: ReceivedSpan) -> str:
        """Return the span id of the nearest owner above a call, empty if there is none."""
        span = self.spans.get(call.parent_span_id)
        while span and not self.is_owner(span):
            span = self.spans.get(span.parent_span_id)
        return span.span_id if span else ""

    def agent_of(self, call: ReceivedSpan) -> str:
        """Return the name of the nearest agent above a call, `(none)` if there is none."""
        span = self.spans.get(call.parent_span_id)
        while span and span.attributes.get("gen_ai.operation.name") != "invoke_agent":
            span = self.spans.get(span.parent_span_id)
        return span.attributes["gen_ai.agent.name"] if span else "(none)"

    def owners_under(self, span: ReceivedSpan) -> Iterator[ReceivedSpan]:
        """Yield every owner in the subtree of a span, itself excluded."""
        for child in self.below[span.span_id]:
            if self.is_owner(child):
                yield child
            yield from self.owners_under(child)


def _nodes(span: ReceivedSpan, family: _Family, *, owned: bool) -> Iterator[CostNode]:
    attributes = span.attributes
    owner = _DIRECT in attributes
    below = [node for child in family.below[span.span_id] for node in _nodes(child, family, owned=owned or owner)]
    if owner:
        name = attributes.get("gen_ai.agent.name") or attributes.get("gen_ai.workflow.name") or span.name
        calls = attributes["spancost.calls.total"]
        yield CostNode(name, _pico(span, _TOTAL), _pico(span, _DIRECT), calls, tuple(below))
        return
    if _AMOUNT in attributes and not owned:
        yield CostNode(span.name, _pico(span, _AMOUNT), _pico(span, _AMOUNT), 1)
    yield from below


def _label(node: CostNode, width: int) -> str:
    direct = f"  (direct {usd(node.direct)})" if node.below else ""
    return f"{node.name:{width}}  {usd(node.total)}{direct}"


def _branches(node: CostNode, indent: str) -> Iterator[str]:
    only_leaves = not any(child.below for child in node.below)
    width = max((len(child.name) for child in node.below), default=0) if only_leaves else 0
    for child in node.below:
        last = child is node.below[-1]
        yield f"{indent}{'└── ' if last else '├── '}{_label(child, width)}"
        yield from _branches(child, indent + ("    " if last else "│   "))


def _pico(span: ReceivedSpan, attribute: str) -> int:
    """Return an amount as the pico-dollars it was made from; below 1,000 USD a double holds them exactly."""
    return round(span.attributes[attribute] * 10**12)
