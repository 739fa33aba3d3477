"""Twins: records of one call in two traces are one charge, however many calls at once tell the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import NOW, Clock, Player, agent, call, cost, record, tool

from spancost.calls.dialects import emitter_of
from spancost.rollup.twins import Twins
from spancost.rollup.units import final

_CLIENT = "opentelemetry.instrumentation.genai.openai"
_COUNTS_ONE_MORE = "opentelemetry.instrumentation.anthropic"
_ANOTHER_CLIENT = "com.anthropic.sdk.python"
_GATEWAY = "litellm"
_FRAMEWORK = "opentelemetry.instrumentation.genai.langchain"
_ANOTHER_FRAMEWORK = "some.framework"

_SECOND = 10**9


class _Record(NamedTuple):
    """What one instrumentation tells of a call, seconds since the beginning."""

    start: float
    end: float
    scope: str = _FRAMEWORK
    told: dict[str, Any] = call(100, 20)
    trace: int = 0
    """The trace it is in: of its own where it is 0."""


def _count(records: Sequence[_Record], *dimensions: str) -> Player:
    """Play records, each when it starts and ends."""
    play = Player(clock=(clock := Clock()), dimensions=dimensions)
    moments = sorted(
        [(record.end, 1, place) for place, record in enumerate(records)]
        + [(record.start, 0, place) for place, record in enumerate(records)]
    )
    spans: dict[int, Any] = {}
    for seconds, is_end, place in moments:
        clock.now_ns = NOW + round(seconds * _SECOND)
        record = records[place]
        if is_end:
            play.end(spans[place], record.told)
        else:
            spans[place] = play.start({}, trace_id=record.trace or 1_000 + place, scope=record.scope)
    play.settle()
    return play


def _calls(*records: _Record) -> int:
    return sum(amounts.calls for _, amounts in _count(records).counts)


# -- What two records of one call are -----------------------------------------------------------------------------


@pytest.mark.parametrize("users", [("ada", "ada"), (None, "ada"), ("ada", "bob")])
def test_an_agents_own_word_may_be_of_a_call_in_another_trace(
    users: tuple[str | None, str | None],
) -> None:
    """Whatever else is asked of both: the agent's span tells whom it is for as a call's does."""
    told = [{} if user is None else {"user.id": user} for user in users]
    word = {**call(1000, 100), **agent("researcher"), **told[0]}
    play = _count(
        [
            _Record(0, 4, "openinference.instrumentation.crewai", word),
            _Record(1, 3, _CLIENT, {**call(1000, 100), **told[1]}),
        ],
        "user",
    )
    assert (2 if None not in users and users[0] != users[1] else 1) == play.engine.spent.calls


def test_a_frameworks_record_around_its_clients_in_another_trace_is_the_same_call() -> None:
    """It comes later, tells the same tokens, and there is one call."""
    play = _count([_Record(0, 3), _Record(1, 2, _CLIENT)])
    assert (cost(100, 20), cost(100, 20), 1) == (play.engine.spent.direct, play.counted, play.engine.duplicates)


def test_the_money_moves_to_the_agent_that_asked() -> None:
    """The client's span is a root of its own; the framework's lies below the agent, and so does the cost."""
    play = Player(clock=(clock := Clock()), dimensions=("user",))
    boss = play.start(agent("boss"), baggage={"user.id": "ada"})
    outer = play.start(call(), boss, scope=_FRAMEWORK, baggage={"user.id": "ada"})
    client = play.start(call(), trace_id=2, scope=_CLIENT)
    clock.now_ns += _SECOND
    first = play.end(client, call(100, 20))
    clock.now_ns += _SECOND
    second = play.end(outer, call(100, 20))
    assert first is not None
    assert second is not None
    assert (first.charge, None) == (second.duplicate_of, second.charge)
    assert () == first.counts, "the counters wait for the framework's span, which knows the agent"
    play.end(boss)
    play.settle()
    assert cost(100, 20) == play.owner(boss).direct == play.engine.spent.direct == play.counted
    assert [("boss", "ada")] == [
        (row.attributes["gen_ai.agent.name"], row.attributes["user.id"]) for row in play.series
    ]


def test_what_one_record_does_not_know_another_tells() -> None:
    """The client's span names the user, the framework's the agent: the call is for both."""
    play = Player(clock=(clock := Clock()), dimensions=("user",))
    outer = play.start(call(), scope=_FRAMEWORK)
    clock.now_ns += _SECOND
    play.play(call(100, 20, **{"user.id": "ada"}), trace_id=2, scope=_CLIENT)
    clock.now_ns += _SECOND
    play.end(outer, call(100, 20, **{"gen_ai.agent.name": "boss"}))
    play.settle()
    assert [("boss", "ada")] == [
        (row.attributes["gen_ai.agent.name"], row.attributes["user.id"]) for row in play.series
    ]


@pytest.mark.parametrize(
    ("one", "other", "calls"),
    [
        ({"user.id": "ada"}, {"user.id": "bob"}, 2),
        ({"user.id": "ada"}, {"user.id": "ada"}, 1),
        ({"user.id": "ada"}, {}, 1),
        ({"gen_ai.agent.name": "planner"}, {"gen_ai.agent.name": "planner.agent"}, 1),
        ({"gen_ai.usage.cache_read.input_tokens": 64}, {"gen_ai.usage.cache_read.input_tokens": 80}, 2),
        ({"gen_ai.usage.cache_read.input_tokens": 64}, {}, 1),
    ],
    ids=["two users", "one user", "nobody knows", "an agent's two names", "two caches", "one cache"],
)
def test_what_speaks_against_two_records_of_two_traces(one: dict[str, Any], other: dict[str, Any], calls: int) -> None:
    """Two frameworks at once, each for a user of its own, may well tell the same tokens."""
    told, beside = call(100, 20, **one), call(100, 20, **other)
    play = _count([_Record(0, 3, told=told), _Record(1, 2, _ANOTHER_FRAMEWORK, beside)], "user")
    assert calls == play.engine.spent.calls


def test_three_layers_are_one_call() -> None:
    """A framework over another over a client, each in a trace of its own."""
    assert 1 == _calls(_Record(0, 5, _ANOTHER_FRAMEWORK), _Record(1, 4), _Record(2, 3, _CLIENT))


def test_siblings_in_one_trace_can_be_twins() -> None:
    """Traceloop's span of LangChain's call and its client's lie side by side."""
    assert 1 == _calls(_Record(0, 3, trace=7), _Record(1, 2, _CLIENT, trace=7))


