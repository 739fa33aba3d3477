"""Metrics as a receiver sees them: exact, bounded, right under both temporalities and in forked children."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from opentelemetry import trace
from otlp_receiver import ReceivedPoint, Receiver
from sdk_program import Ledger, Program, call, run_agent

from spancost.budgets.stores import MemoryStore

pytestmark = pytest.mark.sdk

_CUMULATIVE, _DELTA = 2, 1
_USERS = 200_000


def received(points: Iterable[ReceivedPoint], metric: str) -> float:
    """Return what a backend shows for a counter: the deltas added up, or the last of each cumulative series."""
    last: dict[Any, float] = {}
    for point in points:
        if point.metric == metric:
            series = (
                frozenset(point.attributes.items()),
                frozenset(point.scope_attributes.items()),
                frozenset((key, str(value)) for key, value in point.resource.items()),
            )
            last[series] = point.value + (last.get(series, 0) if point.temporality == _DELTA else 0)
    return sum(last.values())


@pytest.mark.parametrize("delta", [False, True], ids=["cumulative", "delta"])
def test_counters_add_up_to_the_ledger(receiver: Receiver, delta: bool) -> None:
    """Over several exports, what a backend adds up is what the provider billed: money, calls and tokens."""
    ledger = Ledger()
    with Program(receiver.endpoint, delta=delta) as program:
        for turn in range(3):
            with run_agent(program.tracer, "coordinator"):
                for into, out, model in ((1500 + turn, 500, "gpt-5.2"), (2000, 800 + turn, "gemini-3-pro")):
                    call(program.tracer, into, out, model)
                    ledger.bill(model, into, out)
            program.flush()
    points = receiver.points()
    assert {_DELTA if delta else _CUMULATIVE} == {point.temporality for point in points if point.kind == "sum"}
    assert pytest.approx(ledger.cost / 10**12, rel=1e-12) == received(points, "spancost.cost")
    assert ledger.calls == received(points, "spancost.calls")
    assert ledger.tokens.total() == received(points, "spancost.tokens")


def test_token_types_are_disjoint(receiver: Receiver) -> None:
    """Cached input is not counted as input again, nor reasoning as output: the types add up to every token used."""
    with Program(receiver.endpoint) as program:
        call(
            program.tracer,
            1000,
            500,
            **{
                "gen_ai.usage.cache_read.input_tokens": 600,
                "gen_ai.usage.cache_write.input_tokens": 100,
                "gen_ai.usage.reasoning.output_tokens": 200,
            },
        )
        program.flush()
    types = {
        point.attributes["spancost.token.type"]: point.value
        for point in receiver.points()
        if point.metric == "spancost.tokens"
    }
    assert {"input": 300, "cache_read": 600, "cache_write": 100, "output": 300, "reasoning": 200} == types


def test_an_owner_is_one_record_of_the_histogram(receiver: Receiver) -> None:
    """Each agent, workflow and root that ends is recorded once, with its total, in buckets of dollars."""
    with Program(receiver.endpoint) as program:
        for _ in range(2):
            with program.tracer.start_as_current_span("request"), run_agent(program.tracer, "helper"):
                call(program.tracer)
        program.flush()
        program.flush()
    last = {
        (point.attributes["spancost.owner.kind"], point.attributes["spancost.owner.name"]): (point.count, point.value)
        for point in receiver.points()
        if point.metric == "spancost.owner.cost"
    }
    assert {("agent", "helper"): (2, 0.024), ("root", "request"): (2, 0.024)} == last


def test_single_charges_are_recorded_where_that_is_asked_for(receiver: Receiver) -> None:
    """With operation cost on, each priced call is a record of the histogram that is proposed upstream."""
    with Program(receiver.endpoint, operation_cost=True) as program:
        for _ in range(3):
            call(program.tracer)
        call(program.tracer, model="nobody-knows-it")
        program.flush()
    (point,) = {
        (point.count, point.value, point.unit)
        for point in receiver.points()
        if point.metric == "gen_ai.client.operation.cost"
    }
    assert (3, pytest.approx(0.036), "{currency_unit}") == point


def test_an_unpriced_call_is_counted_and_costs_nothing(receiver: Receiver) -> None:
    """Unknown is not zero: the call has a series of its own that says it has no price."""
    with Program(receiver.endpoint) as program:
        call(program.tracer)
        call(program.tracer, model="nobody-knows-it")
        program.flush()
    calls = {
        point.attributes["spancost.pricing.status"]: point.value
        for point in receiver.points()
        if point.metric == "spancost.calls"
    }
    assert {"override": 1, "unpriced": 1} == calls
    assert 0.012 == received(receiver.points(), "spancost.cost")


def test_a_dimension_is_the_attribute_that_attribution_reads(receiver: Receiver) -> None:
    """`user` in SPANCOST_DIMENSIONS is `user.id` on the counters, whichever attribute told it; so with the rest."""
    with Program(receiver.endpoint, dimensions=("user", "session", "team", "tenant", "plan")) as program:
        call(
            program.tracer,
            enduser__id="ada",
            session__id="s1",
            spancost__team="search",
            tenant__id="acme",
            plan="gold",
        )
        call(program.tracer)
        program.flush()
    told = [
        {key: value for key, value in point.attributes.items() if not key.startswith(("gen_ai", "spancost.pricing"))}
        for point in receiver.points()
        if point.metric == "spancost.calls"
    ]
    names = {"user.id": "ada", "session.id": "s1", "spancost.team": "search", "spancost.tenant": "acme", "plan": "gold"}
    assert names in told
    assert dict.fromkeys(names, "(none)") in told


def test_200_000_users_keep_series_and_memory_flat(receiver: Receiver) -> None:
    """However many users spend, the dearest have series, the rest is `_other`, and nothing is lost from the sum."""
    ledger = Ledger()
    points: list[int] = []
    blocks: list[int] = []
    with Program(receiver.endpoint, dimensions=("user",), budgets="user=1000/day") as program:
        for user in range(1, _USERS + 1):
            # A hundred ahead of each flush come near their limits.
            is_near = user % 100_000 in range(9_901, 10_001) or user > _USERS - 100
            tokens = 300_000_000 + user if is_near else 100 + user % 7
            attributes = {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-5.2",
                "gen_ai.usage.input_tokens": tokens,
                "gen_ai.usage.output_tokens": 10,
                "user.id": f"user-{user}",
            }
            program.exporter.take(program.engine.record(0, 0, attributes, None, {}), None)
            ledger.bill("gpt-5.2", tokens, 10)
            # By the first of the two what is bounded has filled up.
            if user in (110_000, _USERS):
                receiver.clear()
                program.flush()
                points.append(sum(point.metric == "spancost.cost" for point in receiver.points()))
                gc.collect()
                blocks.append(sys.getallocatedblocks())
        assert pytest.approx(ledger.cost / 10**12, rel=1e-9) == received(receiver.points(), "spancost.cost")
        assert ledger.calls == received(receiver.points(), "spancost.calls")
        assert ledger.tokens.total() == received(receiver.points(), "spancost.tokens")
    assert points[0] <= points[1] <= 376
    assert "_other" in {point.attributes.get("user.id") for point in receiver.points()}
    gauges = {p.attributes["spancost.budget.value"] for p in receiver.points() if p.metric == "spancost.budget.usage"}
    assert {f"user-{user}" for user in range(_USERS - 99, _USERS + 1)} == gauges
    # A single object kept for each of the users between would be 90,000 blocks.
    assert blocks[1] - blocks[0] < 10_000


def test_a_value_that_becomes_dear_gets_a_series(receiver: Receiver) -> None:
    """A user who outspends the first hundred many times over is told by name from then on."""
    with Program(receiver.endpoint, dimensions=("user",)) as program:
        for user in range(150):
            call(program.tracer, 10, 1, user__id=f"user-{user}")
        for _ in range(20):
            call(program.tracer, 100_000, 1, user__id="whale")
        program.flush()
    users = {point.attributes["user.id"] for point in receiver.points() if point.metric == "spancost.cost"}
    assert {"whale", "_other", "user-0"} <= users


@pytest.mark.parametrize("delta", [False, True], ids=["cumulative", "delta"])
def test_a_forked_childs_counters_add_to_its_parents(receiver: Receiver, delta: bool) -> None:
    """After a fork the child counts its own calls, the parent its own, and the receiver's sum is the ledger."""
    ledger = Ledger()
    with Program(receiver.endpoint, delta=delta) as program:
        for _ in range(5):
            call(program.tracer)
            ledger.bill("gpt-5.2", 1500, 500)
        program.flush()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                program.engine.forget()
                program.exporter.forget()
                call(program.tracer)
                program.flush()
                call(program.tracer)
                program.flush()
                status = 0
            finally:
                os._exit(status)
        ledger.bill("gpt-5.2", 1500, 500)
        ledger.bill("gpt-5.2", 1500, 500)
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        call(program.tracer)
        ledger.bill("gpt-5.2", 1500, 500)
        program.flush()
    points = receiver.points()
    assert {(), (("process.pid", child),)} == {
        tuple(point.scope_attributes.items()) for point in points if point.metric == "spancost.calls"
    }
    assert min(point.value for point in points if point.metric == "spancost.calls") >= 0
    assert ledger.calls == received(points, "spancost.calls")
    assert pytest.approx(ledger.cost / 10**12, rel=1e-12) == received(points, "spancost.cost")
    assert ledger.tokens.total() == received(points, "spancost.tokens")


