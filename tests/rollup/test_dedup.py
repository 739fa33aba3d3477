"""Several spans, one call: counted once, by the record that knows best, under the owner that has it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support import NOW, Clock, Player, agent, call, cost, tool, workflow

from spancost.budgets import parse_line
from spancost.budgets.alerts import State
from spancost.money import PICO
from spancost.outcome import Outcome
from spancost.rollup import Charge, Node, ResponseIds
from spancost.rollup.units import final
from spancost.telemetry.stamps import stamp

_UTC = ZoneInfo("UTC")


def test_counters_wait_while_an_open_call_may_claim_the_charge() -> None:
    """Budgets see a charge at once; the counters when the span around it has ended and cannot claim it."""
    play = Player(*parse_line("agent=1/day", _UTC))
    root = play.start(agent("a"))
    outer = play.start(call(), root)
    play.play(call(10, 5), outer)
    assert (0, cost(10, 5)) == (play.counted, play.booked)
    play.end(outer, call(999, 9))
    assert cost(10, 5) + cost(999, 9) == play.counted == play.booked
    play.end(root)
    play.settle()
    assert cost(10, 5) + cost(999, 9) == play.counted, "nothing is given twice"


def test_counters_wait_half_a_minute_at_most() -> None:
    """A framework's span that stays open does not hold the counters for longer than 30 s."""
    clock = Clock()
    play = Player(clock=clock)
    outer = play.start(call())
    play.play(call(10, 5), outer)
    clock.now_ns = NOW + 29 * 10**9
    assert [] == play.engine.settle()
    clock.now_ns = NOW + 30 * 10**9
    assert [cost(10, 5)] == [amounts.cost for _, amounts in play.engine.settle()]


def test_charges_that_wait_are_bounded_where_nobody_collects() -> None:
    """With no metrics reader nobody asks for what waits: it must not pile up, and none of it is lost."""
    play = Player()
    outer = play.start(call())
    for _ in range(20_000):
        play.play(call(1, 1), outer)
    assert 10_000 > len(play.engine._charging._settling._waiting)
    play.end(outer, call(999, 9))
    play.settle()
    assert 20_000 * cost(1, 1) + cost(999, 9) == play.counted


def test_a_span_that_ends_while_a_charge_is_offered_to_it_counts_it_once() -> None:
    """Another thread may end the span above in the middle: one of the two lets the counters have the charge."""
    play = Player()
    root = play.start()

    class Meanwhile(list[Charge]):
        def append(self, charge: Charge) -> None:
            super().append(charge)
            play.end(root)

    node = play.engine.tree.find(1, root.span_id)
    assert node is not None
    play.engine.tree.below(node).inner = Meanwhile()
    play.play(call(10, 5), root)
    assert cost(10, 5) == play.counted == play.engine.spent.direct


def test_a_charge_that_moves_to_another_owner_moves_between_budgets() -> None:
    """A second record that knows the team takes the money from the group of those without one."""
    play = Player(*parse_line("team=1/day", _UTC))
    play.play(call(10, 5, response_id="r"), trace_id=2)
    root = play.start(agent("a", **{"spancost.team": "ml"}))
    play.play(call(10, 5, response_id="r"), root)
    play.end(root)
    assert {"(none)": 0, "ml": cost(10, 5)} == {
        spend.key[1]: spend.usage for _, spend in play.engine.budgets.standings()
    }
    assert cost(10, 5) == play.owner(root).direct == play.engine.spent.direct


def test_a_charge_that_moves_after_midnight_takes_nothing_from_the_new_day() -> None:
    """The day it was charged to is over: neither the owner it leaves nor the one it comes to has it in the new day."""
    clock = Clock()
    play = Player(*parse_line("team=1/day", _UTC), clock=clock)
    root = play.start(agent("a", **{"spancost.team": "ml"}))
    play.play(call(10, 5, response_id="r"), trace_id=2)
    clock.now_ns += 24 * 3600 * 10**9
    play.play(call(1, 1), trace_id=3)
    play.play(call(10, 5, response_id="r"), root)
    usage = {spend.key[1]: spend.usage for spend in (each for _, each in play.engine.budgets.standings())}
    assert {"(none)": cost(1, 1)} == usage


