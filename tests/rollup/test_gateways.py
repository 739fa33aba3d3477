"""Answers that a library kept, known by the silence of the library it asks through."""

from __future__ import annotations

from support import Clock, Player, call

_DSPY = "openinference.instrumentation.dspy"
_LITELLM = "openinference.instrumentation.litellm"
_CLIENT = "opentelemetry.instrumentation.genai.openai"


def _ask(play: Player, clock: Clock, *inside: str, error: str | None = None, name: str = "LM.__call__") -> None:
    """Ask as DSPy does, in spans that tell no usage and lie around those of whoever carries the request."""
    outer = play.start(call(), scope=_DSPY, name=name)
    clock.now_ns += 20_000_000
    for scope in inside:
        play.play(call(100, 20), outer, scope=scope)
    play.end(outer, error=error)


def test_a_call_that_the_gateway_of_all_others_did_not_hear_was_answered_from_memory() -> None:
    """However long the library took to find it."""
    play = Player(clock=(clock := Clock()))
    _ask(play, clock, _LITELLM)
    _ask(play, clock)
    _ask(play, clock, _LITELLM)
    assert (2, 0) == (play.engine.spent.calls, play.engine.spent.unpriced)


def test_a_call_counts_where_nothing_shows_that_a_gateway_hears_it() -> None:
    """None was heard yet, or none but a client of one provider; and what failed was asked, whoever heard it."""
    play = Player(clock=(clock := Clock()))
    _ask(play, clock)
    _ask(play, clock, _CLIENT)
    _ask(play, clock)
    _ask(play, clock, _LITELLM)
    _ask(play, clock, error="the connection broke")
    assert (5, 3) == (play.engine.spent.calls, play.engine.spent.unpriced)


def test_a_class_of_the_program_s_own_may_ask_no_gateway() -> None:
    """DSPy takes any model that answers: nothing says that LiteLLM carries its requests."""
    play = Player(clock=(clock := Clock()))
    _ask(play, clock, _LITELLM)
    _ask(play, clock, name="HomeGrown.__call__")
    assert (2, 1) == (play.engine.spent.calls, play.engine.spent.unpriced)
