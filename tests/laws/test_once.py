"""Law 1: every billed call is counted exactly once, in whichever way it was reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import WAYS, Report, reports
from support import Player, Span, agent, call, cost, tool

from spancost.budgets import parse_line

_Told = dict[str, Any]


def _nest(
    play: Player, parent: Span, records: list[_Told], *, plain_between: bool = False, outer_first: bool = False
) -> None:
    """Play records of one call, each around the next; a stream's innermost span may be the last to end."""
    spans: list[tuple[Span, _Told]] = []
    for told in records:
        parent = play.start({name: told[name] for name in ("gen_ai.operation.name", "gen_ai.request.model")}, parent)
        spans.append((parent, told))
        if plain_between:
            parent = play.start({"http.method": "POST"}, parent)
            spans.append((parent, {}))
    for span, told in spans if outer_first else reversed(spans):
        play.end(span, told)


def _report(play: Player, parent: Span, report: Report, number: int) -> None:
    """Let spans tell of one call in the way the report says."""
    with_id = call(*report.tokens, response_id=f"response-{number}")
    without = call(*report.tokens)
    told = with_id if report.has_id else without
    silent = call(response_id=told.get("gen_ai.response.id", ""))

    def nest(*records: _Told, plain_between: bool = False) -> None:
        _nest(play, parent, list(records), plain_between=plain_between, outer_first=report.swapped)

    def elsewhere() -> None:
        play.play(with_id, trace_id=1000 + number)

    def siblings(count: int) -> None:
        spans = [play.start(with_id, parent) for _ in range(count)]
        for span in reversed(spans) if report.swapped else spans:
            play.end(span)

    def another() -> None:
        if report.swapped:
            elsewhere()
        play.play(with_id, parent)
        if not report.swapped:
            elsewhere()

    def nested_and_another() -> None:
        if report.swapped:
            elsewhere()
        _nest(play, parent, [with_id, with_id])
        if not report.swapped:
            elsewhere()

    def outside_and_another() -> None:
        if report.swapped:
            elsewhere()
        _nest(play, parent, [with_id, without])
        if not report.swapped:
            elsewhere()

    def outside_last_and_another() -> None:
        if report.swapped:
            elsewhere()
        _nest(play, parent, [with_id, without], outer_first=True)
        if not report.swapped:
            elsewhere()

    ways: dict[str, Callable[[], object]] = {
        "single": lambda: play.play(told, parent),
        "parent and child": lambda: nest(told, told),
        "parent and child, id inside": lambda: nest(without, with_id),
        "parent and child, id outside": lambda: nest(with_id, without),
        "parent and child, usage inside": lambda: nest(silent, told),
        "parent and child, usage outside": lambda: nest(told, silent),
        "parent, plain span and child": lambda: nest(told, told, plain_between=True),
        "three layers": lambda: nest(told, told, told),
        "siblings": lambda: siblings(2),
        "three siblings": lambda: siblings(3),
        "another trace": another,
        "parent and child, and another trace": nested_and_another,
        "parent and child, id outside, and another trace": outside_and_another,
        "parent and child, the parent ends first, and another trace": outside_last_and_another,
    }
    assert set(WAYS) == set(ways)
    ways[report.way]()


def _repeated(told: list[Report]) -> dict[str, Any]:
    return call(sum(report.tokens[0] for report in told), sum(report.tokens[1] for report in told)) if told else {}


