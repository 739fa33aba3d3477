"""Agents without a call that any span tells of: why, and the same of them in memory and in a ledger."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from ledger.keeping import Kept
from support import Clock, Span, agent, call, tool, workflow

from spancost.calls.bare import MARK
from spancost.ledger.coverage_text import gaps
from spancost.ledger.schema import MIGRATIONS, migrate
from spancost.ledger.silence import Quiet, Silence
from spancost.ledger.summary import Coverage, silent_of
from spancost.outcome import Outcome

_AT = "gateway.example.com"
_SAYS = {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100, "gen_ai.request.model": "gpt-5.2"}


class _Heard(Kept):
    """A player that is heard by a ledger, and by the memory that the console and reports on files have."""

    def __init__(self, path: Path, most: int = 4_096) -> None:
        super().__init__(path, clock=Clock())
        self.silence = Silence(most)

    def end(self, span: Span, attributes: Mapping[str, Any] | None = None, error: str | None = None) -> Outcome | None:
        outcome = super().end(span, attributes, error)
        if outcome is not None:
            self.silence.take(outcome)
        return outcome

    def told(self) -> Counter[Quiet]:
        """Return what both say."""
        both = silent_of(self.silence.counts())
        assert both == self.summary().coverage.silent
        return Counter({Quiet(each.reason, each.instrumentation, each.asked_at): each.agents for each in both})


@pytest.fixture
def play(tmp_path: Path) -> _Heard:
    """A player with an empty ledger."""
    return _Heard(tmp_path / "ledger.db")


def test_of_agents_without_a_call_the_outermost_is_counted(play: _Heard) -> None:
    """By its instrumentation; a workflow is one, too, and one that a call lies below is none."""
    crew = play.start(workflow("crew"), scope="crew")
    play.end(play.start(agent("a"), crew, scope="crew"))
    play.end(crew)
    play.end(play.start(agent("b"), scope="other"))
    busy = play.start(agent("c"), scope="other")
    lookup = play.start(tool("t"), busy)
    play.play(call(1000, 100), lookup)
    play.end(lookup)
    play.end(busy)
    assert {("no_call", "crew", ""): 1, ("no_call", "other", ""): 1} == play.told()


def test_a_call_that_comes_late_breaks_the_silence(play: _Heard) -> None:
    """A stream is read when its agent has ended."""
    late = play.start(agent("a"))
    chat = play.start(call(1000, 100), late)
    play.end(late)
    assert {("no_call", "", ""): 1} == play.told()
    play.end(chat)
    assert {} == play.told()


@pytest.mark.parametrize("order", ["before", "after"])
def test_an_agent_in_another_service_is_told_by_its_host(play: _Heard, order: str) -> None:
    """It may be a gateway to a model, whose usage isn't counted then. Whoever asks it has no calls to tell of."""
    boss = play.start(agent("boss"), scope="crew")
    remote = play.start({**agent("remote"), **_SAYS, "server.address": f"https://{_AT}:8443/v1"}, boss, scope="crew")
    for span in (boss, remote) if order == "before" else (remote, boss):
        play.end(span)
    assert 0 == play.engine.spent.calls
    assert {("elsewhere", "crew", _AT): 1} == play.told()
    told = list(gaps(Coverage(0, 0, 0, 0, (), silent_of(play.told()))))
    assert f"  1 agents asked in another service at {_AT} told by crew" == told[0]
    assert "where that host is a gateway to a model" in told[1]


def test_an_agent_elsewhere_whose_call_is_told_here_after_all_is_none(play: _Heard) -> None:
    """A stream of its own that is read to its end later, say."""
    remote = play.start({**agent("remote"), "server.address": _AT}, scope="crew")
    inside = play.start(call(), remote)
    play.end(remote)
    assert {("elsewhere", "crew", _AT): 1} == play.told()
    play.end(inside, call(1000, 100))
    assert {} == play.told()


def test_what_a_library_wrote_over_an_agent_s_span_is_not_its_word(play: _Heard) -> None:
    """It is a call's, and how many more there were is another question."""
    over = call(1000, 100) | {"gen_ai.operation.name": "acompletion", MARK: "{}"}
    play.end(play.start(agent("a"), name="invoke_agent a", scope="app"), over)
    assert (1, 1) == (play.engine.spent.calls, play.engine.spent.partial)
    assert {} == play.told()


def test_an_agent_that_is_charged_on_its_own_word_is_told(play: _Heard) -> None:
    """In another service it is charged, too; nothing here can tell. Of one that a provider runs it is the only word."""
    play.end(play.start({**agent("a"), **_SAYS}, scope="crew"))
    play.end(play.start({**agent("b"), **_SAYS, "server.address": "api.openai.com"}, scope="crew"))
    assert 2 == play.engine.spent.calls
    assert {("own_word", "crew", ""): 1} == play.told()
    told = list(gaps(Coverage(0, 0, 0, 0, (), silent_of(play.told()))))
    assert "  1 agents charged with what they say themselves, told by crew" == told[0]
    assert "counted there, too, unless its span has server.address" in told[1]


def test_a_word_that_is_taken_back_is_not_told(play: _Heard) -> None:
    """As soon as a call below speaks."""
    boss = play.start(agent("a"), scope="crew")
    chat = play.start(call(1000, 100), boss)
    play.end(boss, _SAYS)
    assert {("own_word", "crew", ""): 1} == play.told()
    play.end(chat)
    assert {} == play.told()


def test_what_is_forgotten_is_counted_all_the_same(tmp_path: Path) -> None:
    """However many there are."""
    play = _Heard(tmp_path / "ledger.db", most=2)
    for number in range(1, 6):
        play.end(play.start(agent("a"), trace_id=number))
        play.end(play.start({**agent("b"), **_SAYS}, trace_id=number))
    assert {("no_call", "", ""): 5, ("own_word", "", ""): 5} == play.told()


def test_a_ledger_of_a_version_before_knows_of_none(tmp_path: Path) -> None:
    """Its owners say nothing of it; those that come are told."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, str(path), MIGRATIONS[:1])
        connection.execute("INSERT INTO owners VALUES ('p', '1', '2', 'agent', 'a', '', 1)")
    play = _Heard(path)
    assert () == play.summary().coverage.silent
    play.end(play.start(agent("b")))
    assert {("no_call", "", ""): 1} == play.told()
