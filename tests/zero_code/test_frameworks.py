"""Frameworks whose own telemetry is silent by default: SPANCOST_FRAMEWORKS."""

from __future__ import annotations

import pytest
from zero_code.accounts import faults
from zero_code.stage import Stage

_QUESTION = "SECRET-QUESTION"


def _agents(stage: Stage) -> set[str]:
    return {span.attributes["gen_ai.agent.name"] for span in stage.receiver.spans() if _owns(span.attributes)}


def _owns(attributes: dict[str, object]) -> bool:
    return attributes.get("gen_ai.operation.name") == "invoke_agent"


@pytest.mark.parametrize("setting", [{}, {"SPANCOST_FRAMEWORKS": "pydantic-ai"}])
def test_pydantic_ai_tells_of_its_agents_and_not_what_was_said(stage: Stage, setting: dict[str, str]) -> None:
    """Agents are owners with the right totals, calls reported by framework and client count once, prompts stay home."""
    finished = stage.instrumented("agent.py", **setting)

    assert (0, "") == (finished.status, finished.stderr)
    assert {"data_agent", "query_planner"} == _agents(stage)
    assert {"duplicate"} == {
        span.attributes["spancost.dedup.role"]
        for span in stage.receiver.spans()
        if "spancost.dedup.role" in span.attributes
    }
    assert [] == faults(stage)
    assert _QUESTION not in repr([*stage.receiver.spans(), *stage.receiver.records()])


def test_a_framework_stays_silent_where_that_is_asked(stage: Stage) -> None:
    """With SPANCOST_FRAMEWORKS=off no agent is told of; the client's own spans are counted."""
    finished = stage.instrumented("agent.py", SPANCOST_FRAMEWORKS="off")

    assert (0, "") == (finished.status, finished.stderr)
    assert set() == _agents(stage)
    assert [] == faults(stage)


def test_what_the_program_says_of_its_telemetry_stands(stage: Stage) -> None:
    """A program that wants its prompts told has them told."""
    finished = stage.instrumented("agent.py", "content")

    assert (0, "") == (finished.status, finished.stderr)
    assert {"data_agent", "query_planner"} == _agents(stage)
    assert _QUESTION in repr(stage.receiver.spans())
    assert [] == faults(stage)


def test_a_program_that_wants_silence_has_it(stage: Stage) -> None:
    """`Agent.instrument_all(False)` is not taken back."""
    finished = stage.instrumented("agent.py", "silence")

    assert (0, "") == (finished.status, finished.stderr)
    assert set() == _agents(stage)
    assert [] == faults(stage)


def test_a_name_nobody_knows_is_one_warning(stage: Stage) -> None:
    """The warning names the variable, the value and the names there are."""
    finished = stage.instrumented("hurried.py", SPANCOST_FRAMEWORKS="pydantik")

    (line,) = finished.stderr.splitlines()
    assert "SPANCOST_FRAMEWORKS: 'pydantik' is not known" in line
    assert "pydantic-ai" in line
    assert [] == faults(stage)
