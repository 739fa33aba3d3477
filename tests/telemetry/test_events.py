"""Events: what is told, in which span's context, how severe, and how often."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from opentelemetry import trace
from otlp_receiver import Receiver
from sdk_program import Program, call, run_agent

from spancost.budgets import parse_line
from spancost.errors import Problem
from spancost.telemetry.events import bucket, config_told

pytestmark = pytest.mark.sdk


def test_a_breach_is_a_log_event_and_a_span_event_and_a_state(receiver: Receiver) -> None:
    """Whoever looks at logs, at spans or at a filter over attributes sees the breach, in the context of its span."""
    with Program(receiver.endpoint, budgets="user=0.02/day") as program:
        with program.tracer.start_as_current_span("request"), run_agent(program.tracer, "helper"):
            calls = [call(program.tracer, user__id="ada") for _ in range(2)]
        call(program.tracer, user__id="ada")
        call(program.tracer, user__id="bob", into=1, out=1)
        program.flush()
    spans = {span.span_id: span for span in receiver.spans()}
    crossing = spans[f"{calls[1].get_span_context().span_id:016x}"]
    names = ["spancost.budget.threshold", "spancost.budget.threshold", "spancost.budget.breach"]
    assert names == [name for name, _ in crossing.events]
    records = receiver.records()
    assert names == [record.event_name for record in records]
    assert ["WARN", "ERROR", "FATAL"] == [record.severity_text for record in records]
    assert [13, 17, 21] == [record.severity_number for record in records]
    assert {(crossing.trace_id, crossing.span_id)} == {(record.trace_id, record.span_id) for record in records}
    assert [attributes for _, attributes in crossing.events] == [record.attributes for record in records]
    states = {span.name: span.attributes.get("spancost.budget.state") for span in spans.values() if span.parent_span_id}
    assert {"invoke_agent helper": None, "chat gpt-5.2": "breach"} == states | {"chat gpt-5.2": "breach"}
    assert "breach" == crossing.attributes["spancost.budget.state"]
    root = next(span for span in spans.values() if span.name == "request")
    assert "breach" == root.attributes["spancost.budget.state"]
    untouched = [span for span in spans.values() if span is not crossing and span is not root]
    assert {None} == {span.attributes.get("spancost.budget.state") for span in untouched}


def test_a_breach_says_whose_budget_it_is_and_how_it_stands(receiver: Receiver) -> None:
    """The event carries the budget, the value, the window and exact amounts."""
    noon = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()) * 10**9
    with Program(receiver.endpoint, budgets="team=0.01/day", clock=lambda: noon) as program:
        call(program.tracer, spancost__team="search")
        program.flush()
    breach = receiver.records()[-1]
    assert {
        "spancost.budget.id": "team-day",
        "spancost.budget.scope": "team",
        "spancost.budget.value": "search",
        "spancost.budget.limit": 0.01,
        "spancost.budget.usage": 0.012,
        "spancost.budget.utilization": 1.2,
        "spancost.budget.threshold": 1.0,
        "spancost.budget.window_kind": "day",
        "spancost.budget.window_start": "2026-11-24T00:00:00Z",
        "spancost.budget.window_end": "2026-11-25T00:00:00Z",
        "spancost.budget.forecast": 0.024,
        "spancost.budget.dedup_key": "team-day/search/2026-11-24T00:00:00Z/100",
    } == breach.attributes
    assert noon == breach.time_ns
    assert "budget team-day of search passed 100%: $0.012 of $0.010 a day" == breach.body


def test_each_threshold_is_told_once_until_the_window_ends(receiver: Receiver) -> None:
    """However often spend goes on past a threshold, it is told once a window, and the next window begins anew."""
    day = 86_400 * 10**9
    now = [20_000 * day]
    with Program(receiver.endpoint, budgets="user=0.1/day", clock=lambda: now[0]) as program:
        for _ in range(30):
            call(program.tracer, user__id="ada")
        now[0] += day
        for _ in range(7):
            call(program.tracer, user__id="ada")
        program.flush()
    told = [(record.event_name, record.attributes.get("spancost.budget.threshold")) for record in receiver.records()]
    assert [
        ("spancost.budget.threshold", 0.75),
        ("spancost.budget.threshold", 0.9),
        ("spancost.budget.breach", 1.0),
        ("spancost.budget.recovered", None),
        ("spancost.budget.threshold", 0.75),
    ] == told


def test_a_late_child_is_told_as_the_owners_new_totals(receiver: Receiver) -> None:
    """A stream that ends after its agent leaves the span alone; events carry the new absolute totals, in sequence."""
    with Program(receiver.endpoint) as program:
        with run_agent(program.tracer, "coordinator") as coordinator:
            with run_agent(program.tracer, "streamer") as streamer:
                call(program.tracer)
            context = trace.set_span_in_context(streamer)
        call(program.tracer, context=context)
        call(program.tracer, context=context)
        program.flush()
    owners = {span.attributes.get("gen_ai.agent.name"): span.attributes for span in receiver.spans()}
    assert (0.012, 0.012) == tuple(owners[name]["spancost.cost.total"] for name in ("coordinator", "streamer"))
    told = [
        tuple(
            record.attributes[name]
            for name in (
                "spancost.owner.name",
                "spancost.correction.sequence",
                "spancost.cost.direct",
                "spancost.cost.children",
                "spancost.cost.total",
                "spancost.calls.total",
                "spancost.tokens.input",
            )
        )
        for record in receiver.records()
    ]
    assert [
        ("streamer", 1, 0.024, 0.0, 0.024, 2, 3000),
        ("coordinator", 1, 0.0, 0.024, 0.024, 2, 3000),
        ("streamer", 2, 0.036, 0.0, 0.036, 3, 4500),
        ("coordinator", 2, 0.0, 0.036, 0.036, 3, 4500),
    ] == told
    assert {"spancost.cost.correction"} == {record.event_name for record in receiver.records()}
    ids = {"coordinator": coordinator, "streamer": streamer}
    for record in receiver.records():
        owner = ids[record.attributes["spancost.owner.name"]].get_span_context()
        assert (f"{owner.trace_id:032x}", f"{owner.span_id:016x}") == (record.trace_id, record.span_id)


def test_a_wrong_file_of_any_name_is_told(receiver: Receiver) -> None:
    """A path that is no UTF-8 comes in halves of characters, which OTLP can't carry: they are told as question marks."""
    problem = Problem("SPANCOST_CONFIG", "caf\udce9.toml: can't be read", "name a TOML file", file="caf\udce9.toml")
    with Program(receiver.endpoint) as program:
        program.exporter.tell(config_told(problem, 1))
        program.flush()
    (record,) = receiver.records()
    assert ("caf?.toml", "caf?.toml: can't be read") == (
        record.attributes["spancost.config.file"],
        record.attributes["spancost.config.message"],
    )