@pytest.mark.parametrize(
    ("told", "begins", "beside", "calls"),
    [
        (call(), 1, True, 1),
        (call(), 3, True, 2),
        (call(), 1, False, 2),
        (call(model="gemini-3-pro"), 1, True, 2),
        (call(99, 20), 1, True, 2),
    ],
    ids=["within it", "after it", "elsewhere", "another model", "other tokens"],
)
def test_a_record_that_ended_as_a_stream_began_is_of_the_call_begun_in_it(
    told: dict[str, Any], begins: int, beside: bool, calls: int
) -> None:
    """Some instrumentations of clients end with the response's head, and know nothing; the library itself knows all."""
    play = Player(clock=(clock := Clock()))
    boss = play.start(agent("boss"))
    elsewhere = play.start({}, boss)
    events: list[tuple[int, Any]] = [
        (0, lambda: spans.append(play.start(told, boss, scope=_CLIENT))),
        (begins, lambda: spans.append(play.start(call(), boss if beside else elsewhere, scope=_ANOTHER_CLIENT))),
        (2, lambda: play.end(spans[0], told)),
        (4, lambda: play.end(spans[1], call(100, 20))),
    ]
    spans: list[Any] = []
    for seconds, happens in sorted(events, key=lambda event: event[0]):
        clock.now_ns = NOW + seconds * _SECOND
        happens()
    play.end(elsewhere)
    play.end(boss)
    assert calls == play.engine.spent.calls


@pytest.mark.parametrize(("begins", "calls"), [(0.01, 1), (0.5, 2)], ids=["at once", "later"])
@pytest.mark.parametrize("ends", [1, 2.9], ids=["as the stream began", "with it"])
def test_a_client_that_tells_nothing_is_of_the_call_that_began_with_it(begins: float, ends: float, calls: int) -> None:
    """In a trace of its own, as a program without any other span has it: Traceloop's of LangChain's raw responses."""
    play = _count([_Record(0, 3), _Record(begins, ends, _CLIENT, call())])
    assert (calls, cost(100, 20)) == (play.engine.spent.calls, play.engine.spent.direct)


def test_a_framework_that_tells_nothing_takes_no_call_of_another_s_client() -> None:
    """Else the other's own record counted beside it, and its money twice."""
    silent = _Record(0, 3.2, told=call())
    assert 2 == _calls(silent, _Record(0.02, 2, _CLIENT))
    play = _count([silent, _Record(0.02, 2, _CLIENT), _Record(0.01, 3, _FRAMEWORK)])
    assert (2, cost(100, 20)) == (play.engine.spent.calls, play.engine.spent.direct)


@pytest.mark.parametrize(("agents", "calls"), [(("a", "a"), 1), (("a", "b"), 2), ((None, "b"), 1)])
def test_two_agents_speak_against_one_call_of_which_a_record_tells_nothing(
    agents: tuple[str | None, str | None], calls: int
) -> None:
    """Neither tokens nor ids speak for it."""
    play = Player(clock=(clock := Clock()))
    above = [None if name is None else play.start(agent(name), trace_id=9 + place) for place, name in enumerate(agents)]
    spans = [
        play.start(call(), each, trace_id=20 + place, scope=scope)
        for place, (each, scope) in enumerate(zip(above, (_FRAMEWORK, _CLIENT), strict=True))
    ]
    clock.now_ns += _SECOND
    play.end(spans[1], call())
    clock.now_ns += _SECOND // 100
    play.end(spans[0], call(100, 20))
    assert calls == play.engine.spent.calls


