"""Programs that keep their charges, each a process of its own: killed, forked, out of disk; and asked while they run."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pytest
from otlp_receiver import Receiver

pytestmark = pytest.mark.sdk

_PRICES = '[[price]]\nmodel = "gpt-5.2"\ninput = "1000"\noutput = "0"\n'

_START = """
import os, sys, time
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
import spancost

def call(tokens, **more):
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5.2",
                  "gen_ai.usage.input_tokens": tokens, "gen_ai.usage.output_tokens": 0, **more}
    with tracer.start_as_current_span("chat gpt-5.2", attributes=attributes):
        pass

def agent(name, **more):
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name, **more}
    return tracer.start_as_current_span(f"invoke_agent {name}", attributes=attributes)

trace.set_tracer_provider(TracerProvider())
spancost.install()
tracer = trace.get_tracer("program")
"""


def _environment(folder: Path, **variables: str) -> dict[str, str]:
    prices = folder / "spancost.toml"
    prices.write_text(_PRICES)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SPANCOST_"))}
    ours = {
        "SPANCOST_CONFIG": str(prices),
        "SPANCOST_LEDGER": str(folder / "ledger.db"),
        "OTEL_METRICS_EXPORTER": "none",
    }
    return kept | ours | variables


def _run(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _START + code],
        env=_environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def _running(code: str, folder: Path) -> Generator[tuple[subprocess.Popen[str], IO[str]]]:
    command = [sys.executable, "-c", _START + code]
    with subprocess.Popen(command, env=_environment(folder), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            process.kill()


def _command(folder: Path, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "spancost.cli", *arguments, "--json"],
        env=_environment(folder),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (0, b"") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


def _ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        return connection.execute(sql).fetchall()


def test_a_span_has_the_name_that_it_ended_with_in_a_ledger_as_in_a_file(tmp_path: Path) -> None:
    """A web framework names a request by its route when that is known: of owners, of calls, and of a root with a late one."""
    code = """
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))
with tracer.start_as_current_span("POST") as request:
    with tracer.start_as_current_span("agent", attributes={"gen_ai.operation.name": "invoke_agent"}) as agent:
        agent.update_name("invoke_agent planner")
        call(500)
    request.update_name("POST /orders")
early = tracer.start_span("GET")
early.update_name("GET /late")
early.end()
with trace.use_span(early):
    call(250)
alone = tracer.start_span("chat", attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5.2",
    "gen_ai.usage.input_tokens": 125, "gen_ai.usage.output_tokens": 0})
alone.update_name("chat gpt-5.2")
alone.end()
assert spancost.flush()
with open(os.environ["SPANS"], "wb") as file:
    file.write(encode_spans(exporter.get_finished_spans()).SerializeToString())
"""
    done = _run(code, tmp_path, SPANS=str(tmp_path / "spans"))
    assert (0, "") == (done.returncode, done.stderr)
    kept, read = _command(tmp_path, "tree"), _command(tmp_path, "tree", str(tmp_path / "spans"))
    assert read == kept
    assert ["POST /orders", "GET /late", "chat gpt-5.2"] == [tree["name"] for tree in kept["traces"]]
    assert ["planner"] == [tree["name"] for tree in kept["traces"][0]["children"]]


def test_a_program_is_asked_from_outside_while_it_runs(tmp_path: Path) -> None:
    """`report` and `tree` without a file read the ledger, which has each call a moment after its end."""
    code = """
with agent("boss", **{"user.id": "ada"}):
    call(1000)
    with agent("helper"):
        call(500)
        assert spancost.flush()
        print("called", flush=True)
        time.sleep(60)
"""
    with _running(code, tmp_path) as (_, told):
        assert "called\n" == told.readline()
        report = _command(tmp_path, "report", "--by", "agent,user", "--last", "1h")
        assert [("boss", "ada", "1"), ("helper", "ada", "0.5")] == [
            (group["key"]["agent"], group["key"]["user"], group["cost"]) for group in report["groups"]
        ]
        assert ("1.5", 2, 2, 1) == tuple(report["total"][name] for name in ("cost", "calls", "priced", "runs"))
        (tree,) = _command(tmp_path, "tree")["traces"]
        assert ("boss", "1", "0.5", "1.5", 2) == tuple(
            tree[name] for name in ("name", "direct", "children_cost", "total", "calls")
        )
        assert [("helper", "0.5")] == [(child["name"], child["total"]) for child in tree["children"]]
        assert [tree] == _command(tmp_path, "tree", "--trace", tree["trace_id"])["traces"]
        assert [] == _command(tmp_path, "tree", "--trace", "1")["traces"]


def test_the_same_is_asked_in_python(tmp_path: Path) -> None:
    """What was called a line before is in it; a span, its trace and their ids cost the same by whichever way."""
    done = _run(
        """