def test_a_charge_whose_owner_became_known_moves_between_budgets_where_it_is() -> None:
    """Its parent was a plain span at the first record and is an agent with a team at the second."""
    play = Player(*parse_line("team=1/day", _UTC))
    parent = play.start(None)
    play.play(call(10, 5, response_id="r"), parent)
    parent.attributes.update(agent("a", **{"spancost.team": "ml"}))
    play.play(call(10, 5, response_id="r"), parent)
    usage = {spend.key[1]: spend.usage for _, spend in play.engine.budgets.standings()}
    assert {"(none)": 0, "ml": cost(10, 5)} == usage


# -- Whose number wins ------------------------------------------------------------------------------------------------


_CHARGED = {"gen_ai.usage.cost.amount": 0.02, "gen_ai.usage.cost.source": "provider"}
_PARTS = {"gen_ai.usage.cache_read.input_tokens": 30}


@pytest.mark.parametrize(
    ("inner", "outer"),
    [(_CHARGED, {}), ({}, _CHARGED), (_CHARGED, _PARTS), (_PARTS, _CHARGED), ({}, {**_PARTS, **_CHARGED})],
    ids=["inside", "outside", "inside, fewer parts", "outside, fewer parts", "outside, more parts"],
)
def test_what_the_provider_charged_holds_whichever_record_tells_it(
    inner: dict[str, Any], outer: dict[str, Any]
) -> None:
    """The money is the provider's, and the tokens are those of the record that knows most, in either order."""
    play, outcome = _around(call(100, 50, response_id="r", **outer), call(100, 50, response_id="r", **inner))
    assert outcome.duplicate_of is not None
    charge = outcome.duplicate_of
    assert (PICO // 50, "reported", "provider") == (charge.amount, charge.status, charge.source)
    assert PICO // 50 == play.engine.spent.direct == play.counted == play.in_series
    (owner,) = play.owners.values()
    parts = 30 if _PARTS.items() & {*inner.items(), *outer.items()} else 0
    assert (PICO // 50, 1, 100, 50, parts) == (owner.total, owner.calls, owner.input, owner.output, owner.cache_read)


def test_what_the_provider_charged_holds_where_it_told_no_tokens() -> None:
    """A gateway tells the money, the client the tokens: the call has both."""
    silent = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5.2", "gen_ai.response.id": "r"}
    for told in (
        (silent | _CHARGED, call(100, 50, response_id="r")),
        (call(100, 50, response_id="r"), silent | _CHARGED),
    ):
        play, _ = _around(*told)
        (owner,) = play.owners.values()
        assert (PICO // 50, 1, 0, 100, 50) == (owner.total, owner.calls, owner.unpriced, owner.input, owner.output)


# -- Which record tells of which charge ---------------------------------------------------------------------------


def _around(outer: dict[str, Any], *inner: dict[str, Any]) -> tuple[Player, Outcome]:
    """Play calls inside one call span, below an agent; return the outcome of the outer one."""
    play = Player()
    root = play.start(agent("a"))
    span = play.start({"gen_ai.operation.name": "chat"}, root)
    for each in inner:
        play.play(each, span)
    outcome = play.end(span, outer)
    assert outcome is not None
    play.end(root)
    play.settle()
    return play, outcome


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (call(10, 5), call(10, 5)),
        (call(10, 6), call(10, 5)),
        (call(10, 5, response_id="r"), call(10, 5)),
        (call(10, 5, response_id="r"), call(10, 5, response_id="r")),
        (call(99, 99, response_id="r"), call(10, 5, response_id="r")),
        (call(10, 5, model="gpt-nobody-knows"), call(10, 5)),
        (call(), call(10, 5)),
        (call() | {"gen_ai.request.model": ""}, call(10, 5)),
        (call(), call(10, 5, model="gpt-5.2-2025-12-11")),
        (call(10, 5, model="gpt-5.2-2025-12-11"), call()),
    ],
    ids=[
        "same tokens",
        "a token more",
        "an id outside",
        "same id",
        "same id, other tokens",
        "a name of its own",
        "no usage",
        "no model",
        "the model's version inside",
        "the model's version outside",
    ],
)
def test_a_call_around_the_same_call_is_no_second_one(outer: dict[str, Any], inner: dict[str, Any]) -> None:
    """A framework's span around its client's is another record of one charge: the client's, which ended first."""
    play, outcome = _around(outer, inner)
    assert outcome.charge is None
    assert outcome.duplicate_of is not None
    assert cost(10, 5) == outcome.duplicate_of.amount
    assert (cost(10, 5), 1, 1) == (play.counted, play.engine.spent.calls, play.engine.duplicates)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (call(11, 5), call(10, 5)),
        (call(10, 7), call(10, 5)),
        (call(model="gemini-3-pro"), call(10, 5)),
        (call(10, model="gemini-3-pro"), call(10, 5)),
        (call(10, 5, response_id="chatcmpl-0123456789abcdef"), call(10, 5, response_id="msg_0123456789abcdefgh")),
        (call(response_id="chatcmpl-0123456789abcdef"), call(10, 5, response_id="msg_0123456789abcdefgh")),
    ],
    ids=[
        "other input",
        "other output",
        "no usage, other model",
        "half the usage, other model",
        "other id",
        "no usage, other id",
    ],
)
def test_a_call_around_another_call_is_one_of_its_own(outer: dict[str, Any], inner: dict[str, Any]) -> None:
    """Without evidence both count: a guardrail's call inside an answer is billed too."""
    play, outcome = _around(outer, inner)
    assert outcome.duplicate_of is None
    assert (2, 0) == (play.engine.spent.calls, play.engine.duplicates)


