"""The window within which records are compared is bounded, and has what a later record may be one call with."""

from __future__ import annotations

from support import record

from spancost.rollup import Charge
from spancost.rollup.recent import Recent

_CLIENT, _FRAMEWORK = "client", "framework"
_COUNTS_ONE_MORE = "opentelemetry.instrumentation.anthropic"


def _recent(*records: Charge, most: int = 100) -> Recent:
    recent = Recent(most)
    for each in records:
        recent.add(each, recent.ready(each))
    return recent


def test_records_of_other_instrumentations_that_tell_the_same_are_alike() -> None:
    """Silence says nothing against it, and a token more or less is the same where one counts so."""
    for client, is_off in ((_CLIENT, False), (_COUNTS_ONE_MORE, True)):
        same, one_more, silent = record(client, (100, 20)), record(client, (100, 21)), record(client, ())
        others = [record(client, (100, 22)), record(client, (101, 20)), record(_FRAMEWORK, (100, 20))]
        recent = _recent(same, one_more, silent, *others)
        alike = {same, silent, one_more} if is_off else {same, silent}
        assert alike == set(recent.like(record(_FRAMEWORK, (100, 20)), [client]))


def test_a_record_that_left_the_cache_out_is_like_one_that_tells_of_it() -> None:
    """Whichever comes first; one that tells of another cache is not."""
    whole, rest, another = record(_CLIENT, (2100, 20)), record(_FRAMEWORK, (100, 20)), record(_FRAMEWORK, (100, 20))
    for each, read in (whole, 2000), (another, 7):
        assert each.told is not None
        each.told = each.told._replace(cache_read=read)
    assert [whole] == list(_recent(whole).like(rest, [_CLIENT]))
    assert [rest] == list(_recent(rest).like(whole, [_FRAMEWORK]))
    assert [] == list(_recent(whole).like(another, [_CLIENT]))
    assert [] == list(_recent(another).like(whole, [_FRAMEWORK]))


def test_only_instrumentations_that_are_asked_for_are_compared() -> None:
    """A call that a client has told of has no second record of that client."""
    recent = _recent(record(_CLIENT), record("gateway"))
    assert {"gateway"} == {each.emitter.scope for each in recent.like(record(_FRAMEWORK), ["gateway"])}
    assert {"gateway"} == {each.emitter.scope for each in recent.like(record(_FRAMEWORK, ()), ["gateway"])}


def test_a_record_that_tells_nothing_may_be_of_any_of_the_latest() -> None:
    """Its model and its time have to speak for it."""
    told = [record(_CLIENT, (number, 20)) for number in range(5)]
    assert told[::-1] == list(_recent(*told).like(record(_FRAMEWORK, ()), [_CLIENT]))


def test_records_that_ended_long_before_are_none() -> None:
    """Nothing comes more than some seconds behind its end."""
    old, new = record(_CLIENT), record(_FRAMEWORK)
    new.start_ns = old.end_ns + 6 * 10**9
    assert [] == list(_recent(old).like(new, [_CLIENT]))


def test_the_oldest_are_forgotten_and_half_of_the_window_is_always_there() -> None:
    """As a whole generation, so that forgetting costs nothing."""
    told = [record(_CLIENT) for _ in range(25)]
    recent = _recent(*told, most=10)
    assert 5 <= len(recent) <= 10
    assert set(told[-5:]) <= set(recent.like(record(_FRAMEWORK), [_CLIENT]))


def test_of_a_stream_that_was_left_the_input_is_enough() -> None:
    """Whichever of the two records tells no output, and whichever comes first."""
    half, whole, another = record(_CLIENT, (100, 0)), record(_FRAMEWORK, (100, 20)), record(_FRAMEWORK, (101, 20))
    half.call = half.call._replace(partial=True)
    assert [half] == list(_recent(half).like(whole, [_CLIENT]))
    assert [whole] == list(_recent(whole, another).like(half, [_FRAMEWORK]))