@pytest.mark.parametrize("told", [call(), call(100, 20)], ids=["nothing", "all"])
@pytest.mark.parametrize(("begins", "calls"), [(0.01, 1), (0.5, 2)], ids=["at once", "later"])
def test_a_stream_that_was_only_made_is_of_the_call_that_began_with_it(
    begins: float, calls: int, told: dict[str, Any]
) -> None:
    """LlamaIndex's span of one is over before its request leaves, and tells nothing where none was asked for."""
    made = _Record(0, 0.001, "openinference.instrumentation.llama_index", call())
    assert calls == _calls(made, _Record(begins, 3, _CLIENT, told))


def test_of_calls_at_once_each_that_tells_nothing_is_of_one() -> None:
    """As many as there are, whichever of them begins first: none is lost, and none is one too many."""
    frameworks = [_Record(place / 1000, 3 + place / 10) for place in range(20)]
    clients = [_Record(place / 1000 + 0.02, 2 + place / 10, _CLIENT, call()) for place in range(23)]
    play = _count([*frameworks, *clients])
    assert (23, 3) == (play.engine.spent.calls, play.engine.spent.unpriced)


def test_a_token_more_or_less_is_the_same_call() -> None:
    """Where Traceloop tells of it, which adds the first event's token to a stream's sum; of no other."""
    for client, apart in ((_COUNTS_ONE_MORE, 1), (_CLIENT, 2)):
        inner = _Record(1, 2, client)
        assert [1, apart, apart, 2, 2] == [
            _calls(_Record(0, 3, told=call(*told)), inner)
            for told in ((100, 20), (100, 21), (100, 19), (100, 22), (101, 20))
        ]


@pytest.mark.parametrize("first", [0, 512])
@pytest.mark.parametrize("scope", [_FRAMEWORK, "openinference.instrumentation.haystack"])
def test_of_calls_at_once_each_keeps_what_was_read_from_a_cache(scope: str, first: int) -> None:
    """Whichever of a framework's records ends first, and whether it tells of a cache or not."""
    play = Player()
    frameworks = [play.start(call(), trace_id=each, scope=scope) for each in (1, 2)]
    clients = [play.start(call(), trace_id=each, scope=_CLIENT) for each in (3, 4)]
    tells = scope == _FRAMEWORK
    for spans, told in ((clients, (512, 0)), (frameworks, (first, 512 - first))):
        for span, cached in zip(spans, told, strict=True):
            read = {"gen_ai.usage.cache_read.input_tokens": cached} if tells or spans is clients else {}
            play.end(span, call(5_000, 20) | read)
    play.settle()
    assert (2, 512) == (play.engine.spent.calls, sum(row.cache_read for row in play.series))


def test_a_version_of_a_client_that_never_tells_of_a_cache_is_of_the_framework_s_call() -> None:
    """By its name alone it would: openinference-instrumentation-openai 0.1.22 tells of none, and its scope is the same."""
    play = Player()
    for number in range(3):
        framework = play.start(call(), trace_id=10 + number, scope=_FRAMEWORK)
        client = play.start(call(), trace_id=20 + number, scope=_CLIENT)
        play.end(client, call(5_000, 20 + number))
        play.end(framework, call(5_000, 20 + number) | {"gen_ai.usage.cache_read.input_tokens": 512})
    play.settle()
    assert (3, 3 * 512) == (play.engine.spent.calls, sum(row.cache_read for row in play.series))


def test_a_framework_that_may_not_tell_a_provider_s_cache_is_of_its_client_s_call() -> None:
    """That it tells OpenAI's says nothing of Claude's: two counts speak against one call, and none doesn't."""
    for told, calls in ((0, 1), (256, 2)):
        play = Player()
        claude = {"gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude-sonnet-4-5"}
        framework = play.start(call() | claude, scope=_FRAMEWORK)
        client = play.start(call() | claude, trace_id=2, scope="opentelemetry.instrumentation.genai.anthropic")
        ended = {"gen_ai.response.finish_reasons": ("end_turn",)}
        for span, read in ((client, 512), (framework, told)):
            play.end(span, call(5_000, 20) | claude | ended | {"gen_ai.usage.cache_read.input_tokens": read})
        assert calls == play.engine.spent.calls


@pytest.mark.parametrize(
    ("one", "other", "calls"),
    [
        ("gpt-5.2", "gpt-5.2-2025-12-11", 1),
        ("openai/gpt-5.2", "gpt-5.2", 1),
        ("claude-sonnet-4-5", "claude-sonnet-4-5@20250929", 1),
        ("claude-haiku-4-5", "claude-haiku-4-5-latest", 1),
        ("gpt-5", "gpt-5-mini", 2),
        ("gpt-4", "gpt-4.1", 2),
        ("gpt-5.2", "gemini-3-pro", 2),
    ],
)
def test_the_models_must_be_alike(one: str, other: str, calls: int) -> None:
    """A model under its dated name is the same, another one of the family is not."""
    told = call(100, 20) | {"gen_ai.request.model": one}
    inner = call(100, 20) | {"gen_ai.request.model": other}
    assert calls == _calls(_Record(0, 3, told=told), _Record(1, 2, _CLIENT, inner))


