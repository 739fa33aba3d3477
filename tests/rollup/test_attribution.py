"""Whom a charge is for: inherited from the span, its ancestors, baggage and the resource."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from support import Player, agent, call, tool, workflow


def _user(play: Player, attributes: dict[str, Any], parent: Any = None, **how: Any) -> str | None:
    charge = play.play(attributes, parent, **how).charge
    assert charge is not None
    return charge.who[play.engine.who.keys.index("user")]


def test_the_order_is_span_ancestors_baggage_resource() -> None:
    """What a span says goes before its ancestors' word, theirs before baggage, baggage before the resource."""
    every = {"user.id": "resource"}
    for told in itertools.product((True, False), repeat=4):
        own, ancestor, baggage, resource = told
        play = Player(dimensions=("user",), resource=every if resource else {})
        root = play.start(agent("a", **({"user.id": "ancestor"} if ancestor else {})))
        carried = {"user.id": "baggage"} if baggage else {}
        user = _user(play, call(1, 1, **({"user.id": "span"} if own else {})), root, baggage=carried)
        order = ("span", "ancestor", "baggage", "resource")
        assert next((name for name, said in zip(order, told, strict=True) if said), None) == user


def test_the_nearest_ancestor_wins() -> None:
    """A user set closer to the call goes before one set above."""
    play = Player(dimensions=("user",))
    root = play.start(agent("a", **{"user.id": "far"}))
    inner = play.start({"user.id": "near"}, root)
    assert "near" == _user(play, call(1, 1), play.start(None, inner))


def test_a_step_that_names_its_agent_goes_before_an_agent_further_up() -> None:
    """Laminar's spans of LangChain's steps name their agent, of which there is no span where another one asked it."""
    play = Player()
    coordinator = play.start(agent("coordinator"))
    step = play.start({"langchain.metadata": '{"lc_agent_name": "writer"}'}, coordinator)
    charge = play.play(call(1, 1), step).charge
    assert charge is not None
    assert "writer" == charge.who[0]


def test_an_agent_without_a_name_is_a_step_of_the_one_above_it() -> None:
    """OpenLIT has spans of an agent's turns that are called agents and tell no name: they are the agent's own."""
    nameless = {"gen_ai.operation.name": "invoke_agent"}
    play = Player()
    run = play.start(nameless, name="invoke_agent")
    writer = play.start(agent("writer"), run, name="invoke_agent writer")
    turn = play.start(nameless, writer, name="invoke_agent")
    charge = play.play(call(1, 1), turn).charge
    alone = play.play(call(1, 1), run).charge
    assert charge is not None
    assert alone is not None
    assert ("writer", "writer") == (charge.who[0], charge.agent_path)
    assert ("invoke_agent", "invoke_agent") == (alone.who[0], alone.agent_path), "nobody has another name for it"


@pytest.mark.parametrize(
    "above", [agent("a"), workflow("w"), tool("t"), {}], ids=["agent", "workflow", "tool", "plain"]
)
def test_every_kind_of_ancestor_tells_the_user(above: dict[str, Any]) -> None:
    """Agents, workflows, tools and plain spans hand down what they carry alike."""
    play = Player(dimensions=("user",))
    assert "ada" == _user(play, call(1, 1), play.start(above | {"user.id": "ada"}))


@pytest.mark.parametrize("above", [agent("a"), workflow("w")], ids=["agent", "workflow"])
def test_baggage_of_the_root_reaches_calls_whose_own_context_lost_it(above: dict[str, Any]) -> None:
    """A call ended in a context without baggage takes that of the span its trace began with."""
    play = Player(dimensions=("user",))
    root = play.start(above, baggage={"user.id": "ada"})
    assert "ada" == _user(play, call(1, 1), play.start(None, root))


def test_an_ended_ancestor_still_tells() -> None:
    """What an agent carried is kept for calls that come after its end."""
    play = Player(dimensions=("user",))
    root = play.start(agent("a", **{"user.id": "ada", "secret": "never kept"}))
    stream = play.start(call(), root)
    play.end(root)
    node = play.engine.tree.find(1, root.span_id)
    assert node is not None
    assert node.live is not None
    assert {"user.id": "ada", "gen_ai.agent.name": "a"} == node.live()
    assert node.known is None, "nor what its ancestors carried"
    outcome = play.end(stream, call(1, 1))
    assert outcome is not None
    assert outcome.charge is not None
    assert "ada" in outcome.charge.who


def test_an_ended_ancestor_tells_what_stood_in_its_texts() -> None:
    """The user in the JSON of LangChain's metadata is kept, and nothing else of it."""
    play = Player(dimensions=("user",))
    root = play.start(agent("a", metadata='{"user_id": "ada", "secret": "never kept"}'))
    plain = play.start({"metadata": '{"user_id": "eve"}'}, root)
    streams = [play.start(call(), root), play.start(call(), plain)]
    play.end(plain)
    play.end(root)
    told = [play.end(stream, call(1, 1)) for stream in streams]
    assert ["ada", "eve"] == [each.charge.who[2] for each in told if each is not None and each.charge is not None]
    assert "never kept" not in repr([node.live() for node in play.engine.tree.ended.nodes() if node.live is not None])


