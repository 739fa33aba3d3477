"""Law 1 with nothing to tell calls apart: the same tokens at once, contexts kept or lost, spans that end in any order."""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import NOW, Clock, Player, Span, agent, call, cost

from spancost.budgets import parse_line
from spancost.outcome import Outcome

_FRAMEWORK: Final = "opentelemetry.instrumentation.genai.openai_agents"
_CLIENT: Final = "opentelemetry.instrumentation.genai.openai"
_ANOTHER_CLIENT: Final = "openinference.instrumentation.openai"
_TOKENS: Final = (1000, 100)

_READ: Final = "gen_ai.usage.cache_read.input_tokens"

_MOMENT: Final = 10**6
"""Between the ends of two spans, ns: all of them end within what a framework or a client may be late."""


class _Call(NamedTuple):
    """How a call of a framework is told of."""

    context: str
    """Where its client's span lies: inside the framework's, beside it, in a trace of its own; or it has none."""
    clients: int
    """Instrumentations of the client, one inside the other."""
    has_id: bool
    """Whether the client's spans tell the provider's id."""
    is_silent_at_first: bool
    """Whether only its end says what each span is."""
    is_half_told: bool = False
    """Whether the framework's span tells the input alone, as of a stream that was left."""
    output: int = _TOKENS[1]
    """Tokens of the answer, about as many in every call."""
    cached: int = 0
    """Tokens of the input that were read from a cache."""

    @property
    def tokens(self) -> tuple[int, int]:
        """Input and output."""
        return _TOKENS[0], self.output

    @property
    def records(self) -> int:
        """Spans that tell of it."""
        return 1 + self.clients * (self.context != "none")


_calls: Final = st.builds(
    _Call,
    st.sampled_from(("inside", "inside", "beside", "lost", "none")),
    st.integers(1, 2),
    st.booleans(),
    st.booleans(),
    st.just(False),
    st.just(_TOKENS[1]),
    st.just(0),
)
_short: Final = st.builds(
    _Call,
    st.sampled_from(("inside", "beside", "lost", "none")),
    st.integers(1, 2),
    st.booleans(),
    st.booleans(),
    st.just(False),
    st.integers(1, 4),
    st.just(0),
)
_half_told: Final = st.builds(
    _Call,
    st.sampled_from(("inside", "beside", "lost")),
    st.integers(1, 2),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.just(_TOKENS[1]),
    st.just(0),
)


def _play(calls: list[_Call], order: Any, one_more_by: str = "", apart_ns: int = 100 * _MOMENT) -> Player:
    """Start the spans of all calls, and end them in any order that an innermost client's allows.

    An instrumentation may tell one token more than was used.
    """
    clock = Clock()
    play = Player(*parse_line("agent=100/day; user=1/month", ZoneInfo("UTC")), clock=clock)
    root = play.start(agent("root"))
    ends: list[list[tuple[Span, dict[str, Any]]]] = []
    for number, each in enumerate(calls):
        clock.now_ns += apart_ns
        begun = {} if each.is_silent_at_first else call()
        span = play.start(begun, root, scope=_FRAMEWORK)
        cached = {_READ: each.cached} if each.cached else {}
        ends.append([(span, call(*(each.tokens[:1] if each.is_half_told else each.tokens)) | cached)])
        around = {"inside": span, "beside": root}.get(each.context)
        trace_id = 1_000 + number
        response_id = f"chatcmpl-{number:024d}" if each.has_id else ""
        clients: list[tuple[Span, dict[str, Any]]] = []
        for scope in (one_more_by or _CLIENT, _ANOTHER_CLIENT)[: each.records - 1]:
            told = call(each.tokens[0], each.output + (scope == one_more_by), response_id=response_id) | cached
            clock.now_ns += _MOMENT
            around = play.start(begun, around, trace_id=trace_id, scope=scope)
            clients.insert(0, (around, told))
        ends.append(clients)
    clock.now_ns = NOW + 10**10
    while ends := [each for each in ends if each]:
        clock.now_ns += _MOMENT
        span, told = order.choice(ends).pop(0)
        play.end(span, told)
    play.end(root)
    play.settle()
    return play


def _check(calls: list[_Call], order: Any) -> None:
    play = _play(calls, order)
    spent = play.engine.spent
    ledger = sum(cost(*each.tokens) for each in calls)
    assert (len(calls), ledger, 0, 0) == (spent.calls, spent.direct, spent.partial, spent.unpriced)
    assert (ledger, ledger, len(calls)) == (play.counted, play.in_series, sum(row.calls for row in play.series))
    assert 2 * ledger == play.booked, "two budgets"
    assert sum(each.records - 1 for each in calls) == play.engine.duplicates


