"""Calls of LiteLLM's inside a span of another's, which each writes over: none is lost, and the span stays what it was."""

from __future__ import annotations

import random
from typing import Any

import pytest
from support import Clock, Player, Span, agent, call, cost, tool

from spancost.calls.bare import MARK, WRITER

_SCOPE = WRITER.scope


def _over(input_tokens: int, output_tokens: int, response_id: str = "chatcmpl-ours-1234567") -> dict[str, Any]:
    """Return what is written on the span around a call."""
    return call(input_tokens, output_tokens, response_id=response_id) | {
        "gen_ai.operation.name": "acompletion",
        MARK: "{}",
    }


def _bare(input_tokens: int | None = None, output_tokens: int = 0, number: int = 1) -> dict[str, Any]:
    """Return what the span of the request tells; of a stream no more than what was asked."""
    if input_tokens is None:
        return {"llm.openai.model": "gpt-5.2", "llm.openai.stream": True}
    usage = {"prompt_tokens": input_tokens, "completion_tokens": output_tokens}
    return {
        "llm.openai.id": f"chatcmpl-answer-{number:06}",
        "llm.openai.model": "gpt-5.2",
        "llm.openai.usage": repr(usage),
    }


def _ask(play: Player, around: Span, bare: dict[str, Any], over: dict[str, Any]) -> None:
    play.end(play.start(bare, around, name="raw_gen_ai_request", scope=_SCOPE))
    around.attributes.update(over)


@pytest.mark.parametrize("attributes", [{}, agent("boss")])
def test_each_call_counts_and_the_last_one_once(attributes: dict[str, Any]) -> None:
    """The span around them tells of the last; it keeps its own totals."""
    play = Player()
    around = play.start(attributes, name="GET /", scope="app")
    for number in range(1, 4):
        _ask(play, around, _bare(100 * number, 10, number), _over(100 * number, 10))
    play.end(around)
    play.settle()
    total = play.owner(around)
    assert (3, 0, 0) == (total.calls, total.partial, total.unpriced)
    assert cost(600, 30) == total.total == play.counted == play.engine.spent.direct


def test_the_calls_are_the_agents_whose_span_was_written_over() -> None:
    """Each agent keeps its own: what its span says it is now is what the library wrote."""
    play = Player()
    boss = play.start(agent("boss"), name="invoke_agent boss", scope="app")
    _ask(play, boss, _bare(100, 1, 1), _over(100, 1))
    sub = play.start(agent("sub"), boss, name="invoke_agent sub", scope="app")
    _ask(play, sub, _bare(200, 2, 2), _over(200, 2))
    play.end(sub)
    _ask(play, boss, _bare(300, 3, 3), _over(300, 3))
    play.end(boss)
    play.settle()
    assert (cost(400, 4), cost(200, 2)) == (play.owner(boss).direct, play.owner(boss).children)
    assert cost(200, 2) == play.owner(sub).direct
    assert {("boss",): cost(400, 4), ("boss/sub",): cost(200, 2)} == _by_path(play)


@pytest.mark.parametrize("attributes", [{}, agent("boss"), tool("t")])
def test_of_streams_the_last_is_known_and_the_others_are_unpriced(attributes: dict[str, Any]) -> None:
    """The request's own span tells no usage of a stream."""
    play = Player()
    around = play.start(attributes, name="GET /", scope="app")
    for number in range(1, 4):
        _ask(play, around, _bare(), _over(100 * number, 10))
    play.end(around)
    play.settle()
    assert (3, 2, cost(300, 10)) == (play.engine.spent.calls, play.engine.spent.unpriced, play.engine.spent.direct)


def test_a_stream_of_claudes_whose_request_tells_not_even_a_model_is_the_one_told_around() -> None:
    """LiteLLM writes nothing of it."""
    play = Player()
    around = play.start(name="GET /", scope="app")
    _ask(play, around, {}, _over(100, 10))
    play.end(around)
    assert (1, 0, cost(100, 10)) == (play.engine.spent.calls, play.engine.spent.unpriced, play.engine.spent.direct)


@pytest.mark.parametrize("last", [{}, _bare()], ids=["claude", "openai"])
def test_a_last_stream_is_the_one_of_its_model_among_others(last: dict[str, Any]) -> None:
    """What is unpriced then is the other one."""
    play = Player()
    around = play.start(name="GET /", scope="app")
    model, provider = ("gpt-5.2", "openai") if last else ("claude-opus-4-5", "anthropic")
    for bare in [{} if last else _bare(), _bare(100, 10), last]:
        _ask(play, around, bare, _over(200, 20) | {"gen_ai.request.model": model, "gen_ai.provider.name": provider})
    play.end(around)
    spent = play.engine.spent
    assert (3, 1) == (spent.calls, spent.unpriced)
    silent = [count.charge.call.models for count in play.counts if count.charge.call.usage is None]
    assert [() if last else ("gpt-5.2",)] == silent


def test_more_calls_than_a_span_remembers_are_all_counted() -> None:
    """The last of them is told of twice all the same."""
    play = Player()
    around = play.start(name="GET /", scope="app")
    for number in range(1, 41):
        _ask(play, around, _bare(100 * number, 10, number), _over(100 * number, 10))
    play.end(around)
    assert (40, 0) == (play.engine.spent.calls, play.engine.spent.partial)
    assert sum(cost(100 * number, 10) for number in range(1, 41)) == play.engine.spent.direct


