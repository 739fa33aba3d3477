"""Law 1 between processes: of files read together each call is counted once, whatever agents elsewhere repeat of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support import BOOK, agent, call

from spancost.ledger.otlp.order import by_start
from spancost.ledger.otlp.replay import Replay
from spancost.ledger.otlp.report import Report
from spancost.ledger.otlp.spans import Span

_SAYS = "says"
_SAYS_WHERE = "says, and where"


@dataclass
class _Process:
    """What one process does when it is asked: its own calls, then what it asks others."""

    has_server: bool
    """Whether a span lies around what it does; else each of its calls and agents is a local root."""
    around: str | None
    """Whether an agent lies around it, that says what it used with all below it, or says nothing."""
    calls: int
    skew: int
    """How far its clock is ahead."""
    asks: list[tuple[_Process, str | None, bool]] = field(default_factory=list["tuple[_Process, str | None, bool]"])
    """Whom it asks, how the agent tells of it that asks, and whether a client's span lies between."""


@st.composite
def _processes(draw: st.DrawFn, depth: int = 4) -> _Process:
    process = _Process(
        draw(st.booleans()),
        draw(st.sampled_from((None, "quiet", _SAYS))),
        draw(st.integers(0, 2)),
        draw(st.sampled_from((0, 0, 0, -40, 25, 300))),
    )
    for _ in range(draw(st.integers(0, 2)) if depth else 0):
        way = draw(st.sampled_from((_SAYS, _SAYS, _SAYS_WHERE, "quiet", None)))
        process.asks.append((draw(_processes(depth - 1)), way, draw(st.booleans()) or way is None))
    return process


class _Recorded:
    """The spans of processes that ask each other; `used` are the tokens of input that they used."""

    def __init__(self, first: _Process) -> None:
        self.spans: list[Span] = []
        self.calls = 0
        self._ids, self._ticks, self._pids = count(1), count(1_000), count(1)
        self.used = self._play(first, None)

    def _play(self, process: _Process, parent: int | None) -> int:
        resource = {"process.pid": next(self._pids), "host.name": "one"}
        opened: list[tuple[int, int, int | None]] = []

        def start(parent: int | None) -> int:
            span_id = next(self._ids)
            opened.append((span_id, next(self._ticks) + process.skew, parent))
            return span_id

        def end(told: dict[str, Any]) -> None:
            span_id, began, parent = opened.pop()
            ended = next(self._ticks) + process.skew
            self.spans.append(Span(began, ended, 1, span_id, parent, "span", "crew", told, resource, None))

        used = 0
        if process.has_server:
            parent = start(parent)
        if process.around:
            parent = start(parent)
        for _ in range(process.calls):
            start(parent)
            self.calls += 1
            # No sum of some is the sum of others.
            used += 1 << self.calls
            end(call(1 << self.calls, 1))
        for asked, way, has_client in process.asks:
            asking = parent if way is None else start(parent)
            its = self._play(asked, start(asking) if has_client else asking)
            if has_client:
                end({})
            if way is not None:
                end(_told_by(way, its))
            used += its
        if process.around:
            end(_told_by(process.around, used))
        if process.has_server:
            end({})
        return used


def _told_by(way: str, used: int) -> dict[str, Any]:
    """Return what an agent's span tells, which says as many tokens of output as of input."""
    says = call(used, used.bit_count()) if used and way != "quiet" else {}
    return {**says, **agent("a"), **({"server.address": "desk.example.com"} if way == _SAYS_WHERE else {})}


@settings(max_examples=300)
@given(_processes(), st.randoms(use_true_random=False))
def test_a_call_is_counted_once_however_many_processes_repeat_what_it_used(
    first: _Process, chance: st.DataObject
) -> None:
    """Of any depth, some with an agent's word and some without, in any order of the files, by clocks that differ."""
    recorded = _Recorded(first)
    chance.shuffle(recorded.spans)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    played = Replay(BOOK)
    report = Report(("model",), played.who.keys)
    for span, outcome in played.outcomes(by_start([recorded.spans])):
        report.take(span, outcome)
    report.close()
    assert (recorded.calls, recorded.used) == (report.total.calls, report.total.input)