_CLAUDE = "claude-sonnet-4-5"
_CACHE = {"gen_ai.usage.cache_read.input_tokens": 2000, "gen_ai.usage.cache_creation.input_tokens": 48}


@pytest.mark.parametrize(
    ("input_", "output", "written"),
    [(90, 40, 0), (90, 1, 0), (2138, 1, 0), (90, 40, 48), (138, 40, 48)],
    ids=["whole", "begun", "begun, inside", "a part told", "a part inside"],
)
def test_a_record_that_left_the_cache_out_or_heard_a_stream_begin_is_of_the_call_inside(
    input_: int, output: int, written: int
) -> None:
    """Many instrumentations know nothing of Claude's cache, and some of no event of a stream but the first."""
    inner = call(2138, 40, model=_CLAUDE) | _CACHE
    told = call(input_, output, model=_CLAUDE) | {"gen_ai.usage.cache_creation.input_tokens": written}
    play, outcome = _around(told, inner)
    alone, _ = _around(call(model=_CLAUDE), inner)
    assert outcome.charge is None
    assert (1, alone.counted) == (play.engine.spent.calls, play.counted)


@pytest.mark.parametrize("outer", [(91, 40), (90, 20), (2138, 20)])
def test_a_record_that_told_another_input_or_much_of_another_answer_is_another_call(outer: tuple[int, int]) -> None:
    """A few tokens are a stream's beginning; more are an answer."""
    play, outcome = _around(call(*outer, model=_CLAUDE), call(2138, 40, model=_CLAUDE) | _CACHE)
    assert outcome.charge is not None
    assert 2 == play.engine.spent.calls


def test_a_wrapper_that_sums_its_attempts_is_no_call() -> None:
    """A retry reports the tokens of all attempts: each attempt was billed, the wrapper was not."""
    play, outcome = _around(call(30, 9), call(10, 5), call(20, 4))
    assert outcome.duplicate_of is not None
    assert (cost(30, 9), 2) == (play.counted, play.engine.spent.calls)


