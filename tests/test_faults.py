"""The host program never pays for our faults: every hook broken on purpose, and input nobody should send."""

from __future__ import annotations

import gc
import inspect
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, Final

import hooked_program
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import baggage, trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from otlp_receiver import Receiver
from sdk_program import Program, call, run_agent

from spancost.calls.read import ABSURD
from spancost.faults import Stack, faults, forget, guarded, swallow
from spancost.processor import CostSpanProcessor
from spancost.worker import Worker

pytestmark = pytest.mark.sdk

_PROGRAM = Path(hooked_program.__file__)
_CANARY: Final = "canary-3f9c"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[list[Any], str]]:
    """Return a function that runs the hooked program for some hooks and gives what it printed and what it logged."""
    folder = tmp_path_factory.mktemp("packages")
    stand_in = folder / "pydantic_ai" / "models"
    stand_in.mkdir(parents=True)
    agent = "class Agent:\n    _instrument_default = False\n    instrument_all = staticmethod(print)\n"
    (folder / "pydantic_ai" / "__init__.py").write_text(agent)
    (stand_in / "__init__.py").touch()
    (stand_in / "instrumented.py").write_text(
        "class InstrumentationSettings:\n    def __init__(self, include_content): assert include_content is False\n"
        "    def __repr__(self): return ''\n"
    )

    def start(*hooks: str) -> tuple[list[Any], str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "SPANCOST_"))}
        done = subprocess.run(
            [sys.executable, str(_PROGRAM), *hooks],
            env=kept | {"PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=100,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")], done.stderr

    return start


@pytest.fixture(scope="module")
def sound(started: Callable[..., tuple[list[Any], str]]) -> dict[str, Any]:
    """Return what comes of the program when nothing is broken."""
    (came, exited), said = started()
    assert "HOOK \n" == said
    assert 0 == exited["status"]
    return came


def test_every_hook_may_break_and_the_program_goes_on(
    sound: dict[str, Any], started: Callable[..., tuple[list[Any], str]]
) -> None:
    """With any one hook broken, the program's own exceptions, other processors' spans and its exit are as they were."""
    hooks = sound["hooks"]
    overridden = {
        name.removeprefix("_") for name in vars(CostSpanProcessor) if callable(getattr(SpanProcessor, name, None))
    }
    assert overridden - {"init__"} - {"_init__"} <= {*hooks, "_init__"}
    lines, said = started(*hooks)
    came = {line["hook"]: line for line in lines if "status" not in line}
    assert dict.fromkeys(hooks, 0) == {line["hook"]: line["status"] for line in lines if "status" in line}
    said_by = dict(zip(hooks, said.split("HOOK ")[1:], strict=True))
    for hook in hooks:
        for unhurt in ("own", "first", "last", "child"):
            assert sound[unhurt] == came[hook][unhurt], hook
        logged = [line.split() for line in said_by[hook].splitlines() if f"spancost: {hook} failed with Arith" in line]
        # Broken for sure, in whichever process it runs, and told once in each.
        assert logged, hook
        assert len({process for _, process, *_ in logged}) == len(logged), hook
        elsewhere = {
            "multiprocessing start",
            "multiprocessing exit",
            "multiprocessing flush",
            "exit of an exporter",
            "fork of an exporter",
        }
        in_a_child_or_at_exit = {"exit", "exit handler", "fork", "fork handler", *elsewhere}
        assert (hook in came[hook]["faults"]) != (hook in in_a_child_or_at_exit), hook
    assert hooked_program.PLANTED not in said


def test_whatever_we_register_is_guarded(sound: dict[str, Any]) -> None:
    """Exit and fork handlers, import hooks and metric callbacks of ours all have the guard around them."""
    registered = sound["registered"]
    every = {"register", "register_at_fork", "register_after_fork", "register_post_import_hook"}
    assert every | {"create_observable_counter", "create_observable_gauge"} <= {where for where, _, _ in registered}
    assert [] == [entry for entry in registered if not entry[2]]


