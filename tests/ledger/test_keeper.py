"""Charges kept in a ledger: what a row says, what corrects it, and what becomes of it when the disk takes none."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from ledger.keeping import EVER, Kept
from strategies import Trace, traces
from support import NOW, Clock, agent, attributes_of, call, cost, run_at_once, tool, workflow

from spancost.calls import Kind
from spancost.ledger import kept
from spancost.ledger.period import period_of
from spancost.ledger.row import Row
from spancost.ledger.silence import Silence
from spancost.ledger.trees import trees
from spancost.money import PICO
from spancost.owners import Branch

_HOUR = 3600 * 10**9


@pytest.fixture
def play(tmp_path: Path) -> Kept:
    """A player with an empty ledger."""
    return Kept(tmp_path / "ledger.db", clock=Clock(), resource={"service.name": "shop"})


def test_a_row_says_all_of_a_charge(play: Kept) -> None:
    """Time, latency, tokens by class, price and its version, the agents above, and whom it was for."""
    root = play.start(
        workflow("order", **{"user.id": "ada", "gen_ai.conversation.id": "c-7", "spancost.team": "search"})
    )
    coordinator = play.start(agent("coordinator"), root)
    lookup = play.start(tool("lookup"), coordinator)
    writer = play.start(agent("writer"), lookup)
    used = {"gen_ai.usage.cache_read.input_tokens": 400, "gen_ai.usage.reasoning.output_tokens": 60}
    chat = play.start(call(1000, 100, response_id="resp_1", **used), writer, name="chat gpt-5.2", scope="openai")
    assert isinstance(play.clock, Clock)
    play.clock.now_ns += 250_000_000
    play.end(chat)
    (row,) = play.rows()
    assert set(row) == {"process", *Row._fields, "duplicates"}
    assert (NOW, 250_000_000, None, 1) == tuple(row[name] for name in ("start_ns", "latency_ns", "error", "attempt"))
    assert (f"{1:032x}", f"{chat.span_id:016x}", "chat gpt-5.2") == (row["trace_id"], row["span_id"], row["name"])
    assert [f"{span.span_id:016x}" for span in (writer, lookup, coordinator, root)] == row["ancestors"].split()
    assert ("chat", "openai", "gpt-5.2", "openai") == tuple(
        row[name] for name in ("operation", "provider", "model", "instrumentation")
    )
    assert (1000, 100, 400, 0, 60) == tuple(
        row[name] for name in ("input", "output", "cache_read", "cache_write", "reasoning")
    )
    assert (cost(1000, 100), "override", "") == (row["cost"], row["status"], row["reason"])
    assert row["price_version"]
    assert ("coordinator/writer", "writer", "order") == (row["agent_path"], row["agent"], row["workflow"])
    assert ("ada", "c-7", "search", "lookup", "shop") == tuple(
        row[name] for name in ("user", "session", "team", "tool", "service")
    )


def test_what_is_not_known_is_null_and_never_nothing(play: Kept) -> None:
    """A call without usage has no cost and no tokens, and says why."""
    play.play(call())
    (row,) = play.rows()
    assert (None, None, None, "unpriced", "no_usage") == tuple(
        row[name] for name in ("cost", "input", "output", "status", "reason")
    )


def test_a_row_of_several_calls_says_how_many(play: Kept) -> None:
    """One span sums them up; sums and trees have them all."""
    told = play.start(call(), scope="@mastra/otel-bridge")
    for _ in range(3):
        play.end(play.start({"gen_ai.operation.name": "model_step"}, told))
    play.end(told, call(300, 60))
    (row,) = play.rows()
    assert 3 == row["calls"]
    assert (3, 3) == (play.summary().total.calls, sum(branch.calls for branch in play.trees()))


def test_other_attributes_stand_in_a_json_object(tmp_path: Path) -> None:
    """Those that the user's own settings ask for; a report groups by them as by any other key."""
    play = Kept(tmp_path / "ledger.db", keys=("shop.aisle",))
    play.play(call(2000, 100, **{"shop.aisle": 7}))
    play.play(call(1000, 100))
    assert ['{"shop.aisle": "7"}', None] == [row["attributes"] for row in play.rows()]
    told = [(group.key, group.cost * PICO) for group in play.summary("shop.aisle").groups]
    assert [({"shop.aisle": "7"}, cost(2000, 100)), ({"shop.aisle": "(none)"}, cost(1000, 100))] == told