def test_spans_made_afterwards_are_found_by_their_times() -> None:
    """LiteLLM's worker makes a call's span when it is over, around the client's that ended long before."""
    play = Player(clock=(clock := Clock()))
    clock.now_ns += 2 * _SECOND
    client = play.start(call(), scope=_CLIENT)
    clock.now_ns += _SECOND
    play.end(client, call(100, 20))
    clock.now_ns += _SECOND
    late = play.start(call(), trace_id=2, scope=_GATEWAY)
    late.start_ns = NOW + _SECOND
    play.end(late, call(100, 20))
    assert 1 == play.engine.duplicates


# -- What they are not --------------------------------------------------------------------------------------------


def test_two_records_of_one_instrumentation_are_two_calls() -> None:
    """Whatever they tell and whenever: it reports each call once."""
    assert 2 == _calls(_Record(0, 3), _Record(1, 2))
    assert 2 == _calls(_Record(0, 5), _Record(1, 4), _Record(2, 3, _CLIENT), _Record(2.1, 2.9, _CLIENT))


def test_ids_that_differ_are_two_calls() -> None:
    """But for those that a library makes up, which say nothing."""
    inner = call(100, 20, response_id="resp_0123456789abcdef")
    outer = call(100, 20, response_id="resp_fedcba9876543210")
    assert 2 == _calls(_Record(0, 3, told=outer), _Record(1, 2, _CLIENT, inner))
    assert 1 == _calls(_Record(0, 3, _GATEWAY, outer), _Record(1, 2, _CLIENT, inner))


def test_ids_that_differ_are_two_calls_through_a_record_without_one() -> None:
    """The framework's record fits both calls, and belongs to one: the other's id says that it is another."""
    one, other = (call(100, 20, response_id=f"resp_{letter * 16}") for letter in "ab")
    records = [_Record(1, 2, _CLIENT, one), _Record(0.5, 3)]
    assert 1 == _calls(*records)
    assert 2 == _calls(*records, _Record(0.4, 3.1, _ANOTHER_FRAMEWORK, other))


def test_calls_that_are_not_inside_one_another_are_two() -> None:
    """One that began before the other ended, and ended after it, is no layer of it."""
    assert 2 == _calls(_Record(0, 2), _Record(1, 3, _CLIENT))
    assert 2 == _calls(_Record(0, 1), _Record(2, 3, _CLIENT))


def test_a_client_is_never_around_a_framework() -> None:
    """A long call of a client's, with a framework's short one inside its time, are two calls that tell the same."""
    assert 2 == _calls(_Record(0, 3, _CLIENT), _Record(1, 2))


def test_an_agent_or_a_tool_between_makes_two() -> None:
    """A call that a tool makes inside a call is one of its own, even of the same size."""
    for between in (agent("inner"), tool("search")):
        play = Player(clock=(clock := Clock()))
        outer = play.start(call(), scope=_FRAMEWORK)
        clock.now_ns += _SECOND
        step = play.start(between, outer)
        inner = play.start(call(), step, scope=_CLIENT)
        clock.now_ns += _SECOND
        play.end(inner, call(100, 20))
        play.end(step)
        clock.now_ns += _SECOND
        play.end(outer, call(100, 20))
        assert 0 == play.engine.duplicates


def test_a_record_that_tells_nothing_goes_with_a_call_of_its_model_only_where_it_was_made() -> None:
    """In one trace the framework's unknown is the client's known call; in two nothing says so, unless both know nothing."""
    silent = call()
    assert 1 == _calls(_Record(0, 3, told=silent, trace=7), _Record(1, 2, _CLIENT, trace=7))
    assert 2 == _calls(_Record(0, 3, told=silent), _Record(1, 2, _CLIENT))
    assert 2 == _calls(_Record(0, 3), _Record(1, 2, _CLIENT, silent))
    assert 1 == _calls(_Record(0, 3, told=silent), _Record(1, 2, _CLIENT, silent))
    assert 2 == _calls(
        _Record(0, 3, told=silent | {"gen_ai.request.model": "o3"}, trace=7), _Record(1, 2, _CLIENT, trace=7)
    )


@pytest.mark.parametrize(
    ("started", "ended", "beside", "model", "calls"),
    [(1, 2, True, "gpt-5.2", 1), (1, 4, True, "gpt-5.2", 2), (1, 2, False, "gpt-5.2", 2), (1, 2, True, "o3", 2)],
    ids=["within it", "after it", "elsewhere", "another model"],
)
def test_a_client_that_hears_nothing_of_an_answer_is_of_the_call_that_its_framework_tells(
    started: int, ended: int, beside: bool, model: str, calls: int
) -> None:
    """LangChain asks for answers as they came, of which Netra's spans of OpenAI's client tell nothing."""
    play = Player(clock=(clock := Clock()))
    step = play.start({})
    other = step if beside else play.start({}, step)
    moments = {0: "start", started: "begin", 3: "end", ended: "stop"}
    spans: dict[str, Any] = {}
    for second in range(5):
        clock.now_ns = NOW + second * _SECOND
        match moments.get(second):
            case "start":
                spans["outer"] = play.start(call(), step, scope=_FRAMEWORK)
            case "begin":
                spans["inner"] = play.start(call(model=model), other, scope=_CLIENT)
            case "end":
                play.end(spans["outer"], call(100, 20))
            case "stop":
                play.end(spans["inner"], call(model=model))
            case _:
                pass
    assert calls == play.engine.spent.calls


