"""Answers out of a library's memory are no calls: they were billed once."""

from __future__ import annotations

from support import NOW, Clock, Player, call, cost

from spancost.rollup.answers import Answers

_KEEPS = "openinference.instrumentation.langchain"
_MS = 10**6


def _play(*spans: tuple[float, dict[str, object]], scope: str = _KEEPS) -> Player:
    """Play spans that lasted so many milliseconds, each when the one before has ended."""
    play = Player(clock=(clock := Clock()))
    for place, (milliseconds, told) in enumerate(spans):
        clock.now_ns = NOW + place * 1_000 * _MS
        span = play.start(told, trace_id=place + 1, scope=scope)
        clock.now_ns += round(milliseconds * _MS)
        play.end(span, told)
    play.settle()
    return play


def test_an_answer_given_again_from_memory_is_counted_once() -> None:
    """LangChain's cache tells of it as of a call, with the usage of the call it was kept from."""
    play = _play((30, call(100, 20)), (0.4, call(100, 20)), (0.3, call(100, 20)))
    assert cost(100, 20) == play.engine.spent.direct == play.counted
    assert 2 == play.engine.duplicates


def test_a_fast_call_is_one_where_its_client_tells_of_a_request() -> None:
    """A model on this machine may answer in a millisecond; an answer out of memory has no client's span."""
    play = Player(clock=(clock := Clock()))
    for place, milliseconds in enumerate((30, 1, 1)):
        clock.now_ns = NOW + place * 1_000 * _MS
        span = play.start(call(), trace_id=10 * place + 1, scope=_KEEPS)
        client = play.start(call(), trace_id=10 * place + 2, scope="opentelemetry.instrumentation.genai.openai")
        clock.now_ns += milliseconds * _MS
        told = play.end(client, call(100, 20)) if place < 2 else None
        again = play.end(span, call(100, 20))
        if told is not None and again is not None:
            assert told.charge is again.duplicate_of
    assert (2, 3) == (play.engine.spent.calls, play.engine.duplicates)


def test_an_answer_that_is_said_to_cost_nothing_is_counted_once() -> None:
    """LiteLLM's cache may be on a disk or far away; what it says a call costs that was made is never nothing."""
    scope = "openinference.instrumentation.litellm"
    paid, free = call(100, 20) | {"llm.cost.total": 0.01}, call(100, 20) | {"llm.cost.total": 0.0}
    assert cost(100, 20) == _play((30, paid), (30, free), scope=scope).engine.spent.direct
    play = _play((30, free), (30, free), scope=scope)
    assert 2 * cost(100, 20) == play.engine.spent.direct, "a model that LiteLLM has no price for"


def test_answers_of_several_models_are_each_remembered() -> None:
    """Two models may use as many tokens for the same: what is given again is known by its model."""
    other = call(100, 20, model="gemini-3-pro")
    play = _play((30, call(100, 20)), (30, other), (0.4, other), (0.4, call(100, 20)))
    assert cost(100, 20) + cost(100, 20, "gemini-3-pro") == play.engine.spent.direct == play.counted
    assert 2 == play.engine.duplicates


def test_an_answer_without_the_id_that_it_had_may_take_its_time() -> None:
    """LangChain keeps the words of an answer and not its id; the first of them takes it some milliseconds to find."""
    first = call(100, 20, response_id=f"resp_{1:040}")
    assert cost(100, 20) == _play((30, first), (9, call(100, 20))).engine.spent.direct
    assert 2 * cost(100, 20) == _play((30, first), (60, call(100, 20))).engine.spent.direct
    assert 2 * cost(100, 20) == _play((30, call(100, 20)), (9, call(100, 20))).engine.spent.direct


def test_a_request_made_again_is_a_call() -> None:
    """What takes as long as a request takes was one, whatever it tells."""
    play = _play((30, call(100, 20)), (30, call(100, 20)))
    assert 2 * cost(100, 20) == play.engine.spent.direct


def test_however_short_a_span_is_it_must_repeat_a_call() -> None:
    """A span that is written by hand has no length at all."""
    assert 2 * cost(100, 20) == _play((0, call(100, 20)), (0, call(100, 20))).engine.spent.direct
    play = _play((30, call(100, 20)), (0.4, call(100, 21)))
    assert cost(100, 20) + cost(100, 21) == play.engine.spent.direct


def test_what_speaks_against_it_makes_it_a_call() -> None:
    """Another model's answer, one with an id of its own, embeddings, a call that broke off: none is the one before."""
    first = call(100, 20, response_id=f"resp_{1:040}")
    for other in (
        call(100, 20, model="gemini-3-pro"),
        call(100, 20, response_id=f"resp_{2:040}"),
        call(100, 20) | {"gen_ai.operation.name": "embeddings"},
    ):
        assert 2 == _play((30, first), (0.4, other)).engine.spent.calls
    assert 2 == _play((30, call(100)), (0.4, call(100))).engine.spent.calls
    scope = "openinference.instrumentation.litellm"
    paid = call(100, 20) | {"llm.cost.total": 0.01}
    free = call(100, 20, model="gemini-3-pro") | {"llm.cost.total": 0.0}
    assert 2 == _play((30, paid), (30, free), scope=scope).engine.spent.calls, "a model that LiteLLM has no price for"
    assert 2 == _play((30, paid), (30, paid), scope=scope).engine.spent.calls


def test_no_answer_is_given_again_before_it_was_given() -> None:
    """Two at once with one and the same usage are two."""
    play = Player(clock=(clock := Clock()))
    told = call(100, 20) | {"llm.cost.total": 0.01}
    one = play.start(told, scope="openinference.instrumentation.litellm")
    clock.now_ns += _MS
    other = play.start(told, trace_id=2, scope="openinference.instrumentation.litellm")
    clock.now_ns += 30 * _MS
    play.end(one)
    play.end(other, {"llm.cost.total": 0.0})
    assert 2 == play.engine.spent.calls


def test_only_libraries_that_keep_answers_give_them_again() -> None:
    """A client asks each time."""
    play = _play((30, call(100, 20)), (0.4, call(100, 20)), scope="opentelemetry.instrumentation.genai.openai")
    assert 2 * cost(100, 20) == play.engine.spent.direct


def test_answers_are_forgotten() -> None:
    """The window is bounded, whatever is told."""
    answers = Answers(most=2)
    play = Player()
    for output in range(20, 25):
        outcome = play.end(play.start(call()), call(100, output))
        assert outcome is not None
        assert outcome.charge is not None
        outcome.charge.end_ns = outcome.charge.start_ns + 30 * _MS
        assert answers.kept_from(outcome.charge) is None
    assert 2 == len(answers)
