"""Programs of more than one process: servers that fork or spawn their workers, and multiprocessing."""

from __future__ import annotations

import signal

import pytest
from cost_tree import latest
from zero_code.accounts import budget, faults
from zero_code.stage import PROGRAMS, Server, Stage

_LIMIT = "0.0015"
_PATH = {"PYTHONPATH": str(PROGRAMS)}
_GUNICORN = ("gunicorn", "--workers", "2", "--bind", "127.0.0.1:{port}", "--no-control-socket", "web:application")


def _temporality(name: str) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": name}


def _ask_both(server: Server) -> None:
    """Ask until two workers have answered, and once more."""
    workers: set[str] = set()
    while len(workers) < 2:
        workers.add(server.get("/ask"))
    server.get("/ask")


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
def test_the_workers_of_gunicorn_sum_to_the_ledger(stage: Stage, temporality: str) -> None:
    """Workers forked from a master that has installed everything count each its own calls, once."""
    with stage.serving(*_GUNICORN, **_PATH, **budget(_LIMIT), **_temporality(temporality)) as server:
        _ask_both(server)

    assert "spancost" not in server.log()
    assert [] == faults(stage, limit=_LIMIT, delta=temporality == "delta")


def test_the_workers_of_uvicorn_sum_to_the_ledger(stage: Stage) -> None:
    """Spawned workers report while they run; a signal ends them before any exit handler, the SDK's or ours."""
    command = ("uvicorn", "--workers", "2", "--port", "{port}", "web:asynchronous")
    often = {"OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_BLRP_SCHEDULE_DELAY": "200", "OTEL_METRIC_EXPORT_INTERVAL": "200"}
    with stage.serving(*command, stop=signal.SIGINT, **_PATH, **budget(_LIMIT), **often) as server:
        _ask_both(server)
        stage.receiver.wait_for(lambda: not faults(stage, limit=_LIMIT), timeout=30)

        assert [] == faults(stage, limit=_LIMIT)
    assert "spancost" not in server.log()


@pytest.mark.parametrize(
    ("start", "temporality"), [("fork", "cumulative"), ("fork", "delta"), ("forkserver", "cumulative")]
)
def test_children_lose_nothing_at_their_exit(stage: Stage, start: str, temporality: str) -> None:
    """Children of a process that has spent already count their own calls only, and all has left when they end."""
    finished = stage.instrumented("children.py", start, **budget(_LIMIT), **_temporality(temporality))

    assert (0, "") == (finished.status, finished.stderr)
    assert 3 == len({line.split()[0] for line in finished.stdout.splitlines()})
    assert [] == faults(stage, limit=_LIMIT, delta=temporality == "delta")


def test_children_end_whatever_the_fork_left_locked(stage: Stage) -> None:
    """A child forked while a reader exports inherits its lock, held for ever: the child ends, and its spans leave."""
    stage.receiver.delay = 0.5
    finished = stage.instrumented("children.py", "fork", OTEL_METRIC_EXPORT_INTERVAL="10")

    assert 0 == finished.status
    charged = {
        span.attributes["gen_ai.response.id"]
        for span in stage.receiver.spans()
        if "gen_ai.usage.cost.amount" in span.attributes
    }
    assert {bill.response_id for bill in stage.provider.ledger()} == charged


def test_children_leave_their_parents_own_pipeline_behind(stage: Stage) -> None:
    """Where we stand in for a meter provider each child makes one anew, and exports none of its parent's numbers."""
    finished = stage.instrumented(
        "children.py",
        "fork",
        OTEL_CONFIG_FILE=str(PROGRAMS / "traces.yaml"),
        OTLP=stage.receiver.endpoint,
        OTEL_METRIC_EXPORT_INTERVAL="50",
        SPANCOST_BUDGETS=f"team={_LIMIT}/day",
    )

    assert 0 == finished.status
    assert "spancost" not in finished.stderr
    assert [] == faults(stage, limit=_LIMIT)


def test_our_own_metrics_leave_at_each_interval(stage: Stage) -> None:
    """Where we stand in for a meter provider, in forked workers, the counters come while the server runs."""
    settings = {
        "OTEL_CONFIG_FILE": str(PROGRAMS / "traces.yaml"),
        "OTLP": stage.receiver.endpoint,
        "OTEL_METRIC_EXPORT_INTERVAL": "100",
    }
    with stage.serving(*_GUNICORN, **_PATH, **settings) as server:
        _ask_both(server)
        calls = len(stage.provider.ledger())
        assert stage.receiver.wait_for(
            lambda: calls == sum(point.value for point in latest(stage.receiver.points(), "spancost.calls")), timeout=30
        )

    assert [] == faults(stage)


def test_children_are_silent_on_the_console_unless_they_spent(stage: Stage) -> None:
    """Each process that spent prints its own line; a child that spent nothing prints none."""
    finished = stage.instrumented("children.py", "fork", "idle", SPANCOST_CONSOLE="summary")

    assert 0 == finished.status
    assert 3 == len(stage.provider.ledger())
    assert 3 == len([line for line in finished.stderr.splitlines() if line.endswith("priced 1 of 1 calls")])
    assert 3 == len(finished.stderr.splitlines())