def test_a_framework_may_hear_of_a_call_a_moment_late() -> None:
    """Its span begins some milliseconds after its client's, or ends before it: they still overlap."""
    assert 1 == _calls(_Record(1.015, 2), _Record(1, 2.015, _CLIENT))
    assert 2 == _calls(_Record(1.025, 2), _Record(1, 1.5, _CLIENT)), "too late"
    assert 2 == _calls(_Record(1, 2), _Record(1.5, 2.025, _CLIENT)), "too early"
    assert 2 == _calls(_Record(1.012, 1.02), _Record(1, 1.01, _CLIENT)), "one after the other"
    silent = call()
    assert 2 == _calls(_Record(1.015, 2, told=silent), _Record(1, 1.5, _CLIENT, silent)), "no numbers speak for it"


@pytest.mark.parametrize(
    ("around", "inner", "model"),
    [
        ("mlflow.tracing.provider", "com.anthropic.sdk.python", "claude-haiku-4-5"),
        ("openinference.instrumentation.litellm", "litellm", "gpt-4o-mini"),
    ],
)
def test_a_record_that_heard_no_stream_is_of_the_call_that_its_library_always_tells(
    around: str, inner: str, model: str
) -> None:
    """Two traces with but a model and a moment in common, of which one instrumentation never goes without the other."""
    silent, told = call(model=model), call(100, 20, model=model)
    assert 1 == _calls(_Record(0, 2, around, silent), _Record(1, 3, inner, told))
    assert 1 == _calls(_Record(0, 4, around, silent), _Record(1, 3, inner, told))
    assert 2 == _calls(_Record(0, 2, around, silent), _Record(2.5, 3, inner, told)), "begun after it"
    assert 2 == _calls(_Record(0, 2, around, silent), _Record(1, 3, inner, call(100, 20))), "of another model"
    assert 2 == _calls(_Record(0, 2, _FRAMEWORK, silent), _Record(1, 3, inner, told)), "by whoever may go without"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=8), st.integers(0, 3))
def test_records_that_heard_no_stream_are_as_many_calls_as_there_were(begun: list[tuple[int, int]], more: int) -> None:
    """However many of one model at once, each with its library's in a trace of its own, and some that it tells alone."""
    records: list[_Record] = []
    for start, length in begun:
        records.append(_Record(start, start + length, "mlflow.tracing.provider", call(model="claude-haiku-4-5")))
        told = call(100, 20, model="claude-haiku-4-5")
        records.append(_Record(start + 0.5, start + length + 5.5, "com.anthropic.sdk.python", told))
    alone = [_Record(100 + at, 101 + at, "com.anthropic.sdk.python", call(100, 20)) for at in range(more)]
    assert len(begun) + more == _calls(*records, *alone)


def test_two_records_that_broke_off_together_are_one_call() -> None:
    """The framework knows nothing of a stream that broke off, and the client its input; it may close it a bit later."""
    silent, cut = call(), call(100)
    assert 1 == _calls(_Record(0, 3, told=silent), _Record(1, 2, _CLIENT, cut))
    assert 1 == _calls(_Record(0, 3, told=silent), _Record(1, 3.5, _CLIENT, cut))
    assert 2 == _calls(_Record(0, 3, told=silent), _Record(1, 5, _CLIENT, cut)), "too late"
    assert 2 == _calls(_Record(0, 3, told=silent), _Record(3.1, 3.5, _CLIENT, cut)), "after it"
    assert 2 == _calls(_Record(0, 3, told=call(model="o3")), _Record(1, 2, _CLIENT, cut)), "another model"


def test_two_records_of_a_stream_that_told_neither_of_them_are_one_call() -> None:
    """Whose span ends first of an asynchronous stream is a matter of who is told first that it is over."""
    silent = call()
    assert 1 == _calls(_Record(0, 3, told=silent), _Record(1, 3.001, _CLIENT, silent))
    assert 2 == _calls(_Record(0, 3, told=silent), _Record(1, 5, _CLIENT, silent)), "too late"


def test_a_stream_that_is_read_after_its_span_is_one_call() -> None:
    """LlamaIndex's span is over when the stream is made; the client's beside it begins when it is read."""
    for told, seconds, calls in ((call(), 0.5, 1), (call(100, 20), 0.5, 1), (call(), 2, 2), (call(100, 21), 0.5, 2)):
        play = Player(clock=(clock := Clock()))
        step = play.start({}, trace_id=7)
        lazy = play.start({}, step, scope="openinference.instrumentation.llama_index")
        clock.now_ns += _SECOND
        play.end(lazy, told)
        clock.now_ns += round(seconds * _SECOND)
        client = play.start(call(), step, scope=_CLIENT)
        clock.now_ns += _SECOND
        play.end(client, call(100, 20) if "gen_ai.usage.input_tokens" in told else call())
        play.end(step)
        assert 2 - calls == play.engine.duplicates, (told, seconds)


