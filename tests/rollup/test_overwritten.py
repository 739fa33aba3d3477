"""Agents' spans on which each call was written over the one before."""

from __future__ import annotations

import pytest
from support import Player, Span, agent, call, tool

from spancost.rollup.overwritten import hides_calls


def _ran(play: Player, outer: Span, tools: int, name: str = "invoke_agent a") -> None:
    """Play an agent's span that ends as a call, with tools one in another below it, and end the owner around it."""
    inner = play.start(agent("a"), outer, name=name)
    around = inner
    opened = [around := play.start(tool("t"), around, name="execute_tool t") for _ in range(tools)]
    for span in reversed(opened):
        play.end(span)
    play.end(inner, call(10, 5))


@pytest.mark.parametrize(
    ("tools", "name", "hidden"),
    [
        (1, "invoke_agent a", True),
        (2, "invoke_agent a", True),
        (0, "invoke_agent a", False),
        (1, "chat gpt-5.2", False),
    ],
)
def test_a_call_by_an_agents_name_that_ran_a_tool_was_the_last_of_several(tools: int, name: str, hidden: bool) -> None:
    """An answer without tools is one call; a call by its own name may lie around a tool."""
    play = Player()
    outer = play.start(agent("a"), name="agent_run [a]")
    _ran(play, outer, tools, name)
    outcome = play.end(outer)
    assert outcome is not None
    assert hidden == hides_calls(outcome.node)
    assert 1 == play.engine.spent.calls


def test_an_agents_tool_is_not_its_callers() -> None:
    """A span between that is nothing passes it on; a tool that asks an agent is one of the agent's own that asks."""
    play = Player()
    outer = play.start(agent("boss"), name="agent_run [boss]")
    boss = play.start(agent("boss"), outer, name="invoke_agent boss")
    plain = play.start(None, boss, name="batch")
    asked = play.start(tool("helper"), plain, name="execute_tool helper")
    helper = play.start(agent("helper"), asked, name="agent_run [helper]")
    _ran(play, helper, 0)
    ended = [play.end(helper), play.end(asked)]
    play.end(plain)
    play.end(boss, call(10, 5))
    ended.append(play.end(outer))
    assert [False, False, True] == [hides_calls(outcome.node) for outcome in ended if outcome is not None]


def test_a_call_with_no_owner_above_is_counted_as_before() -> None:
    """There is nobody to tell it of."""
    play = Player()
    inner = play.start(agent("a"), name="invoke_agent a")
    play.end(play.start(tool("t"), inner, name="execute_tool t"))
    outcome = play.end(inner, call(10, 5))
    assert outcome is not None
    assert (1, False) == (play.engine.spent.calls, hides_calls(outcome.node))
