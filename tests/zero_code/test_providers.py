"""Programs that make providers of their own, set some of them up, or none."""

from __future__ import annotations

import pytest
from zero_code.accounts import budget, faults
from zero_code.stage import Stage

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