@pytest.mark.parametrize(
    "outer", [call(30, 15), call(30, 9, model="gemini-3-pro")], ids=["other output", "other model"]
)
def test_a_call_whose_input_is_the_sum_of_others_is_one_of_its_own(outer: dict[str, Any]) -> None:
    """A wrapper sums what came out as well, and of the same model: else it was billed besides."""
    play, outcome = _around(outer, call(10, 5), call(20, 4))
    assert outcome.charge is not None
    assert 3 == play.engine.spent.calls


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (call(1000, 100), call(1000)),
        (call(1000), call(1000, 100)),
        (call(1000, 100), call(None, 100)),
        (call(None, 100), call(1000, 100)),
    ],
    ids=["input inside", "input outside", "output inside", "output outside"],
)
@pytest.mark.parametrize("outer_first", [False, True], ids=["in order", "outer first"])
def test_a_record_that_tells_half_is_of_the_call_that_tells_all(
    outer: dict[str, Any], inner: dict[str, Any], outer_first: bool
) -> None:
    """A stream that was cut tells its client half of what the framework knows, or the other way round."""
    play = _outlived(outer, inner)[0] if outer_first else _around(outer, inner)[0]
    assert (1, 0, cost(1000, 100)) == (play.engine.spent.calls, play.engine.spent.partial, play.counted)


@pytest.mark.parametrize("between", [agent("b"), tool("t"), workflow("w")], ids=["agent", "tool", "workflow"])
def test_an_agent_or_tool_between_makes_two_calls(between: dict[str, Any]) -> None:
    """The same tokens below an agent or a tool are another call's."""
    play = Player()
    outer = play.start(call(10, 5))
    span = play.start(between, outer)
    play.play(call(10, 5), span)
    play.end(span)
    outcome = play.end(outer)
    assert outcome is not None
    assert outcome.duplicate_of is None
    assert 2 * cost(10, 5) == play.engine.spent.direct


def test_a_record_that_knows_better_corrects_the_charge() -> None:
    """A stream whose client was told no usage gets it from the framework: roll-ups, budgets and counters have it."""
    play = Player(*parse_line("agent=1/day", _UTC))
    root = play.start(agent("a"))
    outer = play.start(call(), root)
    first = play.play(call(), outer).charge
    outcome = play.end(outer, call(10, 5))
    play.end(root)
    play.settle()
    assert outcome is not None
    assert first is not None
    assert outcome.duplicate_of is first
    assert (cost(10, 5), "override", "") == (first.amount, first.status, first.reason)
    told = play.owner(root)
    assert (cost(10, 5), 1, 0, 10, 5) == (told.total, told.calls, told.unpriced, told.input, told.output)
    assert cost(10, 5) == play.booked == play.counted == play.engine.spent.direct
    assert 0 == play.engine.spent.unpriced


@pytest.mark.parametrize("native_first", [True, False], ids=["native first", "native last"])
def test_the_numbers_of_the_more_trusted_record_hold(native_first: bool) -> None:
    """Traceloop adds a token to a stream of Anthropic's; whichever span ends first, the provider's own library is right."""
    play = Player()
    records = [("com.anthropic.sdk.python", 33), ("opentelemetry.instrumentation.anthropic", 34)]
    for scope, output in records if native_first else reversed(records):
        play.play(call(100, output, response_id="msg_0123456789abcdef"), scope=scope)
    assert (cost(100, 33), 1) == (play.engine.spent.direct, play.engine.spent.calls)


@pytest.mark.parametrize("rich_first", [True, False], ids=["rich first", "rich last"])
def test_the_record_that_knows_the_parts_holds(rich_first: bool) -> None:
    """An instrumentation that knows of no cache prices all input in full, which it wasn't."""
    play = Player()
    rich = call(100, 5, response_id="r", **{"gen_ai.usage.cache_read.input_tokens": 80})
    records = [rich, call(100, 5, response_id="r")]
    for told in records if rich_first else reversed(records):
        play.play(told)
    root = play.start()
    play.end(root)
    assert 1 == play.engine.spent.calls
    assert 80 == sum(amounts.cache_read for _, amounts in play.counts)


