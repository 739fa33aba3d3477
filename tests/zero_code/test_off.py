"""Every way to switch something off, and what is left then."""

from __future__ import annotations

import pytest
from zero_code.accounts import budget
from zero_code.stage import Stage

_NONE = {f"OTEL_{signal}_EXPORTER": "none" for signal in ("TRACES", "METRICS", "LOGS")}


@pytest.mark.parametrize(
    "setting",
    [
        {"SPANCOST_DISABLED": "true"},
        {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "other, spancost"},
    ],
)
def test_switched_off_it_leaves_no_trace(stage: Stage, setting: dict[str, str]) -> None:
    """The program's own telemetry is as if spancost were not installed: no stamp, metric, event or line."""
    finished = stage.instrumented("calls.py", SPANCOST_CONSOLE="tree", **budget("0.0001"), **setting)

    assert (0, "") == (finished.status, finished.stderr)
    spans = stage.receiver.spans()
    assert 3 == len(spans)
    assert [] == [key for span in spans for key in span.attributes if "cost" in key]
    assert [] == [point.metric for point in stage.receiver.points() if point.metric.startswith("spancost")]
    assert [] == stage.receiver.records()


def test_with_the_sdk_disabled_nothing_leaves(stage: Stage) -> None:
    """OTEL_SDK_DISABLED is obeyed: the program runs and nobody is sent anything."""
    finished = stage.instrumented("calls.py", OTEL_SDK_DISABLED="true", SPANCOST_CONSOLE="tree", **budget("0.0001"))

    assert (0, "", 2) == (finished.status, finished.stderr, len(stage.provider.ledger()))
    assert 0 == stage.receiver.requests


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SPANCOST_DISABLED", "true"),
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "spancost"),
        ("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "*"),
    ],
)
def test_switched_off_every_door_leads_nowhere(stage: Stage, variable: str, value: str) -> None:
    """What a program calls by itself counts, sends and starts nothing, and answers; its own spans are its own."""
    finished = stage.plain("every_door.py", SPANCOST_CONSOLE="tree", **budget("0.0001"), **{variable: value})

    answers = ["0 True", "{'user.id': 'ada'}", "0 True", "['MainThread']"]
    assert (0, "", answers) == (finished.status, finished.stderr, finished.stdout.splitlines())
    own = {
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
    }
    left = [] if variable == "OTEL_SDK_DISABLED" else [("chat", own)]
    assert left == [(span.name, set(span.attributes)) for span in stage.receiver.spans()]
    assert ([], []) == (stage.receiver.points(), stage.receiver.records())


def test_every_door_leads_somewhere(stage: Stage) -> None:
    """The same program with nothing switched off: both doors stamp, count and send, so the test above can fail."""
    finished = stage.plain("every_door.py", SPANCOST_CONSOLE="summary", **budget("0.0001"))

    first, _, second, threads = finished.stdout.splitlines()
    assert ("0.00045 True", "0.00135 True") == (first, second)
    assert "spancost" in threads
    assert finished.stderr.endswith("priced 3 of 3 calls\n")
    assert [True] * 2 == ["gen_ai.usage.cost.amount" in span.attributes for span in stage.receiver.spans()]
    assert "spancost.budget.breach" in {record.event_name for record in stage.receiver.records()}
    assert "spancost.cost" in {point.metric for point in stage.receiver.points()}


def test_exporters_set_to_none_mean_none(stage: Stage) -> None:
    """With an endpoint named and each exporter `none` nothing leaves by a way of ours; the console knows the cost."""
    finished = stage.instrumented("calls.py", SPANCOST_CONSOLE="summary", **budget("0.0001"), **_NONE)

    assert 0 == finished.status
    assert finished.stderr.endswith("priced 2 of 2 calls\n")
    assert 1 == len(finished.stderr.splitlines())
    assert 0 == stage.receiver.requests


def test_exporters_set_to_none_hold_for_a_program_that_only_traces(stage: Stage) -> None:
    """Where we would stand in for missing providers, `none` keeps us from it."""
    silent = {name: value for name, value in _NONE.items() if "TRACES" not in name}
    finished = stage.plain("by_hand.py", "traces", **budget("0.0001"), **silent)

    assert (0, "") == (finished.status, finished.stderr)
    assert ([], []) == (stage.receiver.points(), stage.receiver.records())
    assert any("spancost.cost.total" in span.attributes for span in stage.receiver.spans())


def test_uninstrumented_it_counts_no_more_until_it_is_instrumented_again(stage: Stage) -> None:
    """The instrumentor's `uninstrument` takes the processors off, `instrument` puts them back."""
    finished = stage.instrumented("switching.py")

    assert (0, "") == (finished.status, finished.stderr)
    assert {"before": True, "between": False, "after": True} == {
        span.name: "spancost.cost.total" in span.attributes for span in stage.receiver.spans() if span.kind == 1
    }
