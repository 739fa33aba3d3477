"""Spans in any order: late, lost, started or ended twice, in circles and without end."""

from __future__ import annotations

from typing import Any

import pytest
from support import Player, agent, call, cost, tool

from spancost.rollup import Totals, Tree
from spancost.rollup.node import above

# -- Late, lost, twice ------------------------------------------------------------------------------------------------


def test_a_child_that_ends_after_its_owners_corrects_them() -> None:
    """A stream that ends late reaches every owner above it, each by one correction with its new totals."""
    play = Player()
    root = play.start(agent("root"))
    inner = play.start(agent("inner"), root)
    stream = play.start(call(), inner)
    play.end(inner)
    play.end(root)
    assert 0 == play.owner(root).total
    play.end(stream, call(10, 5))
    assert [(inner.span_id, 1), (root.span_id, 1)] == [(each.span_id, each.sequence) for each in play.corrections]
    assert (cost(10, 5), 0) == (play.owner(inner).direct, play.owner(inner).children)
    assert (0, cost(10, 5)) == (play.owner(root).direct, play.owner(root).children)
    assert 1 == play.engine.tree.late


def test_corrections_are_absolute_and_numbered() -> None:
    """Each correction carries the whole truth and a higher number, so that the last one is enough."""
    play = Player()
    root = play.start(agent("root"))
    streams = [play.start(call(), root) for _ in range(3)]
    play.end(root)
    for stream in streams:
        play.end(stream, call(10, 5))
    assert [(1, cost(10, 5)), (2, 2 * cost(10, 5)), (3, 3 * cost(10, 5))] == [
        (each.sequence, each.totals.total) for each in play.corrections
    ]