@pytest.mark.parametrize("more_first", [True, False], ids=["more first", "more last"])
@pytest.mark.parametrize("model", ["gpt-5.2", "gpt-nobody-knows"])
def test_of_two_numbers_for_one_id_the_greater_holds(more_first: bool, model: str) -> None:
    """A stream's usage only grows, and some hear but its beginning: whoever ends first, the record that heard more is right."""
    play = Player()
    records = [call(100, output, model=model, response_id="chatcmpl-0123456789abcdef") for output in (33, 4)]
    root = play.start(agent("a"))
    for told in records if more_first else reversed(records):
        play.play(told, root)
    play.end(root)
    assert (100, 33, 1) == (play.owner(root).input, play.owner(root).output, play.owner(root).calls)
    assert (cost(100, 33) if model == "gpt-5.2" else 0) == play.engine.spent.direct == play.counted


@pytest.mark.parametrize("precise_first", [True, False], ids=["precise first", "precise last"])
def test_the_record_that_names_the_model_that_answered_holds(precise_first: bool) -> None:
    """Which version of it answered may decide what is billed; whoever tells only what was asked for knows less."""
    play = Player()
    asked = call(100, 33, model="gpt-4o", response_id="chatcmpl-0123456789abcdef")
    answered = asked | {"gen_ai.response.model": "gpt-4o-2024-05-13"}
    for told in (answered, asked) if precise_first else (asked, answered):
        play.play(told)
    alone = Player()
    alone.play(answered)
    assert alone.engine.spent.direct == play.engine.spent.direct == play.counted > 0


def test_a_record_that_comes_after_the_counters_adds_what_was_missing() -> None:
    """Counters that have the lower bound get the rest, and no second call."""
    play = Player()
    play.play(call(10, response_id="r"))
    assert (cost(10, 0), 1) == (play.counted, sum(amounts.calls for _, amounts in play.counts))
    play.play(call(10, 5, response_id="r"), trace_id=2)
    assert (cost(10, 5), 1) == (play.counted, sum(amounts.calls for _, amounts in play.counts))
    assert 1 == play.engine.spent.calls