def _check(told: list[Report]) -> None:
    ledger = sum(cost(*report.tokens) for report in told)
    play = Player(*parse_line("agent=100/day; user=1/month", ZoneInfo("UTC")))
    root = play.start(agent("root"))
    worker = play.start(agent("worker"), root)
    step = play.start(tool("step"), worker)
    for number, report in enumerate(told):
        _report(play, (root, worker, step)[number % 3], report, number)
    play.end(step)
    # An agent's span repeats what the calls below it used: it is a claim about them, not a call.
    play.end(worker, _repeated(told[1::3] + told[2::3]) | agent("worker"))
    play.end(root, _repeated(told) | agent("root"))
    play.settle()
    whole = play.owner(root)
    assert (ledger, len(told)) == (play.engine.spent.direct, play.engine.spent.calls)
    assert (ledger, len(told), 0) == (whole.total, whole.calls, whole.unpriced)
    assert sum(report.records - 1 for report in told) == play.engine.duplicates
    assert (ledger, ledger) == (play.counted, play.in_series)
    assert len(told) == sum(row.calls for row in play.series)
    assert 2 * ledger == play.booked, "two budgets"
    assert sum(report.tokens[0] for report in told) == whole.input == sum(row.input for row in play.series)
    assert 0 == len(play.engine.tree)


@settings(max_examples=150)
@given(reports())
def test_every_call_is_counted_once_however_it_is_reported(told: list[Report]) -> None:
    """Totals, counters, series and budgets all say what was billed, for any mixture of reports."""
    _check(told)


@pytest.mark.parametrize("swapped", [False, True], ids=["in order", "swapped"])
@pytest.mark.parametrize("has_id", [False, True], ids=["no id", "id"])
@pytest.mark.parametrize("way", sorted(WAYS))
def test_each_way_of_reporting_counts_once(way: str, has_id: bool, swapped: bool) -> None:
    """Each way alone, so that one that breaks has a name."""
    _check([Report(way, WAYS[way], has_id, (100, 50), swapped)])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=20))
def test_records_of_one_response_id_are_one_call_in_any_number(records: list[tuple[int, bool]]) -> None:
    """Whatever traces and agents tell of a response, in whatever order, one of them has the charge."""
    play = Player()
    roots = [play.start(agent(str(trace)), trace_id=trace + 1) for trace in range(4)]
    for trace, below in records:
        play.play(call(10, 5, response_id="r"), roots[trace] if below else None, trace_id=trace + 100)
    for root in roots:
        play.end(root)
    play.settle()
    assert (cost(10, 5), 1) == (play.engine.spent.direct, play.engine.spent.calls)
    assert cost(10, 5) == play.counted
    owned = any(below for _, below in records)
    assert (cost(10, 5) if owned else 0) == sum(play.owner(root).total for root in roots)


@settings(max_examples=300)
@given(st.data())
def test_layers_of_one_call_are_one_call_in_any_order_of_their_ends(data: st.DataObject) -> None:
    """Framework, client and what lies between, told early or late, with or without an id, below agents that repeat it."""
    layers = data.draw(st.lists(st.sampled_from(["call", "told late", "plain"]), min_size=1, max_size=5), "layers")
    agents = data.draw(st.lists(st.booleans(), min_size=1, max_size=2), "whether each agent repeats the usage")
    has_id = data.draw(st.booleans(), "has an id")
    told = call(100, 50, response_id="response-0123456789" if has_id else "")
    play = Player(*parse_line("agent=100/day", ZoneInfo("UTC")))
    spans: list[tuple[Span, _Told]] = []
    parent: Span | None = None
    for place, repeats in enumerate(agents):
        parent = play.start(agent(f"agent-{place}"), parent)
        spans.append((parent, agent(f"agent-{place}") | (_without_operation(told) if repeats else {})))
    for layer in (*layers, "call"):
        parent = play.start(call() if layer == "call" else {}, parent)
        spans.append((parent, {} if layer == "plain" else told))
    for span, attributes in data.draw(st.permutations(spans), "order of ends"):
        play.end(span, attributes)
    play.settle()
    whole = play.owner(spans[0][0])
    assert (cost(100, 50), 1) == (play.engine.spent.direct, play.engine.spent.calls)
    assert (cost(100, 50), 1) == (whole.total, whole.calls)
    assert (cost(100, 50), cost(100, 50)) == (play.counted, play.booked)


def _without_operation(told: _Told) -> _Told:
    return {name: value for name, value in told.items() if name != "gen_ai.operation.name"}