with agent("boss") as boss:
    call(1000)
    with tracer.start_as_current_span("a tool") as tool:
        call(500)
        call(0)
    spancost.record_call(provider="openai", model="gpt-5.2", usage={"input": 250, "output": 0})
    print(spancost.report(by="agent", last="1h").total.cost, spancost.report(["model", "agent"]).groups[0].calls)
    print(spancost.report().coverage)
call(2000)
context = boss.get_span_context()
hexadecimal = trace.format_span_id(context.span_id), trace.format_trace_id(context.trace_id)
print(*map(spancost.cost_of, (boss, context.span_id, context.trace_id, *hexadecimal)), spancost.cost_of(tool))
print(spancost.cost_of("1234"), spancost.report(last="0s").total.calls)
""",
        tmp_path,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert ["1.75 4", "priced 3 of 4 calls", "1.75 1.75 1.75 1.75 1.75 0.5", "None 0"] == done.stdout.splitlines()


def test_a_span_costs_the_same_however_often_its_program_ran_with_the_same_ids(tmp_path: Path) -> None:
    """One that seeds `random` draws the ids of its last run again; another process is told of all there are."""
    program = """
import random
random.seed(42)
with agent("boss") as boss:
    before = spancost.cost_of(boss)
    call(1000)
    context = boss.get_span_context()
    print(before, spancost.cost_of(boss), spancost.cost_of(context.span_id))
print(trace.format_span_id(context.span_id))
"""
    runs = [_run(program, tmp_path) for _ in range(3)]
    assert [(0, "")] * 3 == [(done.returncode, done.stderr) for done in runs]
    ((told, span_id),) = {tuple(done.stdout.splitlines()) for done in runs}
    assert ["0", "1", "1"] == told.split()
    assert "3" == _run(f"print(spancost.cost_of({span_id!r}))", tmp_path).stdout.strip()


def test_without_a_ledger_the_process_s_memory_is_asked(tmp_path: Path) -> None:
    """What a span or a trace cost is known while it is remembered; a report needs a ledger, and says so."""
    done = _run(
        """
with agent("boss") as boss:
    call(1000)
    with agent("helper") as helper:
        call(500)
    print(spancost.cost_of(boss), spancost.cost_of(helper))
with tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5.2",
                                                      "gen_ai.usage.input_tokens": 10}) as alone:
    pass
context = boss.get_span_context()
print(spancost.cost_of(boss), spancost.cost_of(context.trace_id), spancost.cost_of(alone.get_span_context().trace_id))
print(spancost.cost_of(7))
try:
    spancost.report()
except spancost.LedgerError as fault:
    print(fault)
""",
        tmp_path,
        SPANCOST_LEDGER="",
    )
    assert (0, "") == (done.returncode, done.stderr)
    remedy = "there is no ledger: set SPANCOST_LEDGER to true, or to a path"
    assert ["1.5 0.5", "1.5 1.5 0.01", "None", remedy] == done.stdout.splitlines()
    assert ["spancost.toml"] == [file.name for file in tmp_path.iterdir()]


_WRITER = """
number = 0
while True:
    number += 1
    with agent("writer"):
        call(1000, **{"gen_ai.response.id": f"{os.getpid()}-{number}"})
    assert spancost.flush(60)
    print(number, flush=True)
"""


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    """Eight processes write and are killed in the middle of it: every charge that a flush said was kept is there."""
    acknowledged: dict[int, int] = {}
    command = [sys.executable, "-c", _START + _WRITER]
    writers = [
        subprocess.Popen(command, env=_environment(tmp_path), stdout=subprocess.PIPE, text=True) for _ in range(8)
    ]
    for round_, writer in enumerate(writers):
        assert writer.stdout is not None
        for _ in range(5 + round_):
            acknowledged[writer.pid] = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
    for writer in writers:
        with writer:
            assert writer.stdout is not None
            acknowledged[writer.pid] = max([acknowledged[writer.pid], *map(int, writer.stdout.read().split())])
        assert -signal.SIGKILL == writer.returncode
    told = dict[str, int](_ask(tmp_path, "SELECT response_id, cost FROM charges"))
    lost = [
        f"{process}-{number}"
        for process, last in acknowledged.items()
        for number in range(1, last + 1)
        if told.get(f"{process}-{number}") != 10**12
    ]
    assert [] == lost
    assert [("ok",)] == _ask(tmp_path, "PRAGMA integrity_check")


def test_spans_that_a_fork_ends_twice_are_one_row(tmp_path: Path) -> None:
    """A call, an agent and the root that were open at the fork end in both processes; each process adds its own call."""
    done = _run(
        """
