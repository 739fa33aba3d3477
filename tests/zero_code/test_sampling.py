"""Head sampling under `opentelemetry-instrument`: all is counted, and no more is exported."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from cost_tree import latest
from zero_code.accounts import budget, priced
from zero_code.stage import PROGRAMS, Stage

_RATIO = 0.01
_RATIO_SAMPLER = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": str(_RATIO)}
_ASKED = 60


def _counted(stage: Stage) -> tuple[int, Decimal]:
    """Return the calls and the USD that the counters tell."""
    points = stage.receiver.points()
    calls, cost = (sum(point.value for point in latest(points, name)) for name in ("spancost.calls", "spancost.cost"))
    return int(calls), round(Decimal(cost), 9)


def _billed(stage: Stage) -> tuple[int, Decimal]:
    bills = stage.provider.ledger()
    return len(bills), round(priced(bills), 9)


@pytest.mark.parametrize("mode", ["subtree", "all"])
def test_a_server_at_one_percent_counts_every_call(stage: Stage, mode: str) -> None:
    """What it exports are the traces that the sampler keeps, and budgets saw those that it drops."""
    command = ("gunicorn", "--workers", "1", "--bind", "127.0.0.1:{port}", "--no-control-socket", "web:application")
    settings = {**_RATIO_SAMPLER, **budget("0.0005"), "PYTHONPATH": str(PROGRAMS), "SPANCOST_SAMPLER": mode}
    with stage.serving(*command, **settings) as server:
        for _ in range(_ASKED):
            server.get("/ask")

    assert "spancost" not in server.log()
    assert (_ASKED, _billed(stage)) == (len(stage.provider.ledger()), _counted(stage))
    kept = {int(span.trace_id, 16) & (2**64 - 1) for span in stage.receiver.spans()}
    assert all(trace_id < _RATIO * 2**64 for trace_id in kept)
    assert _ASKED / 2 > len(kept)
    told = Counter(record.event_name for record in stage.receiver.records())
    assert {"spancost.budget.threshold": 2, "spancost.budget.breach": 1} == told


@pytest.mark.parametrize("whence", ["environment", "file"])
def test_agents_of_dropped_traces_are_counted_once(stage: Stage, whence: str) -> None:
    """A framework's spans and its client's, of which none leaves, are each call once, under its agent's name."""
    environment = {"OTEL_TRACES_SAMPLER": "always_off"}
    file = {"OTEL_CONFIG_FILE": str(PROGRAMS / "sampled.yaml"), "OTLP": stage.receiver.endpoint}
    finished = stage.instrumented("agent.py", SPANCOST_SAMPLER="subtree", **(file if whence == "file" else environment))

    assert 0 == finished.status
    assert "spancost" not in finished.stderr
    assert [] == stage.receiver.spans()
    assert _billed(stage) == _counted(stage)
    agents = {point.attributes["gen_ai.agent.name"] for point in latest(stage.receiver.points(), "spancost.calls")}
    assert {"data_agent", "query_planner"} == agents


def test_what_a_sampler_drops_is_one_warning_that_names_the_remedy(stage: Stage) -> None:
    """Without SPANCOST_SAMPLER the calls are not seen, and a line says what sees them."""
    finished = stage.instrumented("calls.py", OTEL_TRACES_SAMPLER="always_off")

    (line,) = finished.stderr.splitlines()
    assert "Set SPANCOST_SAMPLER=subtree" in line
    assert (0, 0) == _counted(stage)