@pytest.mark.parametrize(("seconds", "told", "calls"), [(0.5, (100, 20), 1), (2, (100, 20), 2), (0.5, (), 2)])
def test_a_stream_that_is_read_after_its_span_is_one_call_in_two_traces(
    seconds: float, told: tuple[int, ...], calls: int
) -> None:
    """Without an agent around them both are roots; what tells no usage is no evidence there."""
    play = Player(clock=(clock := Clock()))
    lazy = play.start({}, scope="openinference.instrumentation.llama_index")
    clock.now_ns += round(seconds * _SECOND)
    client = play.start(call(), trace_id=2, scope=_CLIENT)
    clock.now_ns += _SECOND
    play.end(client, call(100, 20))
    # Its usage is written when the stream has ended, its time when that began.
    clock.now_ns = lazy.start_ns
    play.end(lazy, call(*told))
    assert 2 - calls == play.engine.duplicates


def test_what_is_told_after_a_stream_is_the_call_that_ended_with_it() -> None:
    """Logfire's span of a stream has no length; another client's call that was over long before is another call."""
    for seconds, duplicates in ((0.5, 1), (3, 0)):
        play = Player(clock=(clock := Clock()))
        play.play(call(100, 20), scope=_CLIENT)
        clock.now_ns += round(seconds * _SECOND)
        play.play(call(100, 20), trace_id=2, scope="logfire.openai")
        assert duplicates == play.engine.duplicates


def test_what_no_span_tells_of_is_never_a_twin() -> None:
    """A call that the program reports itself is one that nothing instruments."""
    play = Player(clock=(clock := Clock()))
    outer = play.start(call(), scope=_FRAMEWORK)
    clock.now_ns += _SECOND
    play.engine.record(2, 2, call(100, 20), None, {})
    clock.now_ns += _SECOND
    play.end(outer, call(100, 20))
    assert 0 == play.engine.duplicates


def test_a_call_inside_an_open_call_waits_for_it_whatever_another_trace_tells() -> None:
    """The open span will tell of it by better evidence than numbers: here the ids of the clients' answers differ."""
    play = Player(clock=(clock := Clock()))
    outer = [play.start(call(), trace_id=trace, scope=_FRAMEWORK) for trace in (1, 2)]
    inner = [play.start(call(), span, scope=_CLIENT) for span in outer]
    ids = {inner[place]: f"chatcmpl-{place:020d}" for place in (0, 1)}
    for span in (outer[0], inner[1], inner[0], outer[1]):
        clock.now_ns += _SECOND
        play.end(span, call(1000, 100, response_id=ids.get(span, "")))
    assert (2, 2) == (play.engine.spent.calls, play.engine.duplicates)


@pytest.mark.parametrize(("asked_by", "calls"), [("B", 2), ("A", 1), (None, 1)])
def test_what_an_agent_says_is_no_call_that_another_agent_made(asked_by: str | None, calls: int) -> None:
    """Both used as much at once, in two traces; where the call lies below nobody else it is the one it speaks of."""
    play = Player(clock=(clock := Clock()))
    alone = play.start(agent("A"), trace_id=1, scope="opentelemetry.instrumentation.crewai.instrumentation")
    other = None if asked_by is None else play.start(agent(asked_by), trace_id=2, scope=_FRAMEWORK)
    clock.now_ns += _SECOND
    inside = play.start(call(), other, trace_id=2, scope=_CLIENT)
    clock.now_ns += _SECOND
    play.end(inside, call(1000, 100))
    if other is not None:
        play.end(other)
    clock.now_ns += _SECOND
    play.end(alone, call(1000, 100) | agent("A"))
    assert calls == play.engine.spent.calls


def test_a_call_that_was_one_with_an_agents_word_is_a_call_once_that_is_taken_back() -> None:
    """The word spoke of another call, which is told of below the agent later than both."""
    play = Player(clock=(clock := Clock()))
    crew = play.start(agent("researcher"), trace_id=1, scope="openinference.instrumentation.crewai")
    below = play.start(call(), crew, scope=_ANOTHER_CLIENT)
    elsewhere = play.start(call(), trace_id=2, scope=_CLIENT)
    clock.now_ns += _SECOND
    play.end(crew, {**call(1000, 100), **agent("researcher")})
    clock.now_ns += _SECOND // 100
    assert play.end(elsewhere, call(1000, 100)) is not None
    assert 1 == play.engine.spent.calls, "the numbers make them one"
    play.end(below, call(900, 100))
    play.settle()
    both = cost(1000, 100) + cost(900, 100)
    assert (2, both, both) == (play.engine.spent.calls, play.engine.spent.direct, play.counted)


def test_a_charge_remembers_few_of_many_records() -> None:
    """However often an id is told again: the records are counted, and let go."""
    play = Player()
    charges = [
        play.play(call(10, 5, response_id="chatcmpl-00000000000000000000"), trace_id=number, scope=scope)
        for number in range(1, 200)
        for scope in (_CLIENT, _FRAMEWORK)
    ]
    first = charges[0].charge
    assert first is not None
    assert (1, 397) == (play.engine.spent.calls, play.engine.duplicates)
    assert len(first.others) < 100