def test_a_correction_holds_at_least_what_its_number_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever another thread books while a correction is made, the one with the highest number is the whole truth."""
    play = Player()
    root = play.start(agent("root"))
    first, second = play.start(call(), root), play.start(call(), root)
    play.end(root)
    whole = play.engine.tree.totals

    def totals(node: Any) -> Totals:
        told = whole(node)
        monkeypatch.setattr(play.engine.tree, "totals", whole)
        play.end(second, call(4, 1))  # as another thread may, right here
        return told

    monkeypatch.setattr(play.engine.tree, "totals", totals)
    play.end(first, call(10, 5))
    newest = max(each.sequence for each in play.corrections)
    told = {each.totals.total for each in play.corrections if each.sequence == newest}
    assert {cost(10, 5) + cost(4, 1)} == told


def test_a_child_that_starts_after_its_agent_ended_still_belongs_to_it() -> None:
    """Fire and forget: an agent that has ended is remembered for what starts below it later."""
    play = Player()
    root = play.start(agent("root"))
    play.end(root)
    late = play.play(call(10, 5), root)
    assert late.charge is not None
    assert "root" == late.charge.agent_path
    assert cost(10, 5) == play.owner(root).total


def test_a_span_ended_twice_counts_once() -> None:
    """The second end finds the span ended, and says nothing."""
    play = Player()
    root = play.start(agent("a"))
    span = play.start(call(10, 5), root)
    assert play.end(span) is not None
    assert play.end(span) is None
    assert play.end(root) is not None
    assert play.end(root) is None
    assert (cost(10, 5), 1) == (play.engine.spent.direct, play.owner(root).calls)


def test_a_call_ended_twice_counts_once_even_below_an_evicted_agent() -> None:
    """What stands for an ended call is the span above it, whatever became of that."""
    play = Player(tree=lambda: Tree(open_spans=2, ended_spans=10))
    root = play.start(agent("a"))
    span = play.start(call(10, 5), root)
    play.end(span)
    for _ in range(2):
        play.start(agent("leak"), trace_id=9)
    assert play.end(span) is None
    outcome = play.end(root)
    assert outcome is not None
    assert Totals(cost(10, 5), 0, 1, 0, 0, 10, 5, 0, 0, 0) == outcome.totals


def test_a_span_that_two_processors_tell_of_counts_once() -> None:
    """Two processors over one engine start and end every span twice: it is still one span."""
    play = Player()
    root = play.start(agent("a"))
    play.start_again(root)
    span = play.start(call(10, 5), root)
    play.start_again(span)
    for each in (span, root):
        assert play.end(each) is not None
        assert play.end(each) is None
    assert (cost(10, 5), 1) == (play.engine.spent.direct, play.owner(root).calls)
    assert len(play.engine.tree) == 0


def test_one_span_id_in_two_traces_is_two_spans() -> None:
    """Ids drawn from one seed collide: each trace keeps its own money."""
    play = Player()
    one = play.start(agent("one"), trace_id=1, span_id=7)
    other = play.start(agent("other"), trace_id=2, span_id=7)
    play.play(call(10, 5), other)
    play.play(call(4, 1), one)
    play.end(one)
    play.end(other)
    assert (cost(4, 1), cost(10, 5)) == (play.owner(one).total, play.owner(other).total)


def test_ids_used_again_are_new_spans() -> None:
    """A program that seeds the ids anew for each request repeats them: each request counts."""
    play = Player()
    for _ in range(3):
        root = play.start(agent("a"), span_id=1)
        play.play(call(10, 5), root, span_id=2)
        play.end(root)
        assert cost(10, 5) == play.owner(root).total
    assert 3 * cost(10, 5) == play.engine.spent.direct


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_circle_of_parents_is_survived(length: int) -> None:
    """Spans that name one another as parents end, are counted, and nothing runs for ever."""
    play = Player()
    spans = [play.start(agent(str(place)), (place + 1) % length + 1, span_id=place + 1) for place in range(length)]
    play.play(call(10, 5), spans[-1])
    for _ in range(2):  # and once more, now that all are remembered as ended
        for span in spans:
            play.end(span)
        for span in spans:
            play.start_again(span)
    assert play.engine.cost_so_far(1, spans[0].span_id) is not None
    assert cost(10, 5) == play.engine.spent.direct


def test_an_end_without_a_start_is_counted() -> None:
    """Spans that were open before we came have their cost, under the parent that is known."""
    play = Player()
    root = play.start(agent("a"))
    before = play.start(call(10, 5), root)
    play.engine.tree._open.pop(before.span_id)  # nobody told us of its start
    assert play.end(before) is not None
    play.end(root)
    assert cost(10, 5) == play.owner(root).total


def test_spans_that_never_end_are_closed_for_want_of_room() -> None:
    """Open spans are bounded: the oldest is closed for the roll-up, and counted as evicted."""
    play = Player(tree=lambda: Tree(open_spans=10, ended_spans=10))
    for _ in range(25):
        play.start(agent("leak"))
    assert (10, 15) == (len(play.engine.tree), play.engine.tree.evictions)


def test_an_agent_closed_for_want_of_room_still_says_what_it_cost() -> None:
    """When the end of an evicted owner comes after all, it carries what was below it, and money is counted once."""
    play = Player(tree=lambda: Tree(open_spans=3, ended_spans=10))
    keeper = play.start(agent("keeper"))
    slow = play.start(agent("slow"), keeper)
    play.play(call(10, 5), slow)
    for _ in range(3):
        play.start(agent("leak"), trace_id=9)
    play.play(call(4, 1), slow)
    inner, outer = play.end(slow), play.end(keeper)
    assert inner is not None
    assert outer is not None
    whole = cost(10, 5) + cost(4, 1)
    assert Totals(whole, 0, 2, 0, 0, 14, 6, 0, 0, 0) == inner.totals
    assert Totals(0, whole, 2, 0, 0, 14, 6, 0, 0, 0) == outer.totals


# -- A trace without end ----------------------------------------------------------------------------------------------


def test_a_very_deep_trace_needs_no_recursion_and_no_long_climb() -> None:
    """Twenty thousand spans in one another, a call at the bottom: it arrives at the top, and each end is cheap."""
    play = Player()
    spans = [play.start()]
    for _ in range(20_000):
        spans.append(play.start(None, spans[-1]))
    play.play(call(10, 5), spans[-1])
    for span in reversed(spans):
        play.end(span)
    assert cost(10, 5) == play.owner(spans[0]).total
    play.settle()
    assert cost(10, 5) == play.counted


def test_a_chain_of_agents_without_end_is_forgotten_at_its_far_end() -> None:
    """Each starts below the one before, which has ended: only as many are remembered as there is room for."""
    lengths: set[int] = set()
    for agents in range(90, 100):
        play = Player(tree=lambda: Tree(open_spans=10, ended_spans=10))
        last = play.start(agent("0"))
        for number in range(1, agents):
            play.end(last)
            last = play.start(agent(str(number)), last)
        charge = play.play(call(1, 1), last).charge
        assert charge is not None
        lengths.add(len(charge.agent_path.split("/")))
    assert {6, 7, 8, 9, 10} == lengths, "the open one, four to eight remembered beside the call, the one they hang on"


# -- Below plain spans that have ended --------------------------------------------------------------------------------


def test_what_starts_below_an_ended_plain_span_has_the_nearest_owner_above() -> None:
    """A task made inside a short span belongs to the request that the span was part of, agent or plain root."""
    for told in ({}, agent("planner")):
        play = Player()
        root = play.start(told)
        outer = play.start(None, root)
        inner = play.start(None, outer)
        play.end(inner)
        play.end(outer)
        play.play(call(10, 5), inner)
        play.end(root)
        assert (cost(10, 5), cost(10, 5)) == (play.owner(root).direct, play.owner(root).total)
        assert not play.corrections


def test_an_agent_that_only_says_so_as_it_ends_owns_what_comes_late() -> None:
    """Instrumentations that name the operation after the start are no different."""
    play = Player()
    root = play.start()
    planner = play.start(None, root)
    step = play.start(None, planner)
    play.end(step)
    late = play.start(None, step)
    play.end(planner, agent("planner"))
    play.end(late, call(10, 5))
    play.end(root)
    assert (0, cost(10, 5)) == (play.owner(root).direct, play.owner(root).children)
    assert cost(10, 5) == play.owner(planner).direct


def test_a_root_that_ended_with_nothing_below_it_tells_what_came_late() -> None:
    """Fire and forget: its total was nothing, and one correction says what it is now."""
    play = Player()
    root = play.start(name="POST /ask")
    step = play.start(None, root)
    play.end(step)
    play.end(root)
    play.play(call(10, 5), step)
    (correction,) = play.corrections
    assert ("POST /ask", "root", cost(10, 5)) == (correction.name, correction.kind, correction.totals.direct)
    play.play(call(10, 5), root)
    assert [1, 2] == [each.sequence for each in play.corrections]


def test_what_an_ended_plain_span_said_of_whom_it_was_for_holds_for_what_comes_late() -> None:
    """A user told on a middleware's span, or on the request's own, is the user of the task that outlives it."""
    for place in (0, 1):
        play = Player(dimensions=("user",))
        root = play.start({"user.id": "ada"} if place == 0 else None)
        step = play.start({"user.id": "ada"} if place == 1 else {"http.route": "/"}, root)
        play.end(step)
        play.end(root)
        charge = play.play(call(10, 5), step).charge
        assert charge is not None
        assert "ada" in charge.who


def test_a_plain_span_ends_once() -> None:
    """Told to have ended again, by a second processor, it is nothing new: nor is the one that stands for it."""
    play = Player()
    root = play.start()
    step = play.start(None, root)
    for _ in range(2):
        assert play.end(step) is None
    play.play(call(10, 5), step)
    assert play.end(step) is None
    play.end(root)
    assert cost(10, 5) == play.owner(root).total


def test_ended_spans_are_remembered_in_bounded_number() -> None:
    """Of a program that runs for ever the last are, and the rest is let go."""
    play = Player(tree=lambda: Tree(open_spans=10, ended_spans=100))
    root = play.start()
    steps = []
    for _ in range(1000):
        steps.append(play.start(None, root))
        play.end(steps[-1])
        assert 100 >= len(play.engine.tree.ended)
    for step, is_known in ((steps[-1], True), (steps[-50], True), (steps[-101], False)):
        play.play(call(10, 5), step)
        assert is_known == (play.engine.tree.find(1, step.span_id) is not None)


# -- Cost so far ------------------------------------------------------------------------------------------------------


def test_the_cost_so_far_is_that_of_the_whole_local_trace() -> None:
    """Asked below any span while the trace runs, it holds every charge that has ended, open agents' included."""
    play = Player()
    root = play.start(agent("root"))
    left, right = play.start(agent("left"), root), play.start(agent("right"), root)
    play.play(call(10, 5), left)
    play.play(call(4, 1), right)
    play.play(call(100, 100), play.start(agent("elsewhere"), trace_id=2))
    for span in (root, left, right):
        assert cost(10, 5) + cost(4, 1) == play.engine.cost_so_far(1, span.span_id)
    play.end(left)
    assert cost(10, 5) + cost(4, 1) == play.engine.cost_so_far(1, right.span_id)
    play.end(right)
    assert cost(10, 5) + cost(4, 1) == play.engine.cost_so_far(1, 999), "of a span that is not here, its trace"
    play.end(root)
    assert cost(10, 5) + cost(4, 1) == play.engine.cost_so_far(1, root.span_id)
    assert 0 == play.engine.cost_so_far(99, 1)


