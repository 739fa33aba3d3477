"""The demo's own eyes: it draws the tree that spans carry, and sees every amount that is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("genai_prices")

from cost_tree import cost_trees, differences, latest, price_of, render
from otlp_receiver import ReceivedPoint, ReceivedSpan
from provider import Bill, Usage

_AGENT = {"gen_ai.operation.name": "invoke_agent"}


def _span(span_id: str, parent: str, name: str, **attributes: Any) -> ReceivedSpan:
    return ReceivedSpan("t", span_id, parent, name, 1, int(span_id, 16), 99, attributes, (), "test", {}, 0)


def _agent(span_id: str, parent: str, name: str, direct: float, children: float) -> ReceivedSpan:
    money = {f"spancost.cost.{part}": amount for part, amount in (("direct", direct), ("children", children))}
    total = {"spancost.cost.total": round(direct + children, 12), "spancost.calls.total": 1}
    return _span(span_id, parent, f"invoke_agent {name}", **_AGENT, **money, **total, **{"gen_ai.agent.name": name})


def _call(span_id: str, parent: str, response_id: str, amount: float | None) -> ReceivedSpan:
    cost = {} if amount is None else {"gen_ai.usage.cost.amount": amount}
    return _span(span_id, parent, "chat gpt-5.2", **{"gen_ai.response.id": response_id}, **cost)


def _bill(response_id: str, input_tokens: int, output_tokens: int) -> Bill:
    return Bill(
        number=1,
        agent=None,
        provider="openai",
        api="responses",
        stream=False,
        request_model="gpt-5.2",
        response_model="gpt-5.2-2025-12-11",
        response_id=response_id,
        usage=Usage(input=input_tokens, output=output_tokens),
        told=True,
        received_ns=1,
    )


def _point(metric: str, value: float, time_ns: int = 1, **attributes: str) -> ReceivedPoint:
    return ReceivedPoint(metric, "", "", "sum", True, 2, attributes, value, None, 0, time_ns, "test", {}, {})


# gpt-5.2 costs 1.75 USD a million tokens in and 14 out.
_BILLS = [_bill("r1", 1000, 100), _bill("r2", 2000, 200), _bill("r3", 400, 0)]
_SPANS = [
    _agent("1", "", "coordinator", 0.00315, 0.0063),
    _call("2", "1", "r1", 0.00315),
    _span("3", "1", "execute_tool ask", **{"spancost.cost.total": 0.0063}),
    _agent("4", "3", "helper", 0.0063, 0.0),
    _call("5", "4", "r2", 0.0063),
    _call("6", "5", "r2", None),
    _call("7", "", "r3", 0.0007),
]
_POINTS = [
    _point("spancost.cost", 0.001, 1),
    _point("spancost.cost", 0.01015, 2),
    _point("spancost.calls", 3),
    _point("spancost.owner.cost", 0.01575),
    _point("spancost.tokens", 3400, **{"spancost.token.type": "input"}),
    _point("spancost.tokens", 300, **{"spancost.token.type": "output"}),
]


def _without(span: ReceivedSpan, key: str) -> ReceivedSpan:
    return replace(span, attributes={name: value for name, value in span.attributes.items() if name != key})


def _with(span: ReceivedSpan, key: str, value: Any) -> ReceivedSpan:
    return replace(span, attributes={**span.attributes, key: value})


def test_a_bill_is_priced_as_published() -> None:
    """1,000 tokens in and 100 out of gpt-5.2 are 0.00315 USD, in pico-dollars."""
    assert 3_150_000_000 == price_of(_BILLS[0])


def test_the_tree_shows_owners_and_calls_of_nobody() -> None:
    """Tools are left out, sub-agents hang under their agent, and a bare call stands for itself."""
    assert [
        "coordinator  $0.0095  (direct $0.0032)",
        "└── helper  $0.0063",
        "chat gpt-5.2  $0.0007",
    ] == render(cost_trees(_SPANS)).splitlines()


def test_siblings_are_aligned_where_they_are_all_leaves() -> None:
    """The names of leaves are padded to the longest among them."""
    spans = [
        _agent("1", "", "lead", 0.0, 0.3),
        _agent("2", "1", "short", 0.1, 0.0),
        _agent("3", "1", "much_longer", 0.2, 0.0),
    ]
    assert [
        "lead  $0.3000  (direct $0.0000)",
        "├── short        $0.1000",
        "└── much_longer  $0.2000",
    ] == render(cost_trees(spans)).splitlines()


def test_what_was_billed_and_nothing_else_is_right() -> None:
    """With each call charged once and every total in its place there is no difference."""
    assert [] == list(differences(_SPANS, _POINTS, _BILLS))


@pytest.mark.parametrize(
    ("at", "wrong", "says"),
    [
        (
            1,
            _with(_SPANS[1], "gen_ai.usage.cost.amount", 0.003150000001),
            "r1: billed $0.00315, charged $0.003150000001 by 1",
        ),
        (1, _without(_SPANS[1], "gen_ai.usage.cost.amount"), "r1: billed $0.00315, charged nothing by 1"),
        (5, _call("6", "5", "r2", 0.0063), "r2: billed $0.0063, charged $0.0063, $0.0063 by 2"),
        (6, _call("7", "", "other", 0.0007), "charged and never billed: chat gpt-5.2"),
        (0, _agent("1", "", "coordinator", 0.00945, 0.0), "spancost.cost.direct is $0.00945 and should be $0.00315"),
        (0, _without(_SPANS[0], "spancost.cost.total"), "lacks spancost.cost.total, which should be $0.00945"),
        (2, _with(_SPANS[2], "spancost.cost.direct", 0.0), "is stamped as an owner and is none"),
    ],
)
def test_every_wrong_span_is_seen(at: int, wrong: ReceivedSpan, says: str) -> None:
    """A pico-dollar too much, a call charged never, twice or unbilled, a total astray: each is named."""
    spans = [*_SPANS[:at], wrong, *_SPANS[at + 1 :]]
    assert any(says in difference for difference in differences(spans, _POINTS, _BILLS))


@pytest.mark.parametrize(
    ("at", "metric"),
    [(1, "spancost.cost"), (2, "spancost.calls"), (3, "spancost.owner.cost"), (4, "spancost.tokens")],
)
def test_every_wrong_metric_is_seen(at: int, metric: str) -> None:
    """A counter that is off by one of anything is named."""
    points = [*_POINTS[:at], replace(_POINTS[at], value=_POINTS[at].value + 1), *_POINTS[at + 1 :]]
    (difference,) = differences(_SPANS, points, _BILLS)
    assert f"the metric {metric} says" in difference


def test_the_last_point_of_a_series_counts() -> None:
    """Cumulative series are read at their last export, each by itself."""
    points = [*_POINTS, _point("spancost.cost", 0.5, 1, **{"gen_ai.agent.name": "helper"})]
    assert {0.01015, 0.5} == {point.value for point in latest(points, "spancost.cost")}
