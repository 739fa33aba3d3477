"""All three signals through rotel, a collector in Rust that is neither ours nor the Python SDK, compared with a ledger."""

from __future__ import annotations

import os
import socket
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from time import sleep
from typing import Any, Final

import pytest
from opentelemetry import trace
from otlp_receiver import Receiver
from sdk_program import Ledger, Program, call, run_agent

pytestmark = pytest.mark.sdk

_NOON: Final = 1_763_985_600 * 10**9
_TRIES: Final = 200


def _agent() -> tuple[Path, dict[str, str]]:
    """Return rotel's program and the environment it starts in, or skip where this machine can't run it."""
    spec = find_spec("rotel")
    if spec is None or spec.origin is None:
        pytest.skip("rotel is not installed: there is no wheel for this machine")
    agent = Path(spec.origin).with_name("rotel-agent")
    # It is linked to libpython, which lies beside this interpreter where the system has none.
    environ = {"LD_LIBRARY_PATH": sysconfig.get_config_var("LIBDIR") or "", "PATH": os.environ["PATH"]}
    if subprocess.run([agent, "--version"], env=environ, capture_output=True, check=False).returncode:
        pytest.skip("rotel can't start: it needs libpython3.11.so.1.0")
    return agent, environ


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture
def rotel(receiver: Receiver, tmp_path: Path) -> Iterator[str]:
    """Yield the endpoint of a rotel that decodes what it gets and relays it, encoded anew, to the receiver."""
    agent, environ = _agent()
    http, grpc = _free_ports(2)
    command = [
        agent, "start", "--exporter", "otlp",
        "--otlp-http-endpoint", f"127.0.0.1:{http}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}",
        "--otlp-exporter-endpoint", receiver.endpoint, "--otlp-exporter-protocol", "http",
        "--batch-timeout", "50ms",
    ]  # fmt: skip
    said = tmp_path / "rotel.log"
    with said.open("wb") as log, subprocess.Popen(command, env=environ, stdout=log, stderr=log) as running:
        try:
            for _ in range(_TRIES):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", http)) == 0:
                        break
                sleep(0.05)
            else:
                pytest.fail(f"rotel does not listen: {said.read_text()}")
            yield f"http://127.0.0.1:{http}"
        finally:
            running.terminate()


def _usd(pico: int) -> float:
    return float(Decimal(pico) / 10**12)