@pytest.mark.parametrize("order", ["each before the next ends", "each after the next ended"])
def test_a_chain_of_plain_spans_without_end_does_not_grow(order: str) -> None:
    """Each starts below the one before, which then ends: the way up to the root stays short, and the root is found."""
    play = Player(dimensions=("user",))
    root = last = play.start({"user.id": "ada"})
    waiting = []
    for number in range(1000):
        following = play.start(None, last)
        waiting.append(last)
        if order == "each before the next ends" or number % 7 == 6:
            for span in reversed(waiting):
                play.end(span)
            waiting.clear()
        last = following
    node = play.engine.tree.find(1, last.span_id)
    assert node is not None
    assert 20 > sum(1 for _ in above(node, 2000))
    charge = play.play(call(10, 5), last).charge
    assert charge is not None
    assert "ada" in charge.who
    for span in (last, *reversed(waiting)):
        play.end(span)
    assert cost(10, 5) == play.owner(root).total


def test_ended_spans_keep_no_long_names() -> None:
    """A program that writes prompts into span names pays for them while the spans are open, and no longer."""
    play = Player()
    root = play.start(name="x" * 10_000)
    inner_tool = play.start(tool("t"), root, name="y" * 10_000)
    play.play(call(10, 5), inner_tool)
    for span in (inner_tool, root):
        node = play.engine.tree.find(1, span.span_id)
        assert node is not None
        play.end(span)
        assert 512 >= len(node.name)
    bare = play.start(name="z" * 10_000, trace_id=2)
    node = play.engine.tree.find(2, bare.span_id)
    assert node is not None
    play.end(bare)
    assert 512 >= len(node.name)


def test_a_late_call_of_a_sub_agent_is_not_the_outer_agents_own() -> None:
    """An instrumentation whose agents sum up their own calls: what came late below an inner one leaves the outer's word."""
    scope = "opentelemetry.instrumentation.agno"
    play = Player()
    outer = play.start(agent("outer"), scope=scope)
    inner = play.start(agent("inner"), outer, scope=scope)
    stream = play.start(call(10, 5), inner)
    play.end(inner)
    play.end(stream)
    play.end(
        outer, {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 50, "gen_ai.request.model": "gpt-5.2"}
    )
    told = play.owner(outer)
    assert (cost(100, 50), cost(10, 5)) == (told.direct, told.children)


def test_an_owner_closed_for_want_of_room_is_not_told_of_as_corrected() -> None:
    """It has not ended for the program, and says its totals when it does."""
    play = Player(tree=lambda: Tree(open_spans=2))
    boss = play.start(agent("boss"))
    tool_span = play.start(tool("t"), boss)
    for _ in range(3):
        play.start()
    play.play(call(10, 5), tool_span)
    assert [] == play.corrections
    play.end(boss)
    assert cost(10, 5) == play.owner(boss).total