def test_a_wrong_file_is_told_with_its_place_and_remedy(receiver: Receiver) -> None:
    """A configuration fault leaves as an event that names file, line, key and what to do."""
    problem = Problem(
        "budget[0].limit", "limit must be positive, got -5", "write an amount above 0", file="spancost.toml", line=14
    )
    with Program(receiver.endpoint) as program:
        program.exporter.tell(config_told(problem, 1))
        program.flush()
    (record,) = receiver.records()
    assert ("spancost.config.error", "ERROR", "") == (record.event_name, record.severity_text, record.span_id)
    assert {
        "spancost.config.key": "budget[0].limit",
        "spancost.config.message": "limit must be positive, got -5",
        "spancost.config.remedy": "write an amount above 0",
        "spancost.config.file": "spancost.toml",
        "spancost.config.line": 14,
    } == record.attributes


@pytest.mark.parametrize(
    ("usd", "name"),
    [
        ("0", "0"),
        ("0.000999", "<0.001"),
        ("0.001", "<0.01"),
        ("0.01", "<0.1"),
        ("0.1", "<1"),
        ("1", "<10"),
        ("10", ">=10"),
        ("100000", ">=10"),
    ],
)
def test_a_bucket_holds_its_lower_bound_and_not_its_upper(usd: str, name: str) -> None:
    """An amount on the border between two ranges belongs to the higher."""
    assert name == bucket(int(float(usd) * 10**12))


def test_budgets_are_read_before_they_are_told() -> None:
    """The default thresholds are the three that severity is defined for."""
    (budget,) = parse_line("user=5/day", UTC)
    assert [75, 90, 100] == [threshold.percent for threshold in budget.thresholds]