@pytest.mark.parametrize("told", [call(10, response_id="r"), call(response_id="r")], ids=["partial", "unpriced"])
def test_a_record_of_another_thread_may_come_in_between(told: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """It corrects, and moves, a charge whose id is known and which is not booked yet: once, not twice."""
    play = Player(*parse_line("agent=1/day", _UTC))
    root = play.start(agent("a"), trace_id=2)
    claim = play.engine._charging._ids.claim

    def claim_and_wait(charge: Charge, response_id: str) -> Charge:
        first = claim(charge, response_id)
        monkeypatch.setattr(play.engine._charging._ids, "claim", claim)
        play.play(call(10, 5, response_id="r"), root)  # as another thread may, right here
        return first

    monkeypatch.setattr(play.engine._charging._ids, "claim", claim_and_wait)
    play.play(told)
    play.end(root)
    assert (cost(10, 5), 1, 0, 0) == (
        play.engine.spent.direct,
        play.engine.spent.calls,
        play.engine.spent.partial,
        play.engine.spent.unpriced,
    )
    assert cost(10, 5) == play.owner(root).total == play.counted == play.booked


def test_a_record_that_knows_less_changes_nothing() -> None:
    """A lower bound does not replace the truth."""
    play = Player()
    first = play.play(call(10, 5, response_id="r")).charge
    play.play(call(10, response_id="r"), trace_id=2)
    play.play(call(response_id="r"), trace_id=3)
    assert first is not None
    assert (cost(10, 5), "override") == (first.amount, first.status)
    assert (cost(10, 5), 2) == (play.engine.spent.direct, play.engine.duplicates)


def test_a_charge_moves_once_and_the_owner_it_left_is_corrected() -> None:
    """The record below an agent takes a charge from a root that no agent owns; a third leaves it where it is."""
    play = Player()
    request = play.start(name="POST /v1/chat", trace_id=2)
    play.play(call(10, 5, response_id="r"), request)
    play.end(request)
    owners = [play.start(agent(name), trace_id=trace) for trace, name in ((3, "first"), (4, "second"))]
    for owner in owners:
        play.play(call(10, 5, response_id="r"), owner)
        play.end(owner)
    assert [0, cost(10, 5), 0] == [play.owner(span).total for span in (request, *owners)]
    assert [0, 1, 0] == [play.owner(span).calls for span in (request, *owners)]


def test_response_ids_are_remembered_within_bounds() -> None:
    """The oldest id is forgotten: a repeated one counts again only after thousands of others."""
    ids = ResponseIds(most=3)
    charges = [Player().play(call(1, 1)).charge for _ in range(5)]
    for number, charge in enumerate(charges):
        assert charge is not None
        assert ids.claim(charge, str(number)) is charge
        assert ids.claim(charge, str(number)) is charge
        assert min(number + 1, 3) == len(ids)
    last = charges[4]
    assert last is not None
    assert ids.claim(last, "2") is charges[2]
    assert ids.claim(last, "1") is last


def test_a_long_chain_below_a_call_does_not_hide_the_same_call() -> None:
    """However many plain spans lie between, the outer record finds the inner one."""
    play = Player()
    outer = play.start(call(10, 5))
    spans = [outer]
    for _ in range(200):
        spans.append(play.start(None, spans[-1]))
    play.play(call(10, 5), spans[-1])
    for span in reversed(spans):
        play.end(span)
    assert (1, cost(10, 5)) == (play.engine.duplicates, play.engine.spent.direct)


def test_a_call_that_began_after_the_one_above_it_had_ended_is_another() -> None:
    """A span handed on as a parent does not make what follows it a part of it, however equal the numbers."""
    play = Player(clock=(clock := Clock()))
    first = play.start(call())
    clock.now_ns += 10**9
    play.end(first, call(100, 50))
    clock.now_ns += 1
    second = play.start(call(), first)
    clock.now_ns += 10**9
    play.end(second, call(100, 50))
    assert (2, 2 * cost(100, 50)) == (play.engine.spent.calls, play.engine.spent.direct)


def test_a_short_id_is_no_evidence_where_a_record_tells_nothing_of_another_model() -> None:
    """Servers that count their answers from 1 give each model's the same ids."""
    play = Player()
    play.play(call(response_id="chatcmpl-7"))
    play.play(call(10, 5, model="gemini-3-pro", response_id="chatcmpl-7"))
    assert (2, 1) == (play.engine.spent.calls, play.engine.spent.unpriced)


@pytest.mark.parametrize(("output", "calls"), [(5, 1), (6, 1), (9, 2)])
def test_a_short_id_is_no_evidence_where_the_numbers_differ(output: int, calls: int) -> None:
    """Some servers draw ids from a thousand: `chatcmpl-7` with other tokens is another call."""
    play = Player()
    play.play(call(10, 5, response_id="chatcmpl-7"))
    play.play(call(10, output, response_id="chatcmpl-7"))
    assert calls == play.engine.spent.calls


def test_a_long_id_is_evidence_whatever_the_numbers() -> None:
    """Instrumentations count a stream's tokens differently; one id of the provider's is one call."""
    play = Player()
    play.play(call(10, 5, response_id="chatcmpl-0123456789abcdef"))
    play.play(call(10, 9, response_id="chatcmpl-0123456789abcdef"))
    assert 1 == play.engine.spent.calls


@pytest.mark.parametrize("response_id", ["", "chatcmpl-0123456789abcdef"])
def test_a_failed_attempt_inside_a_call_does_not_make_it_count_twice(response_id: str) -> None:
    """A framework's call around an attempt that was told nothing and one that succeeded is the one that succeeded."""
    play = Player()
    root = play.start(agent("a"))
    outer = play.start(call(), root)
    play.play(call(), outer)
    play.play(call(1000, 100, response_id=response_id), outer)
    play.end(outer, call(1000, 100))
    play.end(root)
    assert cost(1000, 100) == play.owner(root).total == play.engine.spent.direct
    assert (2, 1, 1) == (play.owner(root).calls, play.owner(root).unpriced, play.engine.duplicates)


# -- The outer record ends first ----------------------------------------------------------------------------------


def _outlived(outer: dict[str, Any], *inner: dict[str, Any]) -> tuple[Player, list[Outcome]]:
    """Play call spans that outlive the one around them, below an agent; return their outcomes."""
    play = Player(*parse_line("agent=1/day", _UTC))
    root = play.start(agent("a"))
    span = play.start({"gen_ai.operation.name": "chat"}, root)
    outlasting = [play.start({"gen_ai.operation.name": "chat"}, span) for _ in inner]
    play.end(span, outer)
    outcomes = [play.end(each, told) for each, told in zip(outlasting, inner, strict=True)]
    play.end(root)
    play.settle()
    assert play.engine.spent.direct == play.owner(root).total == play.counted == play.booked
    return play, [outcome for outcome in outcomes if outcome is not None]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(call(10, 5), call(10, 5)), (call(10, 5), call()), (call(), call(10, 5)), (call(10, 6), call(10, 5))],
    ids=["same tokens", "told nothing", "the outer told nothing", "a token more"],
)
def test_a_call_that_outlives_the_same_call_around_it_is_no_second_one(
    outer: dict[str, Any], inner: dict[str, Any]
) -> None:
    """A framework's span of a stream may end before its client's: then the framework's has the charge."""
    play, (outcome,) = _outlived(outer, inner)
    assert outcome.duplicate_of is not None
    assert (1, 1, 0) == (play.engine.spent.calls, play.engine.duplicates, play.engine.spent.unpriced)


