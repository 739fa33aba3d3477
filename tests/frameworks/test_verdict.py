"""The verdict on a run: what is as it was billed passes, and whatever isn't has a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cost_tree import price_of
from frameworks.verdict import Received, Told, faults
from model_apis import Usage
from otlp_receiver import ReceivedPoint, ReceivedRecord, ReceivedSpan
from provider import Bill

_TOLD = Bill(
    number=1,
    received_ns=1,
    agent="writer",
    provider="anthropic",
    api="messages",
    stream=False,
    request_model="claude-haiku-4-5",
    response_model="claude-haiku-4-5-20251001",
    response_id="msg_1",
    usage=Usage(input=1200, output=50, cache_read=1100),
    told=True,
)
_UNTOLD = replace(_TOLD, number=2, response_id="msg_2", told=False)
_BILLS = [_TOLD, _UNTOLD]
_USD = price_of(_TOLD) / 10**12
_NAMED = {"gen_ai.agent.name": "writer"}


def _span(span_id: str, parent: str, **attributes: Any) -> ReceivedSpan:
    dotted = {name.replace("__", "."): value for name, value in attributes.items()}
    return ReceivedSpan("t", span_id, parent, span_id, 1, 0, 1, dotted, (), "", {}, 0)


def _owner(usd: float) -> ReceivedSpan:
    return _span("agent", "", spancost__cost__direct=usd, spancost__cost__children=0.0, spancost__cost__total=usd)


def _call(usd: float) -> ReceivedSpan:
    return _span("call", "agent", gen_ai__usage__cost__amount=usd)


def _point(metric: str, value: float, **attributes: str) -> ReceivedPoint:
    dotted = {name.replace("__", "."): each for name, each in attributes.items()} | _NAMED
    return ReceivedPoint(metric, "", "", "sum", True, 2, dotted, value, None, 0, 1, "", {}, {})


_POINTS = (
    _point("spancost.calls", 1, spancost__pricing__status="exact"),
    _point("spancost.calls", 1, spancost__pricing__status="unpriced"),
    _point("spancost.cost", _USD),
    _point("spancost.tokens", 100, spancost__token__type="input"),
    _point("spancost.tokens", 1100, spancost__token__type="cache_read"),
    _point("spancost.tokens", 20, spancost__token__type="output"),
    _point("spancost.tokens", 30, spancost__token__type="reasoning"),
)
_RIGHT = Received((_owner(_USD), _call(_USD)), _POINTS)


def test_what_was_billed_and_told_passes() -> None:
    """A priced call, and one whose usage nobody was told."""
    assert [] == faults(_RIGHT, _BILLS, Told())


@pytest.mark.parametrize("lost", _POINTS, ids=lambda point: point.metric)
def test_a_counter_that_misses_something_is_a_fault(lost: ReceivedPoint) -> None:
    """Calls by status, money by agent, tokens by type."""
    assert faults(replace(_RIGHT, points=[point for point in _POINTS if point is not lost]), _BILLS, Told())


@pytest.mark.parametrize(
    "spans",
    [
        (_owner(_USD),),
        (_owner(_USD), _call(_USD), replace(_call(_USD), span_id="again")),
        (_owner(_USD), _call(_USD * 2)),
        (_owner(_USD * 2), _call(_USD)),
        (replace(_owner(_USD), attributes=_owner(_USD).attributes | {"spancost.cost.direct": 0.0}), _call(_USD)),
    ],
    ids=["no amount", "twice", "another amount", "another total", "another sum"],
)
def test_spans_that_say_anything_else_are_a_fault(spans: tuple[ReceivedSpan, ...]) -> None:
    """Each priced call is one amount, and all owners together say as much."""
    assert faults(replace(_RIGHT, spans=spans), _BILLS, Told())


def test_a_call_below_no_owner_belongs_to_nobody() -> None:
    """Its amount says all there is to say, unless another record of it lies below an owner."""
    assert [] == faults(replace(_RIGHT, spans=(_call(_USD),)), _BILLS, Told())
    again = _span("again", "agent", spancost__dedup__duplicate_of="call")
    bare = replace(_call(_USD), parent_span_id="")
    assert [] == faults(replace(_RIGHT, spans=(_owner(_USD), bare, again)), _BILLS, Told())
    assert faults(replace(_RIGHT, spans=(_owner(_USD), bare)), _BILLS, Told())


def test_an_owner_is_believed_as_corrected_last() -> None:
    """What came after its end stands in events, of which the highest number holds."""
    says = [_owner(_USD).attributes | {"spancost.correction.sequence": 2}]
    says.insert(0, _owner(_USD / 2).attributes | {"spancost.correction.sequence": 1})
    records = [ReceivedRecord("spancost.cost.correction", 9, "", "", each, "t", "agent", 0, "", {}) for each in says]
    late = Received((_owner(0.0), _call(_USD)), _POINTS, records)

    assert [] == faults(late, _BILLS, Told())
    assert faults(replace(late, records=()), _BILLS, Told())


def test_what_a_stack_can_t_tell_is_asked_for_no_more_than_that() -> None:
    """Each exception is as narrow as its name, and a fault where it doesn't hold."""
    for told in (Told(unseen=["writer"]), Told(silent=["writer"])):
        assert faults(_RIGHT, _BILLS, told)
    silent = replace(_POINTS[1], value=2)
    assert [] == faults(Received((), (silent,)), _BILLS, Told(silent=["writer"]))
    assert [] == faults(Received((), ()), _BILLS, Told(unseen=["writer"]))
    assert [] == faults(replace(_RIGHT, spans=(_owner(_USD),)), _BILLS, Told(corrected=["writer"]))
    assert [] == faults(Received((), _POINTS), _BILLS, Told(misread=["writer"]))
    assert faults(replace(_RIGHT, spans=(_owner(_USD),)), _BILLS, Told(corrected=["researcher"]))


def test_a_run_that_nothing_was_billed_for_is_a_fault() -> None:
    """A program that failed before its first call has nothing wrong with its money."""
    assert ["nothing was billed"] == faults(Received((), ()), [], Told())