@pytest.mark.parametrize("delta", [False, True], ids=["cumulative", "delta"])
def test_what_rotel_relays_is_what_was_billed(receiver: Receiver, rotel: str, delta: bool) -> None:
    """Spans, counters, histograms, gauges and events carry the ledger's exact amounts and tokens through a foreign decoder."""
    ledger = Ledger()
    by_agent: Counter[str] = Counter()
    by_user: Counter[str] = Counter()
    late = 0

    with Program(
        rotel, budgets="user=0.05/day", dimensions=("user",), delta=delta, clock=lambda: _NOON, operation_cost=True
    ) as program:

        def bill(agent: str, user: str, into: int, out: int, model: str, context: Any = None) -> int:
            call(program.tracer, into, out, model, context=context, user__id=user)
            amount = ledger.bill(model, into, out)
            by_agent[agent] += amount
            by_user[user] += amount
            return amount

        for turn in range(4):
            with run_agent(program.tracer, "coordinator") as coordinator:
                bill("coordinator", "ada", 1500 + turn, 500, "gpt-5.2")
                with run_agent(program.tracer, "code_agent"):
                    bill("code_agent", "ada", 2000, 800 + turn, "gpt-5.2")
                    with run_agent(program.tracer, "syntax_analyzer"):
                        bill("syntax_analyzer", "bob", 500, 200, "gemini-3-pro")
        late = bill("coordinator", "bob", 7, 3, "gemini-3-pro", trace.set_span_in_context(coordinator))
        call(program.tracer, model="nobody-knows-it", user__id="ada")
        program.flush()

    assert receiver.wait_for(lambda: _relayed(receiver) >= {"span", "metric", "event"})
    assert receiver.wait_for(lambda: len(receiver.spans()) == ledger.calls + 1 + 12)

    spans = receiver.spans()
    charges = [span.attributes for span in spans if span.attributes.get("spancost.pricing.status") == "override"]
    assert ledger.calls == len(charges)
    assert ledger.cost == sum(1000 * each["spancost.cost.nano_usd"] for each in charges)
    assert ledger.tokens["input"] == sum(each["gen_ai.usage.input_tokens"] for each in charges)
    roots = [span.attributes for span in spans if span.name == "invoke_agent coordinator"]
    assert ledger.cost - late == sum(1000 * each["spancost.cost.total_nano_usd"] for each in roots)
    for agent, amount in by_agent.items():
        directs = [span.attributes for span in spans if span.name == f"invoke_agent {agent}"]
        ended = amount - (late if agent == "coordinator" else 0)
        assert pytest.approx(_usd(ended), rel=1e-12) == sum(each["spancost.cost.direct"] for each in directs)
    tokens = sum(each["spancost.tokens.input"] + each["spancost.tokens.output"] for each in roots)
    assert ledger.tokens.total() - 10 == tokens

    assert pytest.approx(_usd(ledger.cost), rel=1e-12) == _last(receiver, "spancost.cost")
    assert ledger.calls + 1 == _last(receiver, "spancost.calls")
    assert 1 == _last(receiver, "spancost.calls", **{"spancost.pricing.status": "unpriced"})
    for user, amount in by_user.items():
        assert pytest.approx(_usd(amount), rel=1e-12) == _last(receiver, "spancost.cost", **{"user.id": user})
        gauge = _points(receiver, "spancost.budget.usage", **{"spancost.budget.value": user})
        assert {_usd(amount)} == {point.value for point in gauge}
    for kind, count in ledger.tokens.items():
        priced = {"spancost.token.type": kind, "spancost.pricing.status": "override"}
        assert count == _last(receiver, "spancost.tokens", **priced)
    histogram = _points(receiver, "spancost.owner.cost", **{"spancost.owner.name": "coordinator"})
    assert 4 == histogram[0].count
    assert pytest.approx(_usd(ledger.cost - late), rel=1e-12) == histogram[0].value
    assert ledger.calls == sum(p.count or 0 for p in _first_export(receiver, "gen_ai.client.operation.cost"))

    records = receiver.records()
    told = [(r.event_name, r.attributes.get("spancost.budget.threshold")) for r in records]
    assert [
        ("spancost.budget.threshold", 0.75),
        ("spancost.budget.threshold", 0.9),
        ("spancost.budget.breach", 1.0),
        ("spancost.cost.correction", None),
    ] == told
    breach, correction = records[2], records[3]
    crossing = next(span for span in spans if span.span_id == breach.span_id)
    assert ("breach", "ada") == (crossing.attributes["spancost.budget.state"], crossing.attributes["user.id"])
    assert breach.attributes in [attributes for name, attributes in crossing.events if name == breach.event_name]
    corrected = next(span for span in spans if span.span_id == correction.span_id)
    total = corrected.attributes["spancost.cost.total_nano_usd"] * 1000 + late
    assert total == correction.attributes["spancost.cost.total_nano_usd"] * 1000


def _relayed(receiver: Receiver) -> set[str]:
    return {
        name
        for name, items in (("span", receiver.spans()), ("metric", receiver.points()), ("event", receiver.records()))
        if items
    }


def _points(receiver: Receiver, metric: str, **attributes: str) -> list[Any]:
    return [
        point
        for point in receiver.points()
        if point.metric == metric and attributes.items() <= point.attributes.items()
    ]


def _first_export(receiver: Receiver, metric: str) -> list[Any]:
    points = _points(receiver, metric)
    first = min(point.time_ns for point in points)
    return [point for point in points if point.time_ns == first]


def _last(receiver: Receiver, metric: str, **attributes: str) -> float:
    """Return the sum over a counter's series: of the deltas, or of the last of each cumulative one."""
    last: dict[Any, float] = {}
    for point in sorted(_points(receiver, metric, **attributes), key=lambda each: each.time_ns):
        series = frozenset(point.attributes.items())
        last[series] = point.value + (last.get(series, 0) if point.temporality == 1 else 0)
    return sum(last.values())