def test_a_call_that_outlives_another_around_it_is_one_of_its_own() -> None:
    """Without evidence both count, whichever ends first."""
    play, (outcome,) = _outlived(call(10, 5), call(10, 7))
    assert outcome.charge is not None
    assert (2, 0) == (play.engine.spent.calls, play.engine.duplicates)


def test_one_call_is_found_in_another_once() -> None:
    """Of two calls with the same tokens inside one that ended, one is that one and the other was billed as well."""
    play, _ = _outlived(call(10, 5), call(10, 5), call(10, 5))
    assert (2 * cost(10, 5), 1) == (play.counted, play.engine.duplicates)


def test_a_failed_attempt_leaves_the_call_around_it_to_the_one_that_succeeded() -> None:
    """An attempt that was told nothing is no evidence against the next."""
    play, _ = _outlived(call(10, 5), call(), call(10, 5))
    assert cost(10, 5) == play.counted


def test_a_layer_between_that_ends_last_is_no_call_either() -> None:
    """Three records of one call of which the middle one ends last are one charge."""
    play = Player()
    root = play.start(agent("a"))
    outer = play.start(call(), root)
    middle = play.start(call(), outer)
    plain = play.start(None, middle)
    inner = play.start(call(), plain)
    play.end(outer, call(10, 5))
    play.end(inner, call(10, 5))
    play.end(plain)
    play.end(middle, call(10, 5))
    play.end(root)
    assert (cost(10, 5), 1, 2) == (play.owner(root).total, play.owner(root).calls, play.engine.duplicates)


def test_a_record_that_tells_of_two_charges_makes_them_one() -> None:
    """Money that was counted under an id and again inside a call that told none is taken back where it was."""
    play = Player(*parse_line("agent=1/day", _UTC))
    other = play.start(agent("other"), trace_id=2)
    play.play(call(10, response_id="r"), other)
    root = play.start(agent("a"))
    outer = play.start(call(), root)
    play.play(call(10, 5), outer)
    play.end(other)
    play.end(outer, call(10, 5, response_id="r"))
    play.end(root)
    play.settle()
    assert [0, cost(10, 5)] == [play.owner(span).total for span in (other, root)]
    assert (cost(10, 5), 1, 0) == (play.engine.spent.direct, play.engine.spent.calls, play.engine.spent.partial)
    assert cost(10, 5) == play.booked == play.counted
    assert play.play(call(10, 5, response_id="r"), trace_id=3).duplicate_of is not None