with agent("boss"):
    call(1)
    with tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5.2",
                                                          "gen_ai.usage.input_tokens": 100}) as both:
        child = os.fork()
    both.end()
    call(10 if child == 0 else 20)
if child:
    assert 0 == os.waitpid(child, 0)[1]
""",
        tmp_path,
    )
    assert 0 == done.returncode, done.stderr
    assert [(1,), (10,), (20,), (100,)] == _ask(tmp_path, "SELECT input FROM charges ORDER BY 1")
    assert Decimal("0.131") == Decimal(_command(tmp_path, "report")["total"]["cost"])


@pytest.mark.parametrize("room", ["room again", ""])
def test_a_full_disk_costs_rows_and_nothing_else(room: str, receiver: Receiver, tmp_path: Path) -> None:
    """The program goes on and its metrics have all the money; with room again all is kept, else what was lost is told."""
    done = _run(
        """
import resource, signal
for _ in range(10):
    call(1000)
assert spancost.flush()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most))
with agent("boss"):
    for _ in range(1000):
        call(1000)
assert not spancost.flush()
if os.environ["ROOM"]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    assert spancost.flush()
print(spancost.current_cost())
""",
        tmp_path,
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
        ROOM=room,
    )
    assert (0, "1010") == (done.returncode, done.stdout.strip()), done.stderr
    kept = _ask(tmp_path, "SELECT count(*) FROM charges")[0][0]
    assert kept == 1010 if room else 10 <= kept < 1010
    assert 1000 == max(point.value for point in receiver.points() if point.metric == "spancost.cost")
    failures = max(point.value for point in receiver.points() if point.metric == "spancost.internal.store_failures")
    assert 1010 - kept == failures
    assert "Traceback" not in done.stderr
    assert 1 == done.stderr.count("charges can't be kept")


@pytest.mark.parametrize("told", ["/proc/ledger.db", "/dev/full/ledger.db"])
def test_a_place_that_cannot_be_is_one_error(told: str, tmp_path: Path) -> None:
    """The program runs as without it."""
    done = _run(
        "for _ in range(3): call(1000)\nspancost.flush()\nprint(spancost.current_cost())",
        tmp_path,
        SPANCOST_LEDGER=told,
    )
    assert (0, "3") == (done.returncode, done.stdout.strip())
    assert ["charges can't be kept", "3 charges could not be kept"] == [
        next(part for part in ("charges can't be kept", "3 charges could not be kept") if part in line)
        for line in done.stderr.splitlines()
    ]


def test_a_damaged_ledger_costs_what_it_held_and_nothing_else(receiver: Receiver, tmp_path: Path) -> None:
    """The program keeps all of its charges in a new file, says so once, and counts it."""
    (tmp_path / "ledger.db").write_bytes(b"no database at all" * 1000)
    done = _run(
        "for _ in range(3): call(1000)\nassert spancost.flush()\ncall(1000)\nassert spancost.flush()",
        tmp_path,
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
    )
    (told,) = done.stderr.splitlines()
    assert (0, True) == (done.returncode, "It is set aside as ledger.db.damaged" in told)
    assert b"no database at all" * 1000 == (tmp_path / "ledger.db.damaged").read_bytes()
    assert [(4,)] == _ask(tmp_path, "SELECT count(*) FROM charges")
    counted = {point.metric: point.value for point in receiver.points() if point.metric.startswith("spancost.internal")}
    assert (1, 0) == (counted["spancost.internal.damaged_ledgers"], counted["spancost.internal.store_failures"])


def test_no_prompt_and_no_key_is_in_a_ledger(tmp_path: Path) -> None:
    """Of a span's attributes only whom it is for, and what it used."""
    done = _run(
        """
secrets = {"gen_ai.input.messages": "my secret", "gen_ai.output.messages": "a secret", "server.address": "secret.host",
           "gen_ai.system_instructions": "keep this secret", "http.request.header.authorization": "Bearer secret"}
with agent("boss", **secrets):
    call(1000, **secrets)
""",
        tmp_path,
    )
    assert (0, 1) == (done.returncode, _ask(tmp_path, "SELECT count(*) FROM charges")[0][0]), done.stderr
    assert [] == [file.name for file in tmp_path.iterdir() if b"secret" in file.read_bytes()]