def test_a_clients_record_takes_back_the_frameworks_that_was_taken_for_anothers() -> None:
    """It ended a moment before the client's inside it, when another call that told the same was all that was known."""
    play = Player(clock=(clock := Clock()))
    bosses = [play.start(agent(name), trace_id=trace) for trace, name in enumerate(("one", "two"), 1)]
    outer = [play.start(call(), boss, scope=_FRAMEWORK) for boss in bosses]
    inner = [play.start(call(), span, scope=_CLIENT) for span in outer]
    for span in (inner[1], outer[0], outer[1], inner[0]):
        clock.now_ns += _SECOND
        play.end(span, call(1000, 100))
    for boss in bosses:
        play.end(boss)
    play.settle()
    assert 2 == play.engine.spent.calls
    assert 2 * cost(1000, 100) == play.counted
    assert [cost(1000, 100)] * 2 == [play.owner(boss).direct for boss in bosses]


# -- Many at once -------------------------------------------------------------------------------------------------


@st.composite
def _workers(draw: st.DrawFn) -> tuple[list[_Record], int]:
    """Draw what workers do that all tell the same: calls by the client alone, or through one or two frameworks."""
    records: list[_Record] = []
    count = 0
    length = st.floats(0.1, 6)
    margin = st.floats(0, 0.8)
    for _ in range(draw(st.integers(2, 8))):
        now = draw(st.floats(0, 3))
        for layers in draw(st.lists(st.integers(0, 2), min_size=1, max_size=5)):
            count += 1
            start = now + draw(margin)
            end = start + draw(length)
            for scope in (_CLIENT, _FRAMEWORK, _ANOTHER_FRAMEWORK)[: layers + 1]:
                records.append(_Record(start, end, scope))
                start, end = start - draw(margin), end + draw(margin)
            now = end
    return records, count


@given(_workers())
def test_calls_at_once_that_tell_the_same_are_counted_rightly(drawn: tuple[list[_Record], int]) -> None:
    """Whose record is whose can't be known; how many calls there were can, and what they cost."""
    records, count = drawn
    play = _count(records)
    assert count * cost(100, 20) == play.engine.spent.direct == play.counted
    assert len(records) - count == play.engine.duplicates


def test_a_record_that_changes_places_takes_its_agent_along() -> None:
    """The first framework's record takes the nearer call; the second can only have that one, and gets it."""
    play = Player(clock=(clock := Clock()))
    agents = [play.start(agent(name), trace_id=50 + place) for place, name in enumerate(("ada", "bob"))]
    moments = [(1.90, 0), (1.92, 3), (1.95, 1), (1.96, 2), (3.00, 3), (3.09, 2), (3.10, 0), (3.50, 1)]
    spans: dict[int, Any] = {}
    for seconds, place in moments:
        clock.now_ns = NOW + round(seconds * _SECOND)
        if place in spans:
            play.end(spans[place], call(100, 20))
        elif place < len(agents):
            spans[place] = play.start(call(), agents[place], scope=_FRAMEWORK)
        else:
            spans[place] = play.start(call(), trace_id=place, scope=_CLIENT)
    for each in agents:
        play.end(each)
    play.settle()
    assert [cost(100, 20)] * 2 == [play.owner(each).direct for each in agents]
    by_agent = {row.attributes["gen_ai.agent.name"]: row.cost for row in play.series}
    assert {"ada": cost(100, 20), "bob": cost(100, 20)} == by_agent


def test_a_record_that_changes_places_takes_its_numbers_along() -> None:
    """Two framework's spans heard only how their streams began; the first client's to end is given to the wrong one."""
    play = Player(clock=(clock := Clock()))
    boss = play.start(agent("boss"))
    moments = [(0.50, 0), (0.55, 1), (0.60, 2), (1.00, 0), (1.20, 3), (1.50, 1), (3.00, 2), (4.00, 3)]
    told = [call(), call(), call(100, 20), call(50, 10)]
    spans: dict[int, Any] = {}
    for seconds, place in moments:
        clock.now_ns = NOW + round(seconds * _SECOND)
        if place in spans:
            play.end(spans[place], told[place])
        else:
            spans[place] = play.start(call(), boss, scope=_FRAMEWORK if place < 2 else _CLIENT)
    play.end(boss)
    play.settle()
    whole = play.owner(boss)
    assert (150, 30, 2, 0) == (whole.input, whole.output, whole.calls, whole.unpriced)
    assert cost(150, 30) == whole.direct == play.engine.spent.direct == play.counted


@given(_workers(), st.randoms(use_true_random=False))
def test_each_agent_has_its_calls(drawn: tuple[list[_Record], int], random: Any) -> None:
    """Where records change places, the money goes with the framework's: each agent pays for as many as it asked for."""
    records, _ = drawn
    records = [record for record in records if record.scope != _ANOTHER_FRAMEWORK]
    play = Player(clock=(clock := Clock()))
    agents = [play.start(agent(f"agent {number}"), trace_id=50 + number) for number in range(3)]
    asked = [0, 0, 0]
    spans: dict[int, Any] = {}
    moments = sorted(
        [(record.end, 1, place) for place, record in enumerate(records)]
        + [(record.start, 0, place) for place, record in enumerate(records)]
    )
    for seconds, is_end, place in moments:
        clock.now_ns = NOW + round(seconds * _SECOND)
        if is_end:
            play.end(spans[place], call(100, 20))
        elif records[place].scope == _FRAMEWORK:
            number = random.randrange(3)
            asked[number] += 1
            spans[place] = play.start(call(), agents[number], scope=_FRAMEWORK)
        else:
            spans[place] = play.start(call(), trace_id=1_000 + place, scope=_CLIENT)
    for each in agents:
        play.end(each)
    assert [count * cost(100, 20) for count in asked] == [play.owner(each).direct for each in agents]


