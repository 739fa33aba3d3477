"""What a receiver got against the registry, in both directions: names, types, units, and who carries what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from opentelemetry import trace
from otlp_receiver import ReceivedPoint, ReceivedRecord, ReceivedSpan, Receiver
from sdk_program import Program, call, run_agent
from semconv_registry.model import Registry, Signal, read

import spancost
from spancost import installation
from spancost.config import Config
from spancost.errors import Problem
from spancost.faults import swallow
from spancost.setup import Setup
from spancost.telemetry.events import config_told

pytestmark = pytest.mark.sdk

_SEMCONV: Final = Path(__file__).resolve().parents[2] / "semconv"
_TYPES: Final = {"string": str, "enum": str, "int": int, "double": float, "boolean": bool}
_INSTRUMENTS: Final = {"counter": ("sum", True), "gauge": ("gauge", None), "histogram": ("histogram", None)}
_OURS: Final = ("spancost.", "gen_ai.usage.cost.")
_DAY: Final = 86_400 * 10**9


@pytest.fixture(scope="module")
def registry() -> Registry:
    """Return the project's registry."""
    return read(_SEMCONV / "model", _SEMCONV / "upstream.yaml")


@pytest.fixture
def sent(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, planted: None) -> Receiver:
    """Return a receiver that was sent everything spancost can tell, in the ways programs make it tell it."""
    now = [20_000 * _DAY]
    with Program(
        receiver.endpoint,
        budgets="user=0.02/day",
        dimensions=("user", "session", "team", "tenant"),
        operation_cost=True,
        clock=lambda: now[0],
    ) as program:
        setup = Setup(Config())
        setup.engine, setup.exporter = program.engine, program.exporter
        monkeypatch.setattr(installation, "_setup", setup)
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", program.tracing)
        _everything(program)
        now[0] += _DAY
        call(program.tracer, user__id="ada")
        swallow("on_start", ValueError())
        wrong = Problem("budget[0].limit", "limit must be positive", "write 5", file="spancost.toml", line=14)
        program.exporter.tell(config_told(wrong, now[0]))
        program.flush()
    return receiver


def _everything(program: Program) -> None:
    tracer = program.tracer
    with (
        spancost.attribute(team="search", tenant="acme", user="ada", session="s1"),
        tracer.start_as_current_span("request"),
        tracer.start_as_current_span("nightly", attributes={"gen_ai.operation.name": "invoke_workflow"}),
        run_agent(tracer, "coordinator") as coordinator,
    ):
        call(tracer, 1500, 500)
        call(tracer, 1500, 500, gen_ai__response__id="r1", gen_ai__response__model="gpt-5.2-2026-01-01")
        call(tracer, 1500, 500, gen_ai__response__id="r1")
        call(tracer, model="nobody-knows-it")
        call(program.tracing.get_tracer("openlit.instrumentation.openai"), 1500, 500)
        call(tracer, gen_ai__usage__cost__amount=0.5, gen_ai__usage__cost__source="provider")
        with tracer.start_as_current_span("search", attributes={"gen_ai.operation.name": "execute_tool"}):
            call(tracer)
        spancost.record_call(
            provider="openai",
            model="gpt-5.2",
            response_id="r2",
            usage={"input": 1500, "output": 500, "cache_read": 1000, "cache_write": 100, "reasoning": 200},
            attributes={
                "gen_ai.response.model": "gpt-5.2",
                "gen_ai.agent.name": "helper",
                "gen_ai.workflow.name": "nightly",
                "user.id": "ada",
                "session.id": "s1",
                "spancost.team": "search",
                "spancost.tenant": "acme",
            },
        )
    call(tracer, context=trace.set_span_in_context(coordinator))


def _roles(span: ReceivedSpan) -> Iterator[str]:
    attributes = span.attributes
    if span.scope == "spancost":
        yield "spancost.recorded_call"
    if "spancost.dedup.role" in attributes:
        yield "spancost.duplicate"
    elif "spancost.pricing.status" in attributes:
        yield "spancost.charge"
    elif "spancost.cost.direct" in attributes:
        yield "spancost.owner"
    elif "spancost.cost.total" in attributes:
        yield "spancost.through"