def test_overruns_never_fall_whatever_the_store_forgets(receiver: Receiver) -> None:
    """The counter tells every window that was overspent, of accounts too that made room for others."""
    with Program(receiver.endpoint, budgets="user=0.001/day") as program:
        program.engine.budgets._store = MemoryStore(most_accounts=10)
        for number in range(30):
            call(program.tracer, user__id=f"user-{number}")
            program.flush()
    overruns = [point for point in receiver.points() if point.metric == "spancost.budget.overruns"]
    assert {f"user-{number}" for number in range(30)} == {p.attributes["spancost.budget.value"] for p in overruns}
    assert {1} == {point.value for point in overruns}
    assert 30 == len([point for point in overruns if point.time_ns == overruns[-1].time_ns])


def test_our_own_counters_tell_of_duplicates_and_late_spans(receiver: Receiver) -> None:
    """What spancost noticed about itself leaves as metrics too."""
    with Program(receiver.endpoint) as program:
        with run_agent(program.tracer, "streamer") as streamer:
            call(program.tracer, gen_ai__response__id="r1")
            call(program.tracer, gen_ai__response__id="r1")
        call(program.tracer, context=trace.set_span_in_context(streamer))
        program.flush()
    told = {point.metric: point.value for point in receiver.points() if point.metric.startswith("spancost.internal.")}
    assert {
        "spancost.internal.duplicates": 1,
        "spancost.internal.late_spans": 1,
        "spancost.internal.evictions": 0,
        "spancost.internal.budget_evictions": 0,
        "spancost.internal.dropped_events": 0,
        "spancost.internal.store_failures": 0,
        "spancost.internal.damaged_ledgers": 0,
    } == told