def test_a_second_record_is_counted_beside_its_charge(play: Kept) -> None:
    """One row; where the second knows better the row has its numbers."""
    response_id = f"resp_{1:040}"
    outer = play.start(call(), name="chat", scope="framework")
    play.play(call(1000, response_id=response_id), outer, scope="client")
    play.end(outer, call(response_id=response_id))
    play.play(call(1000, 900, response_id=response_id), trace_id=2, scope="third")
    (row,) = play.rows()
    assert (2, 900, cost(1000, 900), "override") == tuple(
        row[name] for name in ("duplicates", "output", "cost", "status")
    )


def test_a_charge_that_was_taken_back_is_gone(play: Kept) -> None:
    """Two calls that turn out to be one are one row, and what an agent said of its calls goes as soon as one speaks."""
    first = play.start(call(1000, 100), name="chat", scope="one")
    play.end(first)
    boss = play.start(agent("a"))
    inner = play.start(call(1000, 100), boss)
    play.end(boss, {"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100})
    assert 2 == len(play.rows()), "the agent's own word"
    play.end(inner)
    rows = play.rows()
    assert [first.span_id, inner.span_id] == [int(row["span_id"], 16) for row in rows]
    assert 2 * cost(1000, 100) == sum(row["cost"] for row in rows) == play.engine.spent.direct


def test_a_retry_says_which_attempt_it_is(play: Kept) -> None:
    """Refused calls are not billed and have no row; those that failed otherwise have one, and count as attempts too."""
    boss = play.start(agent("a"))
    for _ in range(2):
        # A framework's span around the client's tells of the same failure.
        outer = play.start(call(), boss, name="chat gpt-5.2", scope="framework")
        inner = play.start(call(), outer, name="chat gpt-5.2", scope="client")
        play.end(inner, error="RateLimitError")
        play.end(outer, error="RateLimitError")
    play.end(play.start(call(1000), boss, name="chat gpt-5.2"), {"error.type": "TimeoutError"}, error="timed out")
    play.play(call(1000, 100), boss, name="chat gpt-5.2")
    play.play(call(1000, 100), boss, name="chat gpt-5.2")
    play.play(call(1000, 100, **{"http.request.resend_count": 2}), boss, name="chat gpt-5.2")
    assert [("TimeoutError", 3), (None, 4), (None, 1), (None, 3)] == [
        (row["error"], row["attempt"]) for row in play.rows()
    ]


def test_the_words_of_an_error_are_not_kept(play: Kept) -> None:
    """A message may quote a prompt: only what kind of error it was is kept."""
    play.end(play.start(call(1000)), error="Error code: 400 - my secret prompt")
    play.end(play.start(call(1000)), error="no, my secret prompt")
    assert ["Error code: 400", "_OTHER"] == [row["error"] for row in play.rows()]
    assert b"secret" not in play.path.read_bytes()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(traces())
def test_a_ledger_says_what_the_engine_says(tmp_path: Path, trace: Trace) -> None:
    """Whatever the order of starts and ends: the same calls, tokens and money, each owner's totals, and who is silent."""
    path = tmp_path / "ledger.db"
    for file in tmp_path.iterdir():
        file.unlink()
    play = Kept(path)
    silence = Silence()
    spans: dict[int, object] = {}
    for event in trace.events:
        planned = trace.spans[event.place]
        attributes = attributes_of(event.place, trace)
        if event.starts:
            parent = None if planned.parent is None else spans[planned.parent]
            spans[event.place] = play.start(attributes if planned.told_at_start else {}, parent)  # pyright: ignore[reportArgumentType]
        else:
            outcome = play.end(spans[event.place], attributes)  # pyright: ignore[reportArgumentType]
            if outcome is not None:
                silence.take(outcome)
    play.settle()
    total = play.summary().total if play.engine.spent.calls else None
    spent = play.engine.spent
    if total is not None:
        assert (spent.direct, spent.calls, spent.unpriced) == (total.cost * PICO, total.calls, total.unpriced)
    told = {
        (branch.trace_id, branch.span_id): (branch.direct, branch.total, branch.calls)
        for branch in _all(play.trees() if path.exists() else [])
        if branch.kind != Kind.CALL and branch.calls
    }
    stamped = {
        owner: (totals.direct, totals.total, totals.calls) for owner, totals in play.owners.items() if totals.calls
    }
    assert stamped == told
    if path.exists():
        heard, told = silence.counts().total(), sum(each.agents for each in play.summary().coverage.silent)
        # An agent that only its end told to be one is known as one around others too late for memory.
        assert heard == told if all(span.told_at_start for span in trace.spans) else heard >= told
    play.keeper.shutdown()
    play.worker.stop()


def _all(roots: list[Branch]) -> list[Branch]:
    return [each for root in roots for each in (root, *_all(root.children))]


def test_a_tree_is_seen_while_its_agents_are_at_work(play: Kept) -> None:
    """Agents and the root are known as such before they end, and by the names they end with afterwards."""
    root = play.start(name="POST /ask")
    boss = play.start(agent("boss"), root, name="invoke_agent boss")
    play.play(call(1000, 100), boss)
    (tree,) = play.trees()
    assert ("POST /ask", "root", cost(1000, 100), 0) == (tree.name, tree.kind, tree.total, tree.direct)
    assert [("boss", "agent", cost(1000, 100))] == [(each.name, each.kind, each.total) for each in tree.children]
    play.end(boss, {"gen_ai.agent.name": "chief"})
    play.end(root)
    (tree,) = play.trees()
    assert ["chief"] == [each.name for each in tree.children]


def test_a_root_that_turns_out_to_be_a_call_is_no_owner(play: Kept) -> None:
    """What was taken for an owner while it was open is taken out again: the call alone is the tree."""
    root = play.start(name="completion")
    play.play(call(1000, 100, response_id="resp_1"), root, name="chat")
    assert ["completion"] == [tree.name for tree in play.trees()]
    play.end(root, call(1000, 100, response_id="resp_1"))
    assert [("chat", "call", cost(1000, 100))] == [(tree.name, tree.kind, tree.total) for tree in play.trees()]


def test_old_charges_are_taken_out(tmp_path: Path) -> None:
    """At the start and once an hour, however many; younger ones stay."""
    path = tmp_path / "ledger.db"
    clock = Clock()
    play = Kept(path, clock=clock)
    for _ in range(2_500):
        play.play(call(10, 5))
    clock.now_ns += 20 * _HOUR
    play.play(call(1000, 100))
    assert 2_501 == len(play.rows())
    clock.now_ns += 20 * _HOUR
    Kept(path, clock=clock).play(call(2000, 100))
    later = Kept(path, clock=clock, keep=timedelta(hours=24))
    later.prune()
    assert [1000, 2000] == sorted(row["input"] for row in later.rows())
    assert [] == later.ask("SELECT * FROM owners")


def test_a_file_that_was_taken_away_is_made_anew(play: Kept) -> None:
    """What is written into a deleted file nobody would ever find."""
    play.play(call(1000, 100))
    assert play.keeper.flush(10)
    play.path.unlink()
    play.play(call(2000, 100))
    assert [2000] == [row["input"] for row in play.rows()]


def test_nobody_else_may_read_a_ledger(tmp_path: Path) -> None:
    """Who called what for whom: the folder and its files are the user's own."""
    path = tmp_path / "state" / "spancost" / "ledger.db"
    play = Kept(path)
    play.play(call(1000, 100))
    assert play.keeper.flush(10)
    assert {0o600} == {file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert 0o700 == path.parent.stat().st_mode & 0o777


def test_a_locked_file_costs_time_and_no_row(play: Kept, caplog: pytest.LogCaptureFixture) -> None:
    """Who can't write waits, says so once, and writes when it can."""
    play.play(call(10, 5))
    assert play.keeper.flush(10)
    with closing(sqlite3.connect(play.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        play.play(call(1000, 100))
        play.play(call(2000, 100))
        assert not play.keeper.flush(10)
        other.execute("ROLLBACK")
    assert [10, 1000, 2000] == [row["input"] for row in play.rows()]
    assert 0 == play.keeper.lost
    told = [record.getMessage() for record in caplog.records if record.name.startswith("spancost")]
    assert 2 == len(told), told
    assert "database is locked" in told[0]
    assert told[1].endswith("charges are kept again")


@pytest.mark.parametrize("content", [b"", b"no database at all, but a diary" * 100])
def test_a_file_of_somebody_elses_is_left_as_it_is(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """An empty one becomes a ledger; of any other not a byte is changed, one error says so, and lost rows are counted."""
    path = tmp_path / "diary"
    path.write_bytes(content)
    play = Kept(path)
    play.play(call(1000, 100))
    assert (not content) == play.keeper.flush(10)
    play.keeper.shutdown()
    if content:
        assert content == path.read_bytes()
        assert 1 == play.keeper.lost
        errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert 2 == len(errors), "that it can't be kept, and how many were lost"
        assert "file is not a database" in errors[0].getMessage()


def test_what_sqlite_cannot_hold_is_in_nobodys_way(play: Kept) -> None:
    """Names with lone surrogates or NULs, an amount beyond 64 bits: each charge has its row, and so has the next."""
    play.play(call(1000, 100, model="a\ud800b\0c"), name="x\udfff")
    play.play(call(10**9, 10**9, **{"gen_ai.agent.name": "\ud83d"}))
    play.play(call(1000, 100))
    assert 3 == len(play.rows())


def test_a_queue_that_nobody_empties_is_bounded(tmp_path: Path) -> None:
    """A folder that can't be written: charges beyond the bound are lost and counted, the rest waits."""
    folder = tmp_path / "file"
    folder.write_bytes(b"")
    play = Kept(folder / "ledger.db")
    for _ in range(20_500):
        play.play(call(10, 5))
    assert not play.keeper.flush(30)
    play.keeper.shutdown()
    assert 20_500 == play.keeper.lost
    assert 20_500 == play.engine.spent.calls, "metrics and budgets have them all"


def test_a_flush_says_once_that_charges_were_lost_since_the_last(play: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """More was called than may wait: what did is written, and True would say that all of it outlives the process."""
    monkeypatch.setattr("spancost.ledger.keeper._MOST_WAITING", 3)
    free = Event()
    play.worker.submit(free.wait)
    for _ in range(5):
        play.play(call(10, 5))
    free.set()
    assert (3, 2) == (len(play.rows()), play.keeper.lost), "asking for rows tells the program nothing"
    assert not play.keeper.flush(10)
    play.play(call(10, 5))
    assert play.keeper.flush(10)
    assert 4 == len(play.rows())


def test_a_charge_that_is_lost_is_counted_once_however_often_it_was_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records of one call that each tell more of it, and two charges that turn out to be one: two rows are lost."""
    monkeypatch.setattr("spancost.ledger.keeper._MOST_WAITING", 8)
    folder = tmp_path / "file"
    folder.write_bytes(b"")
    play = Kept(folder / "ledger.db")
    hang = Event()
    play.worker.submit(hang.wait)
    response_id = f"resp_{1:040}"
    outer = play.start(call(), trace_id=1)
    play.play(call(1000, 1, response_id=response_id), trace_id=2)
    play.play(call(5, 5), outer)
    play.end(outer, call(5, 5, response_id=response_id))
    hang.set()
    assert not play.keeper.flush(10)
    for output in range(2, 30):
        play.play(call(1000, output, response_id=response_id), trace_id=output + 1)
        assert not play.keeper.flush(10)
    play.play(call(10, 5), trace_id=99)
    assert not play.keeper.flush(10)
    play.keeper.shutdown()
    assert (2, 2) == (play.engine.spent.calls, play.keeper.lost)


def test_a_summary_of_a_ledger(play: Kept) -> None:
    """Every sum of CONTRACT's report, by one key and by several, in a period and in all."""
    boss = play.start(agent("a", **{"user.id": "ada"}))
    play.play(call(1000, 100, **{"gen_ai.usage.cache_read.input_tokens": 400}), boss)
    play.play(call(1000), boss)
    play.play(call(), boss)
    play.end(boss)
    assert isinstance(play.clock, Clock)
    play.clock.now_ns += _HOUR
    play.play(call(500, 200, model="gemini-3-pro"), trace_id=2)
    told = play.summary("agent", "model")
    assert [("(none)", "gemini-3-pro"), ("a", "gpt-5.2")] == sorted(tuple(group.key.values()) for group in told.groups)
    total = told.total
    assert (4, 2, 1, 1, 2) == (total.calls, total.priced, total.partial, total.unpriced, total.runs)
    assert (2500, 300, 400) == (total.input_tokens, total.output_tokens, total.cache_read_tokens)
    assert Decimal(cost(500, 200, "gemini-3-pro")) / PICO == play.summary(period=(NOW + 1, EVER[1])).total.cost
    assert "priced 2 of 4 calls, 1 partial" == str(told.coverage)
    assert [
        ("unpriced", "no_usage", "openai", "gpt-5.2", 1),
        ("partial", "half_usage", "openai", "gpt-5.2", 1),
    ] == [(each.status, each.reason, each.provider, each.model, each.calls) for each in told.coverage.missing]
    assert all(each.remedy for each in told.coverage.missing)


def test_the_sql_of_the_documentation_is_answered(play: Kept) -> None:
    """What docs/commands.md shows can be asked."""
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
    (sql,) = [block.split("```")[0] for block in page.split("```sql\n")[1:]]
    play.play(call(1000, 100, **{"user.id": "ada"}))
    assert play.keeper.flush(10)
    assert [{"user": "ada", "usd": cost(1000, 100) / PICO, "calls": 1}] == play.ask(sql)


def test_sums_beyond_64_bits_are_exact(play: Kept) -> None:
    """The sum of some million dear calls is more than SQLite's integers hold."""
    for _ in range(3):
        play.play(call(10**9, 10**9))
    play.keeper.flush(10)
    with closing(sqlite3.connect(play.path)) as connection, connection:
        connection.execute("UPDATE charges SET cost = ?", (2**63 - 1,))
    assert 3 * (2**63 - 1) == play.summary().total.cost * PICO


def test_the_process_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    """A child of a fork has a connection of its own: it may end in any way, and write before."""
    path = tmp_path / "ledger.db"
    play = Kept(path)
    play.play(call(10, 5))
    assert play.keeper.flush(10)
    child = os.fork()
    if child == 0:
        play.engine.forget()
        play.worker.forget()
        play.keeper.forget()
        play.play(call(20, 5), trace_id=2)
        os._exit(0 if play.keeper.flush(10) else 1)
    assert 0 == os.waitpid(child, 0)[1]
    play.play(call(30, 5))
    assert [10, 20, 30] == sorted(row["input"] for row in play.rows())
    assert [{"integrity_check": "ok"}] == play.ask("PRAGMA integrity_check")


def test_programs_that_draw_the_same_ids_keep_all_their_charges(tmp_path: Path) -> None:
    """Ids are drawn from `random`, which evaluations seed: each process has rows and trees of its own."""
    for _ in range(3):
        play = Kept(tmp_path / "ledger.db")
        boss = play.start(agent("boss"))
        play.play(call(1000, 100), boss)
        play.end(boss)
        play.keeper.shutdown()
    assert [cost(1000, 100)] * 3 == [row["cost"] for row in play.rows()]
    assert [("boss", cost(1000, 100))] * 3 == [(tree.name, tree.total) for tree in play.trees()]


def test_old_charges_that_cannot_be_taken_out_are_in_nobodys_way(tmp_path: Path) -> None:
    """A file that is locked when the program starts: what it calls afterwards is kept as soon as it may be."""
    path = tmp_path / "ledger.db"
    first = Kept(path)
    first.play(call(10, 5))
    assert first.keeper.flush(10)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        play = Kept(path, keep=timedelta(days=1))
        assert play.worker.drain(30)
        other.execute("ROLLBACK")
    play.play(call(1000, 100), trace_id=2)
    # Not by a flush, which writes in any case.
    assert play.worker.drain(30)
    assert [10, 1000] == [row["input"] for row in play.ask("SELECT input FROM charges ORDER BY 1")]


def test_clocks_that_jump_leave_a_ledger_that_can_be_read(play: Kept) -> None:
    """A call that seems to take centuries has a latency that can be added up."""
    assert isinstance(play.clock, Clock)
    for _ in range(400):
        span = play.start(call(10, 5), trace_id=3)
        span.start_ns = 1
        play.clock.now_ns = 2**63 - 1
        play.end(span)
    assert 400 == play.summary().total.calls
    assert 366 * 86_400_000 * 400 == play.summary().total.latency_ms


def test_a_root_however_far_above_owns_what_it_pays_for(play: Kept) -> None:
    """A call two thousand spans below its root: the tree, and the cost of the root, have it."""
    spans = [play.start(name="root")]
    for _ in range(2_000):
        spans.append(play.start(parent=spans[-1]))
    play.play(call(1000, 100), spans[-1])
    for span in reversed(spans):
        play.end(span)
    assert [("root", cost(1000, 100))] == [(tree.name, tree.total) for tree in play.trees()]
    with kept.opened(play.path) as ledger:
        assert (
            cost(1000, 100) == kept.cost_of(ledger, None, spans[0].span_id) == kept.cost_of(ledger, 1, spans[0].span_id)
        )


def test_a_period_of_any_length_can_be_asked(play: Kept) -> None:
    """Before the first time there is and after the last."""
    play.play(call(1000, 100))
    far = datetime(9999, 12, 31, tzinfo=UTC)
    assert 1 == play.summary(period=period_of(far, None, datetime(1, 1, 1, tzinfo=UTC), far)).total.calls
    assert 0 == play.summary(period=period_of(far, None, far, None)).total.calls


def test_keys_are_values_and_never_sql(play: Kept) -> None:
    """Quotes, paths of JSON, and what is no text at all: a key that nothing has is `(none)`."""
    play.play(call(1000, 100))
    for key in ("x'; DROP TABLE charges; --", 'a"b', "$.a[0]", "\ud800", "cost", "1) FROM charges --", "%", ""):
        assert [{key: "(none)"}] == [group.key for group in play.summary(key).groups]


def test_a_charge_that_moves_to_another_trace_is_its_owners_there(play: Kept) -> None:
    """A client's span in a trace of its own ends first; the framework's, below its agent, knows whose call it is."""
    boss = play.start(agent("boss"))
    outer = play.start(call(), boss, name="chat", scope="langsmith")
    client = play.start(call(1000, 100, response_id=f"resp_{1:040}"), trace_id=2, name="client", scope="openai")
    play.end(client)
    assert ["client"] == [tree.name for tree in play.trees() if tree.calls]
    play.end(outer, {"gen_ai.response.id": f"resp_{1:040}"})
    play.end(boss)
    (tree,) = (tree for tree in play.trees() if tree.calls)
    assert ("boss", 1, cost(1000, 100)) == (tree.name, tree.trace_id, play.owner(boss).total)
    assert tree.total == play.owner(boss).total
    with kept.opened(play.path) as ledger:
        for trace, span in ((1, boss.span_id), (1, None), (2, None), (2, client.span_id), (None, boss.span_id)):
            assert cost(1000, 100) == kept.cost_of(ledger, trace, span)
        assert kept.cost_of(ledger, 3, None) is None
    assert 1 == play.summary("agent").total.runs


def test_what_is_lost_is_counted_whoever_loses_it(tmp_path: Path) -> None:
    """Threads that end more calls than may wait, while rows are written: kept and lost are all there were."""
    play = Kept(tmp_path / "ledger.db")
    assert play.keeper.flush(10)

    def many(thread: int) -> None:
        for number in range(15_000):
            outcome = play.engine.record(thread, number, call(10, 5), None, {})
            play.keeper.take(outcome, None)

    run_at_once([partial(many, thread) for thread in range(1, 5)])
    assert (play.keeper.lost == 0) == play.keeper.flush(120)
    kept_rows = play.ask("SELECT count(*) AS rows FROM charges")[0]["rows"]
    assert 60_000 == kept_rows + play.keeper.lost


def test_a_retry_is_known_as_one_after_its_row_was_corrected(play: Kept) -> None:
    """What a later record changes leaves the name and the number of the attempt as they were."""
    boss = play.start(agent("a"))
    play.end(play.start(call(), boss, name="chat"), error="RateLimitError")
    response_id = f"resp_{1:040}"
    play.play(call(1000, response_id=response_id), boss, name="chat")
    play.rows()
    play.play(call(1000, 100, response_id=response_id), trace_id=2)
    assert [("chat", 2, 100)] == [(row["name"], row["attempt"], row["output"]) for row in play.rows()]


def test_a_row_that_sqlite_cannot_hold_is_counted_as_lost(play: Kept) -> None:
    """A time beyond 64 bits; the rows beside it are kept."""
    span = play.start(call(1000, 100))
    span.start_ns = 2**70
    play.end(span)
    play.play(call(2000, 100))
    assert [2000] == [row["input"] for row in play.rows()]
    assert 1 == play.keeper.lost


def test_all_that_is_asked_at_once_is_of_one_moment(play: Kept) -> None:
    """What is written between two questions is in neither."""
    play.play(call(1000, 100))
    assert play.keeper.flush(10)
    with kept.opened(play.path) as ledger:
        before = kept.summary(ledger, ("model",), EVER).total
        play.play(call(2000, 100))
        assert play.keeper.flush(10)
        assert before == kept.summary(ledger, ("model",), EVER).total
    assert 2 == play.summary().total.calls


def test_the_dearest_trees_come_first(play: Kept) -> None:
    """As many as are asked for."""
    for number, tokens in enumerate((10, 3000, 200), 1):
        play.play(call(tokens, 0), trace_id=number)
    assert play.keeper.flush(10)
    with kept.opened(play.path) as ledger:
        assert [2, 3] == [tree.trace_id for tree in trees(ledger, most=2)]


def test_the_dearest_of_trees_that_differ_by_less_than_a_micro_dollar_come_first(play: Kept) -> None:
    """Money is compared as it is added up: exactly."""
    for number in (1, 2, 3):
        play.play(call(10, 0), trace_id=number)
    assert play.keeper.flush(10)
    with closing(sqlite3.connect(play.path)) as connection, connection:
        for number, pico in ((1, 5_000_000), (2, 5_000_002), (3, 5_000_001)):
            connection.execute("UPDATE charges SET cost = ? WHERE trace_id = ?", (pico, f"{number:032x}"))
    with kept.opened(play.path) as ledger:
        assert [2, 3] == [tree.trace_id for tree in trees(ledger, most=2)]


def test_what_waits_when_the_program_ends_is_counted_as_lost(play: Kept, caplog: pytest.LogCaptureFixture) -> None:
    """A worker that hangs, in an exporter of the program's: so many charges could not be kept."""
    hang = Event()
    play.worker.submit(hang.wait)
    for _ in range(3):
        play.play(call(10, 5))
    play.keeper.shutdown()
    hang.set()
    assert 3 == play.keeper.lost
    assert "3 charges could not be kept" in caplog.text


def test_a_file_that_was_emptied_is_a_ledger_again(play: Kept) -> None:
    """What is called after somebody has truncated it is kept."""
    play.play(call(10, 5))
    assert play.keeper.flush(10)
    play.path.write_bytes(b"")
    for name in ("-wal", "-shm"):
        play.path.with_name(play.path.name + name).unlink(missing_ok=True)
    play.play(call(20, 5))
    assert 20 == play.rows()[-1]["input"]
    assert [{"integrity_check": "ok"}] == play.ask("PRAGMA integrity_check")
