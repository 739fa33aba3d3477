"""Programs that make providers of their own, set some of them up, or none."""

from __future__ import annotations

import pytest
from zero_code.accounts import budget, faults, priced
from zero_code.stage import PROGRAMS, Finished, Stage

_LIMIT = "0.0011"


def _ours(finished: Finished) -> list[str]:
    return [line for line in finished.stderr.splitlines() if line.startswith("spancost:")]


@pytest.mark.parametrize("whose", ["job", "everything"])
def test_a_second_provider_is_counted_with_the_first(stage: Stage, whose: str) -> None:
    """Spans of a provider that the program makes are stamped, and calls of another one roll up into them."""
    finished = stage.instrumented("own_provider.py", whose, **budget(_LIMIT))

    assert (0, "") == (finished.status, finished.stderr)
    assert "jobs" in {span.resource["service.name"] for span in stage.receiver.spans()}
    assert [] == faults(stage, limit=_LIMIT)


@pytest.mark.parametrize("ending", ["ended", "unended"])
def test_providers_set_after_us_lose_nothing_at_exit(stage: Stage, ending: str) -> None:
    """What waits for a span that never ends is counted before the meter provider, made after us, shuts down."""
    finished = stage.plain("by_hand.py", "all", ending, **budget("0.0005"))

    assert (0, "") == (finished.status, finished.stderr)
    assert [] == faults(stage, limit="0.0005")


@pytest.mark.parametrize("ending", ["ended", "unended"])
def test_a_program_that_only_traces_has_metrics_and_events_all_the_same(stage: Stage, ending: str) -> None:
    """With an endpoint and no meter or logger provider they leave over our own, once, with the program's resource."""
    finished = stage.plain("by_hand.py", "traces", ending, **budget("0.0005"))

    assert (0, "") == (finished.status, finished.stderr)
    assert [] == faults(stage, limit="0.0005")
    assert 1 == len([point for point in stage.receiver.points() if point.metric == "spancost.calls"])


def test_our_own_metrics_say_whose_they_are(stage: Stage) -> None:
    """They carry the resource that the program gave its spans, not one made up from the environment."""
    finished = stage.instrumented(
        "calls.py",
        OTEL_CONFIG_FILE=str(PROGRAMS / "traces.yaml"),
        OTLP=stage.receiver.endpoint,
        SPANCOST_BUDGETS="team=0.001/day",
    )

    assert (0, []) == (finished.status, _ours(finished))
    assert [] == faults(stage, limit="0.001")
    (resource,) = {tuple(sorted(span.resource.items())) for span in stage.receiver.spans()}
    assert "declared" == dict(resource)["service.name"]
    told = [*stage.receiver.points(), *stage.receiver.records()]
    assert {resource} == {tuple(sorted(item.resource.items())) for item in told if item.scope == "spancost"}


def test_with_nothing_set_up_one_warning_says_what_to_do(stage: Stage) -> None:
    """The program is unhurt, what it told by hand is counted, and one line says why the rest is not."""
    finished = stage.plain("unconfigured.py", SPANCOST_CONSOLE="summary", OTEL_EXPORTER_OTLP_ENDPOINT=None)

    first, second = stage.provider.ledger()
    assert 0 == finished.status
    assert [first.response_id, second.response_id, f"{priced([second]):f}"] == finished.stdout.split()
    warning, summary = finished.stderr.splitlines()
    assert "tracer provider" in warning
    assert "spancost[auto]" in warning
    assert summary.endswith("priced 1 of 1 calls")


def test_what_was_told_by_hand_leaves_without_any_provider(stage: Stage) -> None:
    """With an endpoint named, a call that the program told itself is in the metrics, though nobody traces."""
    finished = stage.plain("unconfigured.py")

    _, second = stage.provider.ledger()
    assert 0 == finished.status
    (cost,) = [point.value for point in stage.receiver.points() if point.metric == "spancost.cost"]
    assert float(priced([second])) == cost
    assert 1 == len(_ours(finished))


def test_without_a_distro_one_warning_says_what_to_do(stage: Stage) -> None:
    """`opentelemetry-instrument` alone sets no SDK up: the program runs, nothing is counted, one line says why."""
    finished = stage.instrumented(
        "calls.py", OTEL_PYTHON_DISTRO="none", OTEL_PYTHON_CONFIGURATOR="none", SPANCOST_CONSOLE="summary"
    )

    assert (0, 2) == (finished.status, len(stage.provider.ledger()))
    warning, summary = _ours(finished)
    assert "spancost[auto]" in warning
    assert "spancost: $0.0000, priced 0 of 0 calls" == summary
    assert [] == [*stage.receiver.spans(), *stage.receiver.points()]