def test_what_is_set_on_a_full_span_is_found() -> None:
    """The SDK drops the oldest attribute of a span at its limit: their number tells of no change then."""

    class Full(dict[str, Any]):
        maxlen = 3

    play = Player(dimensions=("user",))
    root = play.start({"first": 1, "second": 2, "third": 3})
    node = play.engine.tree.find(1, root.span_id)
    assert node is not None
    attributes = Full(root.attributes)
    node.live = lambda: attributes
    assert _user(play, call(1, 1), root) is None
    del attributes["first"]
    attributes["user.id"] = "ada"
    assert "ada" == _user(play, call(1, 1), root)


@pytest.mark.parametrize("change", [{"user.id": "ada"}, {"enduser.id": "ada", "user.id": ""}], ids=["anew", "better"])
def test_an_ancestor_that_changes_its_mind_is_believed(change: dict[str, str]) -> None:
    """A user that logs in while the session's span is open is the user from then on."""
    play = Player(dimensions=("user",))
    root = play.start({"user.id": "anonymous"})
    turn = play.start(None, root)
    assert "anonymous" == _user(play, call(1, 1), turn)
    root.attributes.update(change)
    assert "ada" == _user(play, call(1, 1), turn)


def test_each_provider_has_its_own_resource() -> None:
    """Two tracer providers may share a trace: each call has the service of its own."""
    play = Player(dimensions=("service",))
    root = play.start()
    for service in ("api", "worker"):
        play.resource = {"service.name": service}
        charge = play.play(call(1, 1), root).charge
        assert charge is not None
        assert service in charge.who


def test_empty_text_is_nothing_told() -> None:
    """An empty attribute does not hide what an ancestor says."""
    play = Player(dimensions=("user",))
    assert "ada" == _user(play, call(1, 1, **{"user.id": ""}), play.start(agent("a", **{"user.id": "ada"})))


def test_a_users_own_attribute_names_are_asked_first() -> None:
    """`[attribution]` puts the user's attribute names before ours."""
    play = Player(dimensions=("user",), attribution={"user": ("crm.customer",)})
    assert "acme" == _user(play, call(1, 1, **{"user.id": "ada", "crm.customer": "acme"}))
    assert "ada" == _user(play, call(1, 1, **{"user.id": "ada"}))


def test_any_attribute_can_be_a_dimension() -> None:
    """A key that is no attribution key is an attribute's own name, of any type."""
    play = Player(dimensions=("app.tier",))
    charge = play.play(call(1, 1, **{"app.tier": 3})).charge
    assert charge is not None
    assert "3" in charge.who


def test_workflow_and_agent_are_told_apart() -> None:
    """A workflow's own name is no agent's, though newer conventions put it in the same attribute."""
    play = Player()
    root = play.start({"gen_ai.operation.name": "invoke_workflow", "gen_ai.agent.name": "nightly"})
    charge = play.play(call(1, 1), root).charge
    assert charge is not None
    assert ((None, "nightly"), "") == (charge.who[:2], charge.agent_path)


def test_an_agent_without_a_name_is_called_by_its_span() -> None:
    """`invoke_agent planner` names the planner."""
    play = Player()
    root = play.start({"gen_ai.operation.name": "invoke_agent"}, name="invoke_agent planner")
    charge = play.play(call(1, 1), root).charge
    assert charge is not None
    assert (("planner", None), "planner") == (charge.who[:2], charge.agent_path)


def test_a_call_that_names_another_agent_is_a_step_further() -> None:
    """A call that says which agent made it goes below the agents whose spans it lies in, once."""
    play = Player()
    root = play.start(agent("coordinator"))
    other = play.play(call(1, 1, **{"gen_ai.agent.name": "helper"}), root).charge
    same = play.play(call(1, 1, **{"gen_ai.agent.name": "coordinator"}), root).charge
    alone = play.play(call(1, 1, **{"gen_ai.agent.name": "helper"})).charge
    assert other is not None
    assert same is not None
    assert alone is not None
    assert ("coordinator/helper", "coordinator", "helper") == (other.agent_path, same.agent_path, alone.agent_path)


def test_baggage_holds_from_the_start_of_a_span_that_says_later_what_it_is() -> None:
    """A stream starts inside `with attribute(...)`, tells of itself later and ends outside."""
    play = Player(dimensions=("user",))
    span = play.start(None, baggage={"user.id": "ada"})
    span.baggage = {}
    outcome = play.end(span, call(1, 1))
    assert outcome is not None
    assert outcome.charge is not None
    assert "ada" == outcome.charge.who[play.engine.who.keys.index("user")]