def test_a_fault_is_counted_in_a_metric_and_logged_once(
    planted: None, receiver: Receiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own exceptions leave as `spancost.internal.errors` by hook; the log has one line with our frames."""
    with Program(receiver.endpoint) as program:
        call(program.tracer)
        monkeypatch.setattr(program.processor, "_end", partial(_broken, _CANARY))
        for _ in range(5):
            call(program.tracer)
        program.flush()
    errors = {
        point.attributes["spancost.internal.hook"]: point.value
        for point in receiver.points()
        if point.metric == "spancost.internal.errors"
    }
    assert {"on_ending": 5} == errors
    (record,) = caplog.records
    assert "ERROR" == record.levelname
    assert "on_ending failed with RuntimeError" in record.getMessage()
    assert "processor.py" in record.getMessage()
    assert _CANARY not in caplog.text


def _broken(message: str, *_: Any) -> Any:
    raise RuntimeError(message)


def test_money_is_counted_even_where_it_can_not_be_written(
    planted: None, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A span that takes no stamp costs the same: counters and budgets have it."""
    with Program(receiver.endpoint, budgets="user=0.01/day") as program:
        monkeypatch.setattr(program.processor, "_write", partial(_broken, ""))
        call(program.tracer, user__id="ada")
        program.flush()
    assert {"on_ending": 1} == dict(faults)
    assert 0.012 in {point.value for point in receiver.points() if point.metric == "spancost.cost"}
    assert "spancost.budget.breach" in {record.event_name for record in receiver.records()}


def test_what_belongs_to_the_host_passes(planted: None) -> None:
    """KeyboardInterrupt and SystemExit are no faults of ours and are not swallowed."""

    @guarded("test", otherwise=3)
    def stop(what: type[BaseException]) -> int:
        raise what

    with pytest.raises(KeyboardInterrupt):
        stop(KeyboardInterrupt)
    with pytest.raises(SystemExit):
        stop(SystemExit)
    assert 3 == stop(ValueError)
    assert {"test": 1} == dict(faults)


def test_a_faults_message_is_never_logged(planted: None, caplog: pytest.LogCaptureFixture) -> None:
    """An exception may quote what a span carries: only its type and our own lines are told."""
    swallow("test", ValueError(_CANARY))
    assert "ValueError" in caplog.text
    assert _CANARY not in caplog.text


def test_a_full_stack_raises_nothing_more_out_of_a_span(planted: None) -> None:
    """Wherever near its end a program's recursion ends a span, that works where it works without us."""
    program = Program("http://127.0.0.1:9", span_processor=_discard)
    bare = TracerProvider(shutdown_on_exit=False)
    for _ in range(4):
        bare.add_span_processor(SpanProcessor())

    def frames_needed(tracer: trace.Tracer) -> int:
        """Return how many frames must be left for a span to end."""

        def descend(frames: int, span: trace.Span) -> None:
            if frames:
                descend(frames - 1, span)
            else:
                span.end()

        used = len(inspect.stack())
        for left in range(100):
            span = tracer.start_span("chat", attributes=hooked_program.CALL)
            try:
                descend(sys.getrecursionlimit() - used - left, span)
            except RecursionError:
                continue
            return left
        raise AssertionError

    call(program.tracer)
    before = program.spent[1]
    assert frames_needed(program.tracer) <= frames_needed(bare.get_tracer("bare"))
    # Such a call is lost, and that is told.
    assert before == program.spent[1]
    assert sum(faults.values()) + Stack.full > 0
    forget()
    assert 0 == Stack.full


def test_faults_at_the_end_of_the_stack_are_in_the_metric(planted: None, receiver: Receiver) -> None:
    """What could only be counted, and not told by hook, leaves under `stack`."""
    Stack.full = 3
    with Program(receiver.endpoint) as program:
        call(program.tracer)
        program.flush()
    forget()
    told = {
        point.attributes["spancost.internal.hook"]: point.value
        for point in receiver.points()
        if point.metric == "spancost.internal.errors"
    }
    assert {"stack": 3} == told


class _TimeoutError(Exception):
    """What a program's alarm raises."""


class _Handler:
    def __call__(self, number: int, frame: FrameType | None) -> None:
        raise _TimeoutError

    def method(self, number: int, frame: FrameType | None) -> None:
        raise _TimeoutError


def _raise_timeout(more: str, number: int, frame: FrameType | None) -> None:
    raise _TimeoutError


@pytest.mark.parametrize("handler", [_Handler(), _Handler().method, partial(_raise_timeout, "")])
def test_an_alarm_of_the_programs_gets_through_our_hooks(
    planted: None, monkeypatch: pytest.MonkeyPatch, handler: Callable[..., None]
) -> None:
    """A time limit whose signal strikes inside our code is the program's own exception: it passes."""
    program = Program("http://127.0.0.1:9", span_processor=_discard)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        for hook in ("_start", "_end"):
            with monkeypatch.context() as patch:
                patch.setattr(program.processor, hook, lambda *_: signal.raise_signal(signal.SIGALRM))
                with pytest.raises(_TimeoutError):
                    call(program.tracer)
        with pytest.raises(_TimeoutError):
            guarded("alarmed")(signal.raise_signal)(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert {} == dict(faults)


class _Once:
    """A handler that puts the former one back before it raises, as those of time limits do."""

    def __init__(self, what: type[Exception]) -> None:
        self.what = what

    def __call__(self, number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise self.what


@pytest.mark.parametrize(
    "what", [_TimeoutError, RuntimeError, RecursionError, KeyError, TypeError, AttributeError, ValueError]
)
def test_an_alarm_gets_through_wherever_in_our_code_it_strikes(planted: None, what: type[Exception]) -> None:
    """At each line that a call's span runs through, whatever the program's handler raises: none of it is lost."""
    program = Program("http://127.0.0.1:9", span_processor=_discard, budgets="user=1000/day")
    seen: set[tuple[str, int]] = set()
    struck = lost = 0

    def strike(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal struck
        place = (frame.f_code.co_filename, frame.f_lineno)
        if "spancost" not in place[0] or "tests" in place[0] or place[0].endswith("faults.py"):
            return None
        if event == "line" and place not in seen and not struck:
            seen.add(place)
            struck = 1
            signal.signal(signal.SIGALRM, _Once(what))
            signal.raise_signal(signal.SIGALRM)
        return strike

    def one() -> None:
        with program.tracer.start_as_current_span("agent", attributes={"gen_ai.operation.name": "invoke_agent"}):
            call(program.tracer, user__id="ada", metadata='{"user_id": "eve"}')
            program.tracer.start_span("plain").end()

    rounds = 0
    while rounds < 2000:
        rounds += 1
        struck = 0
        sys.settrace(strike)
        try:
            one()
        except what:
            pass
        else:
            lost += struck
        finally:
            sys.settrace(None)
        if not struck:
            break
    assert len(seen) > 200
    assert 0 == lost
    assert {} == dict(faults)


def test_a_log_handler_that_looks_at_its_caller_is_no_alarm(planted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a function that was handed a signal and a frame is a handler of signals; one that took a frame is none."""

    def handle(record: logging.LogRecord) -> None:
        caller = sys._getframe(1)
        raise RuntimeError(caller.f_lineno)

    monkeypatch.setattr(logging.getLogger("spancost.faults"), "handle", handle)
    swallow("test", ValueError())
    assert {"test": 1, "log": 1} == dict(faults)


def test_a_log_handler_that_raises_hurts_nobody(planted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the program's own logging fails on what we say, the span ends all the same, and it is counted."""
    monkeypatch.setattr(logging.getLogger("spancost.faults"), "handle", partial(_broken, ""))
    swallow("test", ValueError())
    assert {"test": 1, "log": 1} == dict(faults)


class _Hostile(str):
    """A text of a class of the program's own, whose every method but those of its content raises."""

    __slots__ = ()

    def _raise(self, *_: object) -> Any:
        raise ArithmeticError

    __eq__ = __ne__ = __hash__ = __str__ = __bool__ = __len__ = __lt__ = __gt__ = __le__ = __ge__ = _raise  # type: ignore[assignment]
    __contains__ = __iter__ = __getitem__ = __format__ = startswith = endswith = removeprefix = _raise  # type: ignore[assignment]


class _Tokens(int):
    def _raise(self, *_: object) -> Any:
        raise ArithmeticError

    __eq__ = __ne__ = __hash__ = __bool__ = __lt__ = __gt__ = __le__ = __ge__ = __int__ = __index__ = _raise  # type: ignore[assignment]


def test_values_of_the_programs_own_classes_are_read_for_what_they_are() -> None:
    """An enumeration's member is its text; whatever else its class does loses no call, and no money."""
    program = Program("http://127.0.0.1:9", span_processor=_discard, budgets="user=1000/day", dimensions=("team",))
    told = {
        name: _Hostile(value) if isinstance(value, str) else _Tokens(value)
        for name, value in hooked_program.CALL.items()
    }
    whose = {"user.id": _Hostile("ada"), "spancost.team": _Hostile("t"), "error.type": _Hostile("x")}
    names = {"gen_ai.operation.name": _Hostile("invoke_agent"), "gen_ai.agent.name": _Hostile("writer")}
    with program.tracer.start_as_current_span(_Hostile("outer"), attributes=names | whose):
        program.tracer.start_span(_Hostile("chat"), attributes=told).end()
        program.tracer.start_span(
            _Hostile("chat"), attributes=told | whose | {"gen_ai.response.id": _Hostile("r")}
        ).end()
    for name, value in told.items():
        program.tracer.start_span("chat", attributes=hooked_program.CALL | {name: value}).end()
    each = 10 * 3_000_000 + 10 * 15_000_000
    assert ((2 + len(told)) * each, 2 + len(told)) == program.spent
    assert {"ada", "(none)"} == {spend.key[1] for _, spend in program.engine.budgets.standings()}


def test_names_and_baggage_that_are_none_lose_no_call(receiver: Receiver) -> None:
    """Spans whose name is no text, baggage whose values have no truth: calls below them count, for whom is known."""

    class Array:
        def __bool__(self) -> bool:
            raise ValueError("the truth value of an array is ambiguous")

        def __eq__(self, other: object) -> Any:
            return self

        __hash__ = None  # type: ignore[assignment]

    context = baggage.set_baggage("user.id", Array())
    with Program(receiver.endpoint, span_processor=_discard, budgets="user=1000/day") as program:
        for name in (None, 7, Array()):
            agent = program.tracer.start_span(name, context, attributes={"gen_ai.operation.name": "invoke_agent"})  # type: ignore[arg-type]
            call(program.tracer, context=trace.set_span_in_context(agent, context))
            other = baggage.set_baggage("user.id", Array())
            call(program.tracer, context=trace.set_span_in_context(agent, other))
            agent.end()
            call(program.tracer, context=trace.set_span_in_context(agent, other))
            program.tracer.start_span(name, attributes=hooked_program.CALL).end()  # type: ignore[arg-type]
    assert 12 == program.spent[1]


# Row 5 of the faults to expect: oversized spans.
def test_a_span_past_the_attribute_limit_is_priced_or_marked(receiver: Receiver) -> None:
    """500 attributes push the oldest out of a span: the call counts all the same, as unpriced where its model is lost."""
    with Program(receiver.endpoint) as program:
        call(program.tracer, **{f"extra.{place}": "x" for place in range(500)})
        call(program.tracer)
        program.flush()
    flooded, other = receiver.spans()
    assert "unpriced" == flooded.attributes["spancost.pricing.status"]
    # Model and usage are lost; what it costs would be unknown without either.
    assert "no_usage" == flooded.attributes["spancost.pricing.reason"]
    assert "override" == other.attributes["spancost.pricing.status"]
    assert (12 * 10**9, 2) == program.spent


def test_huge_values_are_neither_kept_nor_logged(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    """Spans with megabytes of text and thousands of events are priced, and none of it stays with us."""
    with Program(receiver.endpoint, span_processor=_discard) as program:
        call(program.tracer)
        gc.collect()
        before = sys.getallocatedblocks()
        for place in range(20):
            span = program.tracer.start_span("chat", attributes=hooked_program.CALL | {"user.id": "u" * 10**6})
            for _ in range(500):
                span.add_event("chunk", {"text": f"{place}" * 10})
            span.end()
        del span
        gc.collect()
        grown = sys.getallocatedblocks() - before
    assert 21 == program.spent[1]
    assert grown < 20 * 500
    assert [] == caplog.records


def _discard(exporter: Any) -> SpanProcessor:
    return SpanProcessor()


# Row 3: token counts that are none.
@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.booleans(),
        st.lists(st.integers(), max_size=2),
        st.sampled_from([2**63 - 1, 2**64, -5, float("nan"), float("inf"), -0.0, 1e308, "12", "12abc", None, True]),
    )
)
def test_impossible_token_counts_are_never_money_and_never_an_exception(tokens: Any) -> None:
    """Whatever an instrumentation writes as a token count, the call is priced from a count or unpriced with a reason."""
    program = _PROGRAMS.program
    spent, calls = program.spent
    call(program.tracer, **{"gen_ai.usage.input_tokens": tokens, "gen_ai.usage.output_tokens": 0})
    amount = program.spent[0] - spent
    assert calls + 1 == program.spent[1]
    if isinstance(tokens, str) and tokens.isascii() and tokens.isdecimal():
        # As Micrometer writes it.
        tokens = int(tokens) if len(tokens) <= 10 else -1
    is_count = isinstance(tokens, int | float) and not isinstance(tokens, bool) and 0 <= tokens < ABSURD
    if is_count and tokens == int(tokens):
        assert amount == int(tokens) * 3_000_000
    else:
        assert 0 == amount
    assert {} == dict(faults)


_PROGRAMS: Final = SimpleNamespace()


@pytest.fixture(autouse=True, scope="module")
def _program_without_receiver() -> None:
    _PROGRAMS.program = Program("http://127.0.0.1:9", span_processor=_discard)


# Row 8: trees that can't be.
def test_spans_in_a_circle_or_out_of_order_are_survived(receiver: Receiver) -> None:
    """Parents that end first, come late, are themselves or each other's parents: each call counts once, nothing loops."""
    with Program(receiver.endpoint) as program:
        with run_agent(program.tracer, "first") as first:
            inner = program.tracer.start_span("inner")
        call(program.tracer, context=trace.set_span_in_context(inner))
        inner.end()
        inner.end()
        own = first.get_span_context()
        loop = trace.set_span_in_context(trace.NonRecordingSpan(own))
        span = program.tracer.start_span("loop", loop)
        span._context = own  # type: ignore[attr-defined]
        program.processor.on_start(span, loop)  # type: ignore[arg-type]
        call(program.tracer, context=trace.set_span_in_context(span))
        program.processor._on_ending(span)  # type: ignore[arg-type]
        program.processor._on_ending(span)  # type: ignore[arg-type]
        program.flush()
    assert (24 * 10**9, 2) == program.spent


def test_two_spans_of_one_id_are_two_calls_in_two_traces(receiver: Receiver) -> None:
    """A span id used in two traces at once belongs to both of them."""

    class SameIds:
        def __init__(self) -> None:
            self.trace = 0

        def generate_span_id(self) -> int:
            return 7

        def generate_trace_id(self) -> int:
            self.trace += 1
            return self.trace

        def is_trace_id_random(self) -> bool:
            return True

    provider = TracerProvider(id_generator=SameIds(), shutdown_on_exit=False)  # type: ignore[arg-type]
    with Program(receiver.endpoint, tracer_provider=provider) as program:
        one = program.tracer.start_span("one", attributes=hooked_program.CALL)
        two = program.tracer.start_span("two", attributes=hooked_program.CALL)
        one.end()
        two.end()
    assert 2 == program.spent[1]
    assert ["override"] * 2 == [span.attributes["spancost.pricing.status"] for span in receiver.spans()]


# Row 9: spans that never end.
def test_spans_that_never_end_are_bounded_and_told() -> None:
    """Far more open spans than are kept: the oldest are closed for the roll-up and counted, and the rest goes on."""
    program = Program("http://127.0.0.1:9", span_processor=_discard)
    program.engine.tree._most_open = 1000
    kept = [program.tracer.start_span(f"leak {place}") for place in range(5000)]
    call(program.tracer)
    assert len(program.engine.tree) <= 1000
    assert program.engine.tree.evictions >= 4000
    for span in kept:
        span.end()
    assert 1 == program.spent[1]


def test_a_deep_chain_costs_no_recursion(receiver: Receiver) -> None:
    """A call under 20,000 nested spans reaches the root without recursion."""
    program = Program("http://127.0.0.1:9", span_processor=_discard)
    spans = [program.tracer.start_span("root")]
    for _ in range(20_000):
        spans.append(program.tracer.start_span("deeper", trace.set_span_in_context(spans[-1])))
    call(program.tracer, context=trace.set_span_in_context(spans[-1]))
    for span in reversed(spans):
        span.end()
    assert 0.012 == spans[0].attributes["spancost.cost.total"]  # type: ignore[attr-defined]


# Row 10: orphans, remote parents, spans that are not recorded.
def test_a_call_below_a_remote_or_unknown_parent_counts(receiver: Receiver) -> None:
    """What continues another process's trace is this process's local root."""
    remote = trace.SpanContext(1, 2, is_remote=True, trace_flags=trace.TraceFlags(1))
    with Program(receiver.endpoint) as program:
        context = trace.set_span_in_context(trace.NonRecordingSpan(remote))
        with program.tracer.start_as_current_span("handler", context):
            call(program.tracer)
    totals = {span.name: span.attributes.get("spancost.cost.total") for span in receiver.spans()}
    assert {"handler": 0.012, "chat gpt-5.2": None} == totals


def test_spans_that_are_sampled_out_are_left_alone(receiver: Receiver) -> None:
    """Where a sampler drops a span no hook of ours runs, and nothing breaks."""
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    with Program(receiver.endpoint, tracer_provider=provider) as program:
        call(program.tracer)
    assert (0, 0) == program.spent


# Garbage collection inside our own code.
def test_spans_ended_by_the_garbage_collector_deadlock_nothing(receiver: Receiver) -> None:
    """Abandoned streams end their span in `__del__`, wherever a collection strikes, on whichever thread."""

    class Stream:
        def __init__(self, span: trace.Span) -> None:
            self.span, self.me = span, self

        def __del__(self) -> None:
            self.span.set_attribute("gen_ai.usage.output_tokens", 1)
            self.span.end()

    threads, each = 4, 300
    with Program(receiver.endpoint, span_processor=_discard, budgets="user=1/day") as program:

        def abandon() -> None:
            for _ in range(each):
                with run_agent(program.tracer, "agent"):
                    Stream(program.tracer.start_span("chat", attributes=hooked_program.CALL))
                    call(program.tracer)

        before = gc.get_threshold()
        gc.set_threshold(7, 2, 2)
        try:
            workers = [threading.Thread(target=abandon, daemon=True) for _ in range(threads)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join(60)
            assert not any(worker.is_alive() for worker in workers)
        finally:
            gc.set_threshold(*before)
        # While another thread collects, to ask for a collection does nothing: ask until everything has gone.
        deadline = time.monotonic() + 20
        while program.spent[1] < 2 * threads * each and time.monotonic() < deadline:
            gc.collect()
            time.sleep(0.05)
    assert 2 * threads * each == program.spent[1]


def test_a_collection_inside_the_workers_own_waiting_deadlocks_nothing() -> None:
    """Wherever the worker stands, in its own lines or in the library's, a span that ends right there may submit."""
    worker = Worker()
    seen: set[tuple[str, int]] = set()

    def trace_lines(frame: FrameType, event: str, argument: object) -> Any:
        # A collection can run wherever something is allocated; here it runs at each line once.
        place = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and place not in seen:
            seen.add(place)
            worker.submit(int)
        return trace_lines

    threading.settrace(trace_lines)
    try:
        worker.submit(int)
        for _ in range(3):
            assert worker.drain(10)
            worker.later(0.01, int)
            time.sleep(0.05)
    finally:
        threading.settrace(None)  # type: ignore[arg-type]
    assert worker.drain(10)
    assert len(seen) > 10


# Row 16: text made to forge log lines.
@pytest.mark.parametrize("text", ["a\r\nERROR forged", "a\x00b", "\x1b[31mred", "\u202ertl", "x" * 10_000])
def test_hostile_names_are_unknown_models_and_forge_no_log_line(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    """A model, team or agent of that name is priced as unknown, bounded in length, and no line of a log is forged."""
    with Program(receiver.endpoint, budgets="team=0.001/day", dimensions=("team",)) as program:
        with run_agent(program.tracer, text):
            call(program.tracer, model=text, spancost__team=text)
            call(program.tracer, spancost__team=text)
        program.flush()
    spans = [span for span in receiver.spans() if span.attributes.get("spancost.pricing.status") == "unpriced"]
    assert ["unknown_model"] == [span.attributes["spancost.pricing.reason"] for span in spans]
    values = {str(value) for point in receiver.points() for value in point.attributes.values()}
    assert max(len(value) for value in values) <= 256
    assert [] == [record for record in caplog.records if record.name.startswith("spancost")]
    assert receiver.records()
    assert all("\n" not in record.body and "\r" not in record.body for record in receiver.records())


def test_half_a_character_loses_no_series_and_no_event(receiver: Receiver) -> None:
    """OTLP can't carry a lone surrogate: what a span says with one is told with a question mark, not left out."""
    half = "\ud800half"
    with Program(receiver.endpoint, budgets="team=0.001/day", dimensions=("team",), operation_cost=True) as program:
        with program.tracer.start_as_current_span("agent", attributes=hooked_program.CALL) as agent:
            agent.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": half})
            call(program.tracer, spancost__team=half, gen_ai__request__model=half, gen_ai__response__model="gpt-5.2")
        call(program.tracer, context=trace.set_span_in_context(agent))
        program.flush()
    calls = [point.attributes for point in receiver.points() if point.metric == "spancost.calls"]
    assert ("?half", "?half", "?half") in {
        tuple(told.get(name) for name in ("spancost.team", "gen_ai.request.model", "gen_ai.agent.name"))
        for told in calls
    }
    assert {"?half"} == {point.attributes.get("spancost.owner.name") for point in receiver.points()} - {None}
    told = [record.attributes for record in receiver.records()]
    assert {"?half", "(none)"} == {each.get("spancost.budget.value") for each in told} - {None}
    assert {"?half"} == {each.get("spancost.owner.name") for each in told} - {None}
    assert "?half" in {span.attributes.get("spancost.agent.path") for span in receiver.spans()}


# Row 18: what must never leave through us.
def test_prompts_and_keys_never_leave_through_us(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prompt text, personal data and keys that spans carry are in none of our events, metrics and logs."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization={_CANARY}")
    caplog.set_level(0)
    told = {
        "gen_ai.input.messages": f'[{{"content": "{_CANARY}"}}]',
        "gen_ai.output.messages": _CANARY,
        "gen_ai.system_instructions": _CANARY,
        "user.email": _CANARY,
        "http.request.header.authorization": _CANARY,
        "url.full": f"https://host/?key={_CANARY}",
        "gen_ai.tool.call.arguments": _CANARY,
    }
    with Program(receiver.endpoint, budgets="user=0.01/day", operation_cost=True) as program:
        with run_agent(program.tracer, "agent", **told) as agent:
            call(program.tracer, user__id="ada", **told)
            call(program.tracer, model="unknown", **told)
        call(program.tracer, context=trace.set_span_in_context(agent), **told)
        program.flush()
    ours = [record for record in caplog.records if record.name.startswith("spancost")]
    assert {"spancost.budget.breach", "spancost.cost.correction"} <= {
        record.event_name for record in receiver.records()
    }
    assert _CANARY not in repr(receiver.points()) + repr(receiver.records()) + repr(ours)
    for span in receiver.spans():
        assert _CANARY not in repr(span.events)
        assert _CANARY not in repr({key: value for key, value in span.attributes.items() if key not in told})


def test_names_and_times_that_are_none_lose_no_call() -> None:
    """The SDK takes any object for the name of a tracer or a time: the calls count."""
    program = Program("http://127.0.0.1:9", span_processor=_discard)
    for name in (7, b"bytes"):
        call(program.tracing.get_tracer(name))  # type: ignore[arg-type]
    program.tracer.start_span("chat", attributes=hooked_program.CALL).end("abc")  # type: ignore[arg-type]
    program.tracer.start_span("chat", attributes=hooked_program.CALL, start_time="abc").end()  # type: ignore[arg-type]
    assert 4 == program.spent[1]


# Row 20: everything twice.
def test_shutting_down_twice_and_spans_after_it_are_harmless(receiver: Receiver) -> None:
    """A provider may be shut down twice, and spans that come after it are the program's business alone."""
    program = Program(receiver.endpoint)
    call(program.tracer)
    program.tracing.shutdown()
    program.tracing.shutdown()
    call(program.tracer)
    assert (12 * 10**9, 1) == program.spent
    program.metrics.shutdown()
    program.logs.shutdown()
    assert program.exporter.flush()


def test_one_providers_shutdown_leaves_the_others(receiver: Receiver) -> None:
    """Of two providers that share an engine, the one that lives goes on counting."""
    with Program(receiver.endpoint) as program:
        other = TracerProvider(shutdown_on_exit=False)
        other.add_span_processor(CostSpanProcessor(program.exporter))
        other.shutdown()
        call(program.tracer)
    assert (12 * 10**9, 1) == program.spent


def test_the_same_engine_twice_on_a_provider_counts_once(receiver: Receiver) -> None:
    """Two processors of one engine on one provider see each span twice and count it once."""
    with Program(receiver.endpoint) as program:
        program.tracing.add_span_processor(CostSpanProcessor(program.exporter))
        with run_agent(program.tracer, "agent"):
            call(program.tracer)
            call(program.tracer)
    assert (24 * 10**9, 2) == program.spent
    agent = next(span for span in receiver.spans() if span.name == "invoke_agent agent")
    assert (0.024, 2) == (agent.attributes["spancost.cost.total"], agent.attributes["spancost.calls.total"])
    assert [None] * 3 == [span.attributes.get("spancost.dedup.role") for span in receiver.spans()]


def test_a_wrapper_that_hides_the_ending_loses_no_money(receiver: Receiver) -> None:
    """Where only starts and ends are passed on, as Logfire's wrapper does, the call counts and its span is not touched."""
    with Program(receiver.endpoint) as program:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(hooked_program.OnlyStartAndEnd(CostSpanProcessor(program.exporter)))
        ended: list[ReadableSpan] = []
        witness = SpanProcessor()
        witness.on_end = ended.append  # type: ignore[method-assign]
        provider.add_span_processor(witness)
        call(provider.get_tracer("program"))
    assert (12 * 10**9, 1) == program.spent
    assert "spancost.pricing.status" not in (ended[0].attributes or {})
