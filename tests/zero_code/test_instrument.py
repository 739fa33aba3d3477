"""`opentelemetry-instrument python app.py`, for a program that names spancost nowhere."""

from __future__ import annotations

import pytest
from zero_code.accounts import budget, faults
from zero_code.stage import PROGRAMS, Stage

_LIMIT = "0.002"
"""USD; the calls pass 75% of it with one and the rest with another."""


def test_the_stock_distro_needs_no_more(stage: Stage) -> None:
    """Every amount on the spans, in the metrics and in the budget's events is the ledger's."""
    finished = stage.instrumented("calls.py", "3", **budget(_LIMIT))

    assert (0, "") == (finished.status, finished.stderr)
    assert 3 == len(stage.provider.ledger())
    assert [] == faults(stage, limit=_LIMIT)
    assert 3 == len(stage.receiver.records())
    assert 2 == len({record.span_id for record in stage.receiver.records()})


@pytest.mark.parametrize("file", ["telemetry.yaml", "listed.yaml"])
def test_a_configuration_file_sets_the_sdk_up(stage: Stage, file: str) -> None:
    """It is the same under OTEL_CONFIG_FILE, and installed once where the file lists spancost too."""
    finished = stage.instrumented(
        "calls.py",
        OTEL_CONFIG_FILE=str(PROGRAMS / file),
        OTLP=stage.receiver.endpoint,
        SPANCOST_BUDGETS=f"team={_LIMIT}/day",
    )

    assert (0, []) == (finished.status, [line for line in finished.stderr.splitlines() if "spancost" in line])
    assert [] == faults(stage, limit=_LIMIT)


def test_options_in_a_configuration_file_are_not_taken_in_silence(stage: Stage) -> None:
    """A budget written where nobody reads it is one warning that names it and says where it belongs."""
    file = stage.folder / "options.yaml"
    listed = (PROGRAMS / "listed.yaml").read_text()
    file.write_text(listed.replace("spancost: {}", 'spancost: {budgets: "team=1/day"}'))
    finished = stage.instrumented("calls.py", OTEL_CONFIG_FILE=str(file), OTLP=stage.receiver.endpoint)

    (line,) = [line for line in finished.stderr.splitlines() if "spancost" in line]
    assert "budgets" in line
    assert "SPANCOST_" in line
    assert [] == faults(stage)


def test_a_short_script_ends_with_no_more_requests_than_without(stage: Stage) -> None:
    """What leaves at exit rides on the exporters' own last requests: their number is the same."""
    without = stage.instrumented("hurried.py", SPANCOST_DISABLED="true")
    alone = stage.receiver.requests
    stage.receiver.clear()
    with_it = stage.instrumented("hurried.py")

    assert 0 == without.status == with_it.status
    assert 2 * alone == stage.receiver.requests
    assert {"spancost.cost", "spancost.calls"} <= {point.metric for point in stage.receiver.points()}


def test_exit_waits_for_the_exporters_and_not_for_us(stage: Stage) -> None:
    """With a receiver that never answers a script ends when the exporters give up, spancost or not."""
    stage.receiver.delay = float("inf")
    seconds: list[float] = []
    for disabled in ("true", "false"):
        finished = stage.instrumented("hurried.py", SPANCOST_DISABLED=disabled, OTEL_EXPORTER_OTLP_TIMEOUT="1")
        assert 0 == finished.status
        seconds.append(finished.ended - float(finished.stdout))

    # An exporter here gives up after a second: a wait of ours on top, say for the queue of events, would be five.
    assert seconds[1] < seconds[0] + 4