def _faults(registry: Registry, where: str, attributes: Mapping[str, Any], signals: Iterable[Signal]) -> Iterator[str]:
    """Yield what is wrong with the attributes of one thing received that is all of these signals at once."""
    known = registry.known()
    allowed = {ref.key for signal in signals for ref in signal.refs}
    for name, value in attributes.items():
        if name not in allowed:
            yield f"{where}: {name} is not registered for it"
        elif type(value) is not _TYPES[known[name].type]:
            yield f"{where}: {name} is {value!r}, registered as {known[name].type}"
        elif known[name].members and value not in {member.value for member in known[name].members}:
            yield f"{where}: {name} is {value!r}, which is none of its members"
    for signal in signals:
        for ref in signal.refs:
            if ref.level == "required" and ref.key not in attributes:
                yield f"{where}: {ref.key} is required and missing"


def test_spans_carry_what_is_registered_for_their_roles(sent: Receiver, registry: Registry) -> None:
    """Every attribute we wrote on a span is registered for what that span is, with its type; what is required is there."""
    roles = {signal.name: signal for signal in registry.of("span")}
    faults: list[str] = []
    for span in sent.spans():
        mine = list(_roles(span))
        told = {
            name: value for name, value in span.attributes.items() if span.scope == "spancost" or name.startswith(_OURS)
        }
        if told:
            assert mine, span.name
        faults += _faults(registry, f"span {span.name}", told, [roles[role] for role in mine])
    assert [] == faults


def test_metrics_are_what_is_registered(sent: Receiver, registry: Registry) -> None:
    """Every point's metric is registered with its unit, instrument, number type and description."""
    metrics = {signal.name: signal for signal in registry.of("metric")}
    faults: list[str] = []
    for point in sent.points():
        if point.scope != "spancost":
            continue  # the SDK's own metrics of itself
        metric = metrics.get(point.metric)
        assert metric is not None, point.metric
        assert (metric.unit, metric.brief) == (point.unit, point.description), point.metric
        assert _INSTRUMENTS[metric.kind] == (point.kind, point.monotonic), point.metric
        assert _TYPES[metric.value_type] is type(point.value), point.metric
        faults += _faults(registry, f"metric {point.metric}", point.attributes, [metric])
    assert [] == faults


def test_events_are_what_is_registered(sent: Receiver, registry: Registry) -> None:
    """Every log record, and every event on a span, carries what is registered for an event of its name."""
    events = {signal.name: signal for signal in registry.of("event")}
    told = [(record.event_name, record.attributes) for record in sent.records()]
    told += [event for span in sent.spans() for event in span.events]
    faults: list[str] = []
    for name, attributes in told:
        assert name in events
        faults += _faults(registry, f"event {name}", attributes, [events[name]])
    assert [] == faults


def test_whatever_is_registered_was_received(sent: Receiver, registry: Registry) -> None:
    """Nothing is in the registry that nobody writes: each signal came, with each of its attributes at least once."""
    received: dict[str, set[str]] = defaultdict(set)
    for item in (*sent.spans(), *sent.points(), *sent.records()):
        for name in _names(item):
            received[name] |= item.attributes.keys()
    missing = [
        f"{signal.sort} {signal.name}" + (f": {ref.key}" if signal.name in received else "")
        for signal in registry.signals
        for ref in signal.refs or (None,)
        if signal.name not in received or (ref is not None and ref.key not in received[signal.name])
    ]
    assert [] == missing


def _names(item: ReceivedSpan | ReceivedPoint | ReceivedRecord) -> Iterable[str]:
    if isinstance(item, ReceivedSpan):
        return _roles(item)
    return [item.metric if isinstance(item, ReceivedPoint) else item.event_name]