def test_two_charges_that_are_made_one_from_both_ends_stay_one() -> None:
    """Two threads may learn it at once, each with the other charge first: nothing goes round in circles."""
    play = Player()
    one, other = (play.play(call(10, 5), trace_id=trace).charge for trace in (1, 2))
    assert one is not None
    assert other is not None
    outcome = Outcome(Node(1, 1, None, "", None, None, None))
    charging = play.engine._charging
    for record, its in ((other, one), (one, other)):
        charging.books.restate(charging._twins.tie(record, its, is_new=False), outcome.node, outcome)
    assert (one, one) == (final(one), final(other))
    assert (cost(10, 5), 1) == (play.engine.spent.direct, play.engine.spent.calls)


def test_a_span_that_ends_while_a_call_inside_asks_for_it_is_the_same_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another thread, after the call has asked for such spans and before it is offered to them."""
    play = Player(clock=(clock := Clock()))
    play.play(call(1, 1), scope="another.client")
    around = play.start(call(), scope="framework")
    inside = play.start(call(), around, scope="client")
    clock.now_ns += 10**9
    charging = play.engine._charging
    evidence = charging._evidence

    def ask(charge: Charge, node: Node, *, is_claim: bool) -> Any:
        found = evidence(charge, node, is_claim=is_claim)
        monkeypatch.undo()
        # The moments alone say nothing of these two: what one told another thread may hear much later.
        clock.now_ns -= 10**8
        play.end(around, call(100, 20))
        return found

    monkeypatch.setattr(charging, "_evidence", ask)
    play.end(inside, call(100, 20))
    assert cost(1, 1) + cost(100, 20) == play.engine.spent.direct
    assert 1 == play.engine.duplicates


def test_a_duplicate_whose_correction_crosses_a_threshold_says_so() -> None:
    """The half-told record passed none; the whole truth breaches the budget."""
    play = Player(*parse_line("agent=0.00005/day", _UTC))
    play.play(call(10, response_id="r"))
    outcome = play.play(call(10, 5, response_id="r"), trace_id=2)
    assert outcome.duplicate_of is not None
    assert State.BREACH == outcome.state == stamp(outcome, {})["spancost.budget.state"]


def test_of_two_silent_attempts_the_last_is_the_call_around_them() -> None:
    """A framework's span that was told nothing: the attempt before failed as silently."""
    play = Player()
    outer = play.start(call(), scope="framework")
    play.play(call(), outer, scope="client")
    last = play.play(call(), outer, scope="client")
    outcome = play.end(outer)
    assert outcome is not None
    assert last.charge is outcome.duplicate_of is not None


def test_what_is_offered_to_one_span_is_bounded() -> None:
    """A loop of calls inside one span that never ends keeps no more of them than a call is ever tried."""
    play = Player()
    outer = play.start(name="server")
    for _ in range(100):
        play.play(call(10, 5), outer)
    node = play.engine.tree.find(1, outer.span_id)
    assert node is not None
    assert node.below is not None
    assert 16 == len(node.below.inner)


def test_what_an_agent_says_that_began_before_us_is_not_charged() -> None:
    """Its calls until then were counted by nobody, and those since by their own spans: its sum is neither."""
    play = Player()
    boss = play.start(agent("boss"))
    play.engine.forget()
    play.engine._inherited = frozenset()  # pyright: ignore[reportPrivateUsage] - it isn't a fork's
    play.end(
        boss, {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 50, "gen_ai.request.model": "gpt-5.2"}
    )
    assert 0 == play.engine.spent.calls


def test_the_attempt_that_was_answered_is_the_call_around_both() -> None:
    """One that broke off had told the same input: it stays a lower bound, and the retry is the framework's call."""
    play = Player()
    outer = play.start(scope="pydantic-ai")
    broken = play.end(play.start(call(100), outer, scope="client"), error="APIConnectionError")
    answered = play.play(call(100, 20), outer, scope="client")
    outcome = play.end(outer, call(100, 20))
    assert outcome is not None
    assert broken is not None
    assert answered.charge is outcome.duplicate_of
    assert ("partial", cost(100, 20) + cost(100, 0)) == (
        broken.charge and broken.charge.status,
        play.engine.spent.direct,
    )
