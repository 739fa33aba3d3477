"""Calls of which something is not known, remembered until somebody asks."""

from __future__ import annotations

from collections import Counter

from support import Player, call

from spancost.ledger.missing import Lacking, Missing, count, missing_of
from spancost.outcome import Outcome


def _take(lacking: Lacking, outcome: Outcome | None) -> None:
    assert outcome is not None
    lacking.take(outcome)


def test_a_call_counts_by_what_is_least_known_of_it() -> None:
    """An amount that is a lower bound of a guess is a lower bound; a call that tells all is of no kind."""
    play = Player()
    told = call(1000, 100) | {"gen_ai.request.stream": True}
    outcome = play.end(play.start(told, scope="openlit.instrumentation.langchain"), error="cut off")
    whole = play.play(call(1000, 100)).charge
    assert outcome is not None
    broken = outcome.charge
    assert broken is not None
    assert whole is not None
    assert broken.call.estimated
    kind = missing_of(broken)
    assert kind is not None
    assert ("partial", "cut_off") == kind[:2]
    assert missing_of(whole) is None


def test_a_call_that_a_later_record_tells_all_of_is_of_no_kind_any_more() -> None:
    """The client's record came first, of a stream that was left; the framework around it heard the rest."""
    play, lacking = Player(), Lacking()
    outer = play.start(call(), scope="framework")
    _take(lacking, play.end(play.start(call(1000, response_id=f"resp_{1:040}"), outer, scope="client")))
    assert 1 == lacking.counts().total()
    _take(lacking, play.end(outer, call(1000, 100, response_id=f"resp_{1:040}")))
    assert Counter() == lacking.counts()


def test_of_more_calls_than_are_remembered_the_first_are_counted_as_they_stand() -> None:
    """Their number is right, however long a program runs."""
    play, lacking = Player(), Lacking(most=3)
    for trace_id in range(1, 11):
        lacking.take(play.play(call(), trace_id=trace_id))
    assert {Missing("unpriced", "no_usage", "openai", "gpt-5.2", ""): 10} == lacking.counts()


def test_kinds_are_of_a_bounded_number_by_status_and_reason() -> None:
    """A model's name may be anything; what is one too many is counted as another."""
    missing = Counter[Missing]()
    for number in range(1_002):
        count(missing, Missing("unpriced", "unknown_model", "", f"nobody-{number}", ""))
    count(missing, Missing("partial", "half_usage", "openai", "gpt-5.2", ""), 5)
    count(missing, Missing("unpriced", "unknown_model", "", "nobody-0", ""))
    assert 2 == missing[Missing("unpriced", "unknown_model", "_other", "_other", "_other")]
    assert 5 == missing[Missing("partial", "half_usage", "_other", "_other", "_other")]
    assert 2 == missing[Missing("unpriced", "unknown_model", "", "nobody-0", "")]