# -- Bounds -------------------------------------------------------------------------------------------------------


def test_the_first_instrumentations_records_are_there_when_a_second_comes() -> None:
    """While one tells of all calls they are only kept: what a framework's first span encloses is found all the same."""
    play = Player(clock=(clock := Clock()))
    outer = play.start(call(), scope=_FRAMEWORK)
    for number in range(2_000):
        clock.now_ns += 1_000
        play.end(play.start({}, trace_id=2 + number, scope=_CLIENT), call(number, 7))
    assert 1_024 == len(play.engine._charging._twins)
    clock.now_ns += 1_000
    play.end(outer, call(1_999, 7))
    assert (1, 2_000) == (play.engine.duplicates, play.engine.spent.calls)


def test_a_record_that_is_not_taken_over_yet_is_found_by_the_second_instrumentations() -> None:
    """One thread has just brought a second instrumentation when another one ends a call of that."""
    twins = Twins()
    first, second = record(_FRAMEWORK), record(_CLIENT)
    twins.join(first)
    twins._scopes[_CLIENT] = twins.compares = True
    assert first in twins.join(second)
    assert first is final(second)


def test_records_are_forgotten() -> None:
    """A hundred thousand calls keep some thousands of records, and nothing of what the rest told."""
    play = Player(clock=(clock := Clock()))
    for number in range(20_000):
        clock.now_ns += 1_000
        play.end(play.start({}, trace_id=number, scope=(_CLIENT, _FRAMEWORK)[number % 2]), call(number, 7))
    assert 4_096 <= len(play.engine._charging._twins) <= 8_192


def test_a_thousand_at_once_that_tell_the_same_are_counted_rightly() -> None:
    """Even where all clients end before the first framework's span does: those that no framework told of come first."""
    records = [_Record(0, 1 + number / 10_000, _CLIENT) for number in range(1_000)]
    records += [_Record(-1, 2 + number / 10_000) for number in range(1_000)]
    assert 1_000 == _calls(*records)


def test_a_search_has_an_end() -> None:
    """With more at once that tell the same, a record is looked for among the latest thousand only."""
    records = [_Record(0, 1 + number / 10_000, _CLIENT) for number in range(1_300)]
    records += [_Record(-1, 2 + number / 10_000) for number in range(1_300)]
    counted = _calls(*records)
    assert 1_300 <= counted < 2_600


def test_scopes_without_end_are_no_emitters_without_end() -> None:
    """Names of scopes that change with each span are not remembered for ever."""
    play = Player()
    for number in range(2_000):
        play.play(call(100, 20), trace_id=number, scope=f"scope {number}")
    assert 16 >= len(play.engine._charging._twins._scopes)
    assert 64 >= len(play.engine._claimants.scopes)
    assert emitter_of("scope 1999").scope in ("", "scope 1999")


# -- Waiting ------------------------------------------------------------------------------------------------------


def test_counters_wait_for_a_framework_that_may_claim_a_call() -> None:
    """While one of its spans is open; when it has ended without claiming it, the next collection has the call."""
    play = Player(clock=(clock := Clock()))
    outer = play.start({}, scope=_FRAMEWORK)
    clock.now_ns += _SECOND
    told = play.play(call(100, 20), trace_id=2, scope=_CLIENT)
    assert () == told.counts
    assert [] == play.engine.settle()
    clock.now_ns += _SECOND
    play.end(outer)
    assert [cost(100, 20)] == [amounts.cost for _, amounts in play.engine.settle()]


def test_counters_wait_for_half_a_minute_at_most() -> None:
    """A framework's span that is open all day holds nothing back for longer."""
    play = Player(clock=(clock := Clock()))
    play.start({}, scope=_FRAMEWORK)
    play.play(call(100, 20), trace_id=2, scope=_CLIENT)
    clock.now_ns += 30 * _SECOND
    assert 1 == len(play.engine.settle())


def test_counters_do_not_wait_for_agents_tools_and_clients() -> None:
    """They are known to be no records of the call."""
    play = Player()
    play.start(agent("boss"), scope=_FRAMEWORK)
    play.start(tool("search"), trace_id=2, scope=_FRAMEWORK)
    play.start({}, trace_id=3, scope=_ANOTHER_CLIENT)
    assert 1 == len(play.play(call(100, 20), trace_id=4, scope=_CLIENT).counts)


def test_a_span_that_was_dropped_holds_nothing_back() -> None:
    """A program may lose a span without ending it: what it could have claimed is counted."""
    play = Player()
    play.start({}, scope=_FRAMEWORK)
    play.engine.start(9, 9, None, "lost", {}, lambda: None, None, _FRAMEWORK)
    dropped = play.engine._claimants
    assert 2 == len(dropped.scopes[_FRAMEWORK])
    play.engine.settle()
    assert 1 == len(dropped.scopes[_FRAMEWORK])
