"""A service that asks another: each counts its own calls, once, and a trace is the sum of its local roots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from cost_tree import latest
from otlp_receiver import ReceivedSpan
from zero_code.accounts import priced
from zero_code.stage import PROGRAMS, Finished, Stage

_SERVICE = ("gunicorn", "--workers", "1", "--bind", "127.0.0.1:{port}", "--no-control-socket", "answers:application")
_MODELS = {"asks": "gpt-5-mini", "answers": "gpt-5.2"}
"""Service -> the model that it alone asks."""


@contextmanager
def _asked(stage: Stage, times: int = 1, **settings: str) -> Iterator[Finished]:
    """Have one service ask the other, and both be over."""
    with stage.serving(*_SERVICE, PYTHONPATH=str(PROGRAMS), OTEL_SERVICE_NAME="answers", **settings) as server:
        finished = stage.instrumented("asks.py", server.url, str(times), OTEL_SERVICE_NAME="asks", **settings)
        assert 0 == finished.status, finished.stderr
    assert "spancost" not in finished.stderr + server.log()
    yield finished


def _bill(stage: Stage, service: str) -> tuple[int, Decimal]:
    bills = [bill for bill in stage.provider.ledger() if bill.response_model.startswith(_MODELS[service])]
    return len(bills), round(priced(bills), 9)


def _count(stage: Stage, service: str) -> tuple[int, Decimal]:
    points = [point for point in stage.receiver.points() if point.resource.get("service.name") == service]
    calls, cost = (sum(point.value for point in latest(points, name)) for name in ("spancost.calls", "spancost.cost"))
    return int(calls), round(Decimal(cost), 9)


def _roots(stage: Stage) -> dict[str, ReceivedSpan]:
    """Return the local root of each service."""
    spans = stage.receiver.spans()
    here = {(span.resource["service.name"], span.span_id) for span in spans}
    return {
        service: span for span in spans if ((service := span.resource["service.name"]), span.parent_span_id) not in here
    }


def test_each_service_counts_its_own_calls(stage: Stage) -> None:
    """What the one that asks repeats of the agent in the other is counted where it was spent, and nowhere else."""
    with _asked(stage):
        pass
    assert {1} == {_bill(stage, service)[0] for service in _MODELS}
    assert {service: _bill(stage, service) for service in _MODELS} == {
        service: _count(stage, service) for service in _MODELS
    }
    repeated = [span for span in stage.receiver.spans() if span.name == "invoke_agent researcher"]
    told = {span.resource["service.name"]: span.attributes for span in repeated}
    assert "gen_ai.usage.input_tokens" in told["asks"]
    assert (0, 1) == tuple(told[service]["spancost.calls.total"] for service in _MODELS)
    assert 2 == len([span for span in stage.receiver.spans() if "gen_ai.usage.cost.amount" in span.attributes])


def test_local_roots_say_what_a_gateway_adds_up(stage: Stage) -> None:
    """In one trace each service's root has its totals, and the one that was asked says that its parent is elsewhere."""
    with _asked(stage):
        pass
    roots = _roots(stage)
    assert 1 == len({span.trace_id for span in stage.receiver.spans()})
    assert {"asks": False, "answers": True} == {service: span.has_remote_parent for service, span in roots.items()}
    (client,) = [span for span in stage.receiver.spans() if span.name == "GET"]
    assert client.span_id == roots["answers"].parent_span_id
    nano = sum(span.attributes["spancost.cost.total_nano_usd"] for span in roots.values())
    assert sum(_bill(stage, service)[1] for service in _MODELS) == Decimal(nano) / 10**9
    assert {1} == {span.attributes["spancost.calls.total"] for span in roots.values()}


@pytest.mark.parametrize("mode", ["subtree", "all"])
def test_a_trace_that_is_not_sampled_is_counted_in_both(stage: Stage, mode: str) -> None:
    """The service that is asked follows the other's decision, exports nothing, and counts its calls."""
    sampled = {"OTEL_TRACES_SAMPLER": "parentbased_always_off", "SPANCOST_SAMPLER": mode}
    with _asked(stage, 3, **sampled) as finished:
        flags = {int(line.rsplit("-", 1)[1], 16) & 1 for line in finished.stdout.split()}
    assert ({0}, []) == (flags, stage.receiver.spans())
    assert {service: _bill(stage, service) for service in _MODELS} == {
        service: _count(stage, service) for service in _MODELS
    }