@settings(max_examples=300)
@given(st.lists(_calls, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_calls_that_tell_the_same_at_once_are_each_counted_once(calls: list[_Call], order: Any) -> None:
    """However each is told of, and whichever of its spans ends first."""
    _check(calls, order)


@given(st.lists(_half_told, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_so_are_those_of_which_a_framework_tells_the_input_alone(calls: list[_Call], order: Any) -> None:
    """Their clients tell the rest, wherever their spans lie."""
    _check(calls, order)


@settings(max_examples=300)
@given(st.lists(_short, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_so_are_those_whose_answers_are_about_as_long(calls: list[_Call], order: Any) -> None:
    """As a classifier's: a token more or less is another call's, wherever one tells as much."""
    _check(calls, order)


@given(st.lists(_short, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_so_are_those_of_which_an_instrumentation_tells_one_token_more(calls: list[_Call], order: Any) -> None:
    """Traceloop's of Anthropic's client does; what it tells is no other call's that used one more."""
    spent = _play(calls, order, "opentelemetry.instrumentation.anthropic").engine.spent
    assert len(calls) == spent.calls


@given(st.lists(_short, min_size=1, max_size=5), st.randoms(use_true_random=False), st.data())
def test_so_are_those_of_which_some_were_read_from_a_cache(calls: list[_Call], order: Any, data: Any) -> None:
    """Each is told what came from one by all that tell of it, and takes nothing from a call that was told otherwise."""
    calls = [each._replace(output=10, cached=data.draw(st.sampled_from((0, 512)))) for each in calls]
    play = _play(calls, order, apart_ns=0)
    read = sum(each.cached for each in calls)
    assert (len(calls), read) == (play.engine.spent.calls, sum(row.cache_read for row in play.series))


class _InTurn(list[int]):
    """An order of ends that is given."""

    def choice(self, ends: list[Any]) -> Any:
        """Return the one whose turn it is."""
        return ends[self.pop(0)]


def test_a_call_that_found_no_place_looks_again_when_evidence_makes_room() -> None:
    """Two others of one charge stood in its way, and an id takes one of them to another charge."""
    inside, beside = _Call("inside", 2, True, False), _Call("beside", 1, True, False)
    _check([inside, beside, beside._replace(has_id=False)], _InTurn([5, 2, 1, 3, 2, 1, 0]))


@pytest.mark.parametrize("other", ["beside", "lost", "none"])
@pytest.mark.parametrize("first", ["client", "framework", "other"])
def test_a_call_that_keeps_its_context_takes_its_records_from_one_that_lost_it(other: str, first: str) -> None:
    """Of a framework's two calls, one around its client's span, whichever of the three spans ends first."""
    play = Player(clock=(clock := Clock()))
    root = play.start(agent("root"))
    spans = {"other": play.start(call(), root, scope=_FRAMEWORK)}
    spans["framework"] = play.start(call(), root, scope=_FRAMEWORK)
    spans["client"] = play.start(call(), spans["framework"], scope=_CLIENT)
    if other != "none":
        around = root if other == "beside" else None
        spans["its client"] = play.start(call(), around, trace_id=2, scope=_CLIENT)
    for name in dict.fromkeys((first, *spans)):
        clock.now_ns += _MOMENT
        play.end(spans[name], call(*_TOKENS))
    play.end(root)
    play.settle()
    assert (2, 2 * cost(*_TOKENS)) == (play.engine.spent.calls, play.counted)


def test_a_record_that_becomes_a_call_of_its_own_is_told_to_the_counters_and_to_who_reads_the_spans() -> None:
    """Its span said that it told again of another's call; it has an amount since evidence put it out of there."""
    play = Player(*parse_line("agent=100/day", ZoneInfo("UTC")), clock=(clock := Clock()))
    root = play.start(agent("root"))
    lone = play.start({}, root, scope=_FRAMEWORK)
    around = play.start({}, root, scope=_FRAMEWORK)
    client = play.start({}, around, scope=_CLIENT)
    outcomes: list[Outcome] = []
    for span in (client, lone, around):
        clock.now_ns += _MOMENT
        outcomes += filter(None, [play.end(span, call(*_TOKENS))])
    first, again, last = outcomes
    assert again.duplicate_of is last.duplicate_of is first.charge
    assert again.record in last.changed
    assert 2 * cost(*_TOKENS) == play.booked
    play.settle()
    assert 2 * cost(*_TOKENS) == play.counted