def test_without_spans_of_requests_the_last_call_is_a_lower_bound() -> None:
    """With the newest conventions LiteLLM makes none: how many were written over, nobody knows."""
    play = Player()
    around = play.start(name="GET /", scope="app")
    for number in range(1, 4):
        around.attributes.update(_over(100 * number, 10))
    play.end(around)
    total = play.owner(around)
    assert (1, 1, cost(300, 10)) == (total.calls, total.partial, total.total)


def test_a_clients_span_inside_and_the_requests_are_one_call_each() -> None:
    """Streams whose client tells what they used, in any order."""
    for seed in range(20):
        order = random.Random(seed)
        play = Player()
        around = play.start(name="GET /", scope="app")
        asked = [
            (play.start(parent=around, name="raw_gen_ai_request", scope=_SCOPE), _bare()),
            (play.start(parent=around, name="raw_gen_ai_request", scope=_SCOPE), _bare()),
            (play.start(parent=around, scope="opentelemetry.instrumentation.genai.openai"), call(100, 10)),
            (play.start(parent=around, scope="opentelemetry.instrumentation.genai.openai"), call(200, 10)),
        ]
        order.shuffle(asked)
        for span, attributes in asked:
            play.end(span, attributes)
        play.end(around, _over(200, 10))
        spent = play.engine.spent
        assert (2, 0, cost(300, 20)) == (spent.calls, spent.unpriced, spent.direct), seed


@pytest.mark.parametrize("first", ["around", "inside"])
def test_inside_the_librarys_own_span_a_request_is_no_call(first: str) -> None:
    """It is told of there; both have one start and one end, so of a file either may come first."""
    play = Player()
    own, bare = _over(100, 10) | {"gen_ai.response.id": "chatcmpl-answer-000001"}, _bare(100, 10)
    parent = play.start(name="GET /", scope="app")
    if first == "around":
        around = play.start(own, parent, name="litellm_request", scope=_SCOPE)
        play.end(around)
        play.end(play.start(bare, around, name="raw_gen_ai_request", scope=_SCOPE))
    else:
        inside = play.start(bare, 77, name="raw_gen_ai_request", scope=_SCOPE)
        around = play.start(own, parent, span_id=77, name="litellm_request", scope=_SCOPE)
        play.end(around)
        play.end(inside)
    play.end(parent)
    assert (1, 0, cost(100, 10)) == (play.engine.spent.calls, play.engine.duplicates, play.engine.spent.direct)


def test_an_answer_out_of_the_librarys_cache_is_no_call() -> None:
    """Neither the request's span nor the span around it makes it one, nor the library's own."""
    play = Player()
    around = play.start(name="GET /", scope="app")
    _ask(play, around, _bare(100, 10), _over(100, 10))
    play.end(around)
    kept = {"llm.openai.stringified_raw_response": "{'id': 'x'}"}
    for attributes in ({}, agent("boss")):
        again = play.start(attributes, name="GET /", scope="app")
        _ask(play, again, kept, _over(100, 10) | {"litellm.cache_hit": True})
        play.end(again)
    own = play.start(_over(100, 10) | {"litellm.cache_hit": True}, name="litellm_request", scope=_SCOPE)
    play.end(own)
    play.end(play.start(kept, own, name="raw_gen_ai_request", scope=_SCOPE))
    assert (1, cost(100, 10)) == (play.engine.spent.calls, play.engine.spent.direct)


def test_a_call_of_a_framework_whose_span_was_written_over_counts_beside_the_one_inside() -> None:
    """What it used it says itself when it ends, over what the library wrote."""
    play = Player()
    around = play.start(call(), name="chat gpt-5.2", scope="pydantic-ai")
    _ask(play, around, _bare(9, 1), _over(9, 1))
    play.end(around, call(1000, 100, response_id="chatcmpl-framework-0001"))
    assert (2, cost(1009, 101)) == (play.engine.spent.calls, play.engine.spent.direct)


def test_an_embedding_is_no_answer_kept_from_one_of_another_span() -> None:
    """The library makes up an id for the one, and the bare request of the other has none: both were made."""
    clock = Clock()
    play = Player(clock=clock)
    counts = {
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 0,
        "gen_ai.response.id": "a06d2b4a-3340-4d95",
    }
    own = play.start(name="litellm_request", scope=_SCOPE)
    clock.now_ns += 60 * 10**6
    play.end(own, call() | counts | {"gen_ai.operation.name": "aembedding", MARK: "{}"})
    around = play.start(name="GET /", scope="app")
    bare = play.start(parent=around, name="raw_gen_ai_request", scope=_SCOPE)
    clock.now_ns += 20 * 10**6
    play.end(bare, {"llm.None.object": "list", "llm.None.model": "gpt-5.2", "llm.None.usage": "{'prompt_tokens': 9}"})
    play.end(around)
    assert (2, cost(18, 0)) == (play.engine.spent.calls, play.engine.spent.direct)


def test_a_request_told_of_after_the_span_around_it_has_ended_counts() -> None:
    """LiteLLM tells of it on a worker's thread, and writes on no span that has ended."""
    play = Player()
    around = play.start(name="GET /", scope="app")
    play.end(around)
    play.end(play.start(_bare(100, 10), around, name="raw_gen_ai_request", scope=_SCOPE))
    assert (1, cost(100, 10)) == (play.engine.spent.calls, play.engine.spent.direct)


def _by_path(play: Player) -> dict[tuple[str], int]:
    paths: dict[tuple[str], int] = {}
    for count in play.counts:
        path = (count.charge.agent_path,)
        paths[path] = paths.get(path, 0) + count.amounts.cost
    return paths
