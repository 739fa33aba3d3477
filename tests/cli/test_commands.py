"""The command `spancost`, run as a program."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ledger.keeping import Kept
from ledger.written import line, told
from support import agent, call

from spancost import cli
from spancost.cli import reading
from spancost.ledger.otlp.order import by_start
from spancost.ledger.otlp.processes import MOST_OPEN

_PRICES = """
[[price]]
model = "gpt-5.2"
input = "3"
output = "15"
[[price]]
model = "gemini-3-pro"
input = "2.5"
output = "10"
"""


_TIMES = ("startTimeUnixNano", "endTimeUnixNano")


def _run(folder: Path, *arguments: str, given: bytes = b"", **variables: str) -> subprocess.CompletedProcess[bytes]:
    (folder / "spancost.toml").write_text(_PRICES)
    return subprocess.run(
        [sys.executable, "-m", "spancost.cli", *arguments],
        cwd=folder,
        env={"SPANCOST_CONFIG": "spancost.toml", "PATH": "", **variables},
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )


def _json(folder: Path, *arguments: str) -> Any:
    done = _run(folder, *arguments, "--json")
    assert (0, b"") == (done.returncode, done.stderr)
    return json.loads(done.stdout)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The worked example, as a file whose spans stand in the order in which they ended."""
    spans = [
        told(2, 10, 20, call(1500, 500), parent=1, name="chat gpt-5.2"),
        told(4, 40, 50, call(2000, 800), parent=3, name="chat gpt-5.2"),
        told(6, 60, 70, call(500, 200, model="gemini-3-pro"), parent=5, name="chat gemini-3-pro"),
        told(5, 55, 75, agent("syntax_analyzer"), parent=3, name="invoke_agent syntax_analyzer"),
        told(3, 30, 80, agent("code_agent"), parent=1, name="invoke_agent code_agent"),
        told(1, 5, 90, agent("coordinator"), name="invoke_agent coordinator"),
    ]
    (tmp_path / "spans.jsonl").write_bytes(line(*spans, resource={"service.name": "research"}))
    return tmp_path


def test_the_tree_of_the_worked_example(example: Path) -> None:
    """As CONTRACT's amounts are: direct 0.012, children 0.02125, total 0.03325."""
    (root,) = _json(example, "tree", "spans.jsonl")["traces"]
    assert ("coordinator", "agent", "0.012", "0.02125", "0.03325", 3) == tuple(
        root[name] for name in ("name", "kind", "direct", "children_cost", "total", "calls")
    )
    (inner,) = root["children"]
    assert ("code_agent", "0.018", "0.02125") == (inner["name"], inner["direct"], inner["total"])
    assert ["syntax_analyzer"] == [each["name"] for each in inner["children"]]
    assert f"{1:016x}" == root["span_id"]


def test_the_tree_as_text_and_as_csv(example: Path) -> None:
    """A person reads the one, a spreadsheet the other."""
    assert (
        "coordinator  $0.0332  (direct $0.0120)\n"
        "└── code_agent  $0.0212  (direct $0.0180)\n"
        "    └── syntax_analyzer  $0.0032\n"
    ) == _run(example, "tree", "spans.jsonl").stdout.decode()
    rows = list(csv.DictReader(io.StringIO(_run(example, "tree", "spans.jsonl", "--format", "csv").stdout.decode())))
    assert [("coordinator", "0", "0.03325"), ("code_agent", "1", "0.02125"), ("syntax_analyzer", "2", "0.00325")] == [
        (row["name"], row["depth"], row["total"]) for row in rows
    ]


def test_one_trace_of_many(example: Path) -> None:
    """By its id."""
    with (example / "spans.jsonl").open("ab") as file:
        file.write(line(told(9, 1, 2, call(1000, 0), trace_id=7)))
    assert 2 == len(_json(example, "tree", "spans.jsonl")["traces"])
    (alone,) = _json(example, "tree", "spans.jsonl", "--trace", f"{7:032x}")["traces"]
    assert ("call", "0.003", 1) == (alone["kind"], alone["total"], alone["calls"])


def test_a_report_by_agent_and_model(example: Path) -> None:
    """Dearest first, with every sum; groups add up to the total."""
    told = _json(example, "report", "spans.jsonl", "--by", "agent,model")
    assert [
        ({"agent": "code_agent", "model": "gpt-5.2"}, "0.018"),
        ({"agent": "coordinator", "model": "gpt-5.2"}, "0.012"),
        ({"agent": "syntax_analyzer", "model": "gemini-3-pro"}, "0.00325"),
    ] == [(group["key"], group["cost"]) for group in told["groups"]]
    assert "USD" == told["currency"]
    total = told["total"]
    assert {
        "cost": "0.03325",
        "avg_cost_per_call": "0.011083333333",
        "calls": 3,
        "priced": 3,
        "partial": 0,
        "unpriced": 0,
        "estimated": 0,
        "duplicates": 0,
        "errors": 0,
        "runs": 1,
        "cost_per_run": "0.03325",
        "input_tokens": 4000,
        "output_tokens": 1500,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "reasoning_tokens": 0,
        "latency_ms": 30 / 1e6,
    } == total
    assert Decimal(total["cost"]) == sum(Decimal(group["cost"]) for group in told["groups"])
    assert {"calls": 3, "priced": 3, "partial": 0, "unpriced": 0, "missing": [], "silent": []} == told["coverage"]


def test_a_report_by_path_service_and_any_attribute(example: Path) -> None:
    """What no span tells is `(none)`."""
    groups = _json(example, "report", "spans.jsonl", "--by", "agent_path,service,color")["groups"]
    assert {"agent_path": "coordinator/code_agent", "service": "research", "color": "(none)"} == groups[0]["key"]


def test_a_report_as_text_and_as_csv(example: Path) -> None:
    """With what could not be priced, and what to do about it."""
    with (example / "spans.jsonl").open("ab") as file:
        file.write(
            line(told(9, 100, 110, call(model="gpt-5.2"), trace_id=7), scope="openinference.instrumentation.openai")
        )
    text = _run(example, "report", "spans.jsonl").stdout.decode()
    assert "gpt-5.2       $0.0300      3   3500    1300  1 unpriced\n" in text
    assert "total         $0.0332      4   4000    1500  1 unpriced\n" in text
    assert (
        "priced 3 of 4 calls\n  1 unpriced, no_usage: openai gpt-5.2 told by openinference.instrumentation.openai"
        in text
    )
    assert "include_usage" in text
    rows = list(csv.DictReader(io.StringIO(_run(example, "report", "spans.jsonl", "--format=csv").stdout.decode())))
    assert [("gpt-5.2", "0.03", "3"), ("gemini-3-pro", "0.00325", "1")] == [
        (row["model"], row["cost"], row["calls"]) for row in rows
    ]


def test_text_and_json_agree_on_what_is_priced(example: Path) -> None:
    """A lower bound is no price: its call is partial in each of them, and the text says what helps."""
    with (example / "spans.jsonl").open("ab") as file:
        file.write(line(told(9, 100, 110, call(1000, model="gpt-5.2"), trace_id=7, name="chat")))
    coverage = _json(example, "report", "spans.jsonl")["coverage"]
    assert (4, 3, 1, 0) == tuple(coverage[each] for each in ("calls", "priced", "partial", "unpriced"))
    (missed,) = coverage["missing"]
    assert missed.pop("remedy").startswith("the span tells input or output alone")
    assert {
        "status": "partial",
        "reason": "half_usage",
        "provider": "openai",
        "model": "gpt-5.2",
        "instrumentation": "",
        "calls": 1,
    } == missed
    text = _run(example, "report", "spans.jsonl").stdout.decode()
    assert "gpt-5.2       $0.0330      3   4500    1300  1 partial\n" in text
    assert "priced 3 of 4 calls, 1 partial\n  1 partial, half_usage: openai gpt-5.2\n    the span tells input" in text
    assert "chat  $0.0030  [1 partial]\n" in _run(example, "tree", "spans.jsonl").stdout.decode()
    trees = _json(example, "tree", "spans.jsonl")["traces"]
    assert [("coordinator", 0), ("chat", 1)] == [(tree["name"], tree["partial"]) for tree in trees]


def test_a_name_that_is_a_formula_is_a_text_in_csv(tmp_path: Path) -> None:
    """Of agents and users, in both commands, and of a key that is asked for; JSON has it as it is."""
    spans = [
        told(2, 10, 20, call(1500, 500, **{"user.id": "-5"}), parent=1, name="chat gpt-5.2"),
        told(1, 5, 90, agent("=cmd|' /C calc'!A0"), name="invoke_agent"),
    ]
    (tmp_path / "spans.jsonl").write_bytes(line(*spans))
    report = _run(tmp_path, "report", "spans.jsonl", "--by", "agent,user,@key", "--format", "csv").stdout.decode()
    assert [["agent", "user", "'@key", "cost"], ["'=cmd|' /C calc'!A0", "-5", "(none)", "0.012"]] == [
        row[:4] for row in csv.reader(io.StringIO(report))
    ]
    tree = _run(tmp_path, "tree", "spans.jsonl", "--format", "csv").stdout.decode()
    assert ["name", "'=cmd|' /C calc'!A0"] == [row[3] for row in csv.reader(io.StringIO(tree))]
    (group,) = _json(tmp_path, "report", "spans.jsonl", "--by", "agent")["groups"]
    assert "=cmd|' /C calc'!A0" == group["key"]["agent"]


def test_a_window_of_time(tmp_path: Path) -> None:
    """`--last` counts back from now, `--since` and `--until` are moments."""
    now = datetime.now(UTC)
    ages = {1: timedelta(hours=1), 2: timedelta(hours=30), 3: timedelta(days=40)}
    starts = {number: int((now - age).timestamp()) * 10**9 for number, age in ages.items()}
    spans = [told(number, start, start + 5, call(1000, 0), trace_id=number) for number, start in starts.items()]
    (tmp_path / "spans.jsonl").write_bytes(line(*spans))

    def calls(*window: str) -> int:
        return _json(tmp_path, "report", "spans.jsonl", *window)["total"]["calls"]

    day = (now - timedelta(days=10)).date().isoformat()
    assert (3, 1, 2, 2, 1, 1) == (
        calls(),
        calls("--last", "24h"),
        calls("--last", "2d"),
        calls("--since", day),
        calls("--until", day),
        calls("--since", f"{day}T00:00+02:00", "--until", (now - timedelta(hours=20)).isoformat()),
    )


def test_a_damaged_file_is_reported_as_far_as_it_goes(example: Path) -> None:
    """What could be read is printed, what couldn't is named, and the status is 1."""
    whole = (example / "spans.jsonl").read_bytes()
    (example / "spans.jsonl").write_bytes(whole + whole[:200])
    done = _run(example, "report", "spans.jsonl", "--json")
    assert (1, "0.03325") == (done.returncode, json.loads(done.stdout)["total"]["cost"])
    assert b"spancost: spans.jsonl: line 2: is not JSON, and the file ends in it" in done.stderr


def test_a_file_that_can_t_be_looked_at_is_named_and_the_others_are_reported(example: Path) -> None:
    """As one that is damaged: its name may be too long, or its folder another's."""
    name = "a" * 300
    done = _run(example, "report", name, "spans.jsonl", "--json")
    assert (1, "0.03325") == (done.returncode, json.loads(done.stdout)["total"]["cost"])
    assert f"spancost: {name}: the file: File name too long\n" == done.stderr.decode()


def test_more_processes_at_once_than_are_followed_are_said(tmp_path: Path) -> None:
    """All of them are counted, and that the figures may be wrong is the status."""
    fleet = MOST_OPEN + 1
    spans = (
        line(told(number, number, 2 * fleet, call(1, 1)), resource={"process.pid": 1, "host.name": f"pod-{number}"})
        for number in range(1, fleet + 1)
    )
    (tmp_path / "spans.jsonl").write_bytes(b"".join(spans))
    done = _run(tmp_path, "report", "spans.jsonl", "--json")
    assert (1, fleet) == (done.returncode, json.loads(done.stdout)["total"]["calls"])
    assert done.stderr.startswith(b"spancost: more than 16384 processes have spans open at once")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("tree",),
        ("tree", "none.jsonl"),
        ("report", "spans.jsonl", "--last", "soon"),
        ("report", "spans.jsonl", "--since", "yesterday"),
        ("report", "spans.jsonl", "--by", ","),
        ("tree", "spans.jsonl", "--trace", "xyz"),
        ("spend",),
    ],
)
def test_what_is_asked_wrongly_is_status_2_and_no_traceback(arguments: tuple[str, ...], example: Path) -> None:
    """Results on standard output there are none; what to write instead is on the other."""
    done = _run(example, *arguments)
    assert (2, b"") == (done.returncode, done.stdout)
    assert done.stderr
    assert b"Traceback" not in done.stderr


def test_spans_come_from_standard_input_too(example: Path) -> None:
    """`kubectl exec … cat | spancost report -`."""
    done = _run(example, "report", "-", "--json", given=(example / "spans.jsonl").read_bytes())
    assert "0.03325" == json.loads(done.stdout)["total"]["cost"]


def test_a_reader_that_goes_away_is_no_error(example: Path) -> None:
    """`spancost tree … | head -1` ends without a word."""
    spans = [told(number, number, number + 1, call(1000, 0), trace_id=number) for number in range(1, 5_000)]
    (example / "many.jsonl").write_bytes(line(*spans))
    _run(example)
    shell = f"{sys.executable} -m spancost.cli tree many.jsonl --limit 0 | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", shell],
        cwd=example,
        env={"SPANCOST_CONFIG": "spancost.toml", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"" == done.stderr


@pytest.mark.parametrize("command", ["tree --limit 0", "report"])
def test_nor_is_it_where_the_ledger_is_asked(tmp_path: Path, command: str) -> None:
    """That nobody reads on is not the ledger's fault."""
    play = Kept(tmp_path / "ledger.db")
    for number in range(1, 4_000):
        play.play(call(1000, 0, model=f"model-{number}"), trace_id=number)
    play.keeper.shutdown()
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m spancost.cli {command} | head -1"],
        cwd=tmp_path,
        env={"SPANCOST_LEDGER": "ledger.db", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"" == done.stderr


def test_an_empty_file_is_said_to_be_one(tmp_path: Path) -> None:
    """No spans is not an error, but nobody should take it for free of cost."""
    (tmp_path / "spans.jsonl").write_bytes(b"")
    done = _run(tmp_path, "tree", "spans.jsonl")
    assert (0, b"no model call was found\n", b"spancost: no span was found\n") == (
        done.returncode,
        done.stdout,
        done.stderr,
    )


def test_the_page_of_commands_shows_what_they_print(example: Path) -> None:
    """Each command of docs/commands.md, run on the worked example."""
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()
    blocks = [block.split("\n```")[0] for block in page.split("```console\n$ ")[1:]]
    assert 2 == len(blocks)
    for block in blocks:
        command, _, printed = block.partition("\n")
        done = _run(example, *command.split()[1:])
        assert (printed + "\n", b"") == (done.stdout.decode(), done.stderr)


def test_a_full_disk_is_said_and_not_raised(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Spans that memory can't hold wait on disk, and there may be no room."""
    monkeypatch.setattr(reading, "by_start", partial(by_start, held=2))
    monkeypatch.setattr("spancost.ledger.otlp.order.TemporaryFile", lambda: Path("/dev/full").open("w+b", buffering=0))  # noqa: SIM115
    assert 1 == cli.main(["report", str(example / "spans.jsonl")])
    out, err = capsys.readouterr()
    assert ("", True) == (out, err.startswith("spancost: No space left on device: what memory can't hold waits in "))


@pytest.mark.parametrize("form", ["text", "json", "csv"])
@pytest.mark.parametrize(
    ("output", "said"),
    [
        (">/dev/full", "spancost: the result can't be written: No space left on device\n"),
        (">&-", "spancost: standard output is closed: there is nowhere to write the result\n"),
    ],
)
def test_a_result_that_can_t_be_written_is_said(output: str, said: str, form: str, example: Path) -> None:
    """With its own cause, and no traceback."""
    command = f'"{sys.executable}" -m spancost.cli report spans.jsonl --format {form} {output}'
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=example,
        env={},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (1, said) == (done.returncode, done.stderr.decode())


@pytest.mark.parametrize(
    ("command", "status", "printed", "said"),
    [
        ("tree spans.jsonl 2>&-", 0, "coordinator", ""),
        ("report spans.jsonl --json 2>&- <&-", 0, '{"currency"', ""),
        ("tree none.jsonl 2>&-", 2, "", ""),
        ("tree none.jsonl 2>/dev/full", 2, "", ""),
        ("tree none.jsonl spans.jsonl 2>&1 | true", 0, "", ""),
        ("report spans.jsonl | true", 0, "", ""),
        ("report - <&-", 1, "model", "spancost: -: the file: standard input is closed\nspancost: no span was found\n"),
        ("tree spans.jsonl <&- >&- 2>&-", 1, "", ""),
        ("tree spans.jsonl >/dev/full 2>&-", 1, "", ""),
        ("nothing 2>&-", 2, "", ""),
        ("nothing 2>/dev/full", 2, "", ""),
        ("nothing >&- 2>&-", 2, "", ""),
        ("--help 2>&-", 0, "usage: spancost", ""),
        ("--help | true", 0, "", ""),
        ("--help >/dev/full", 1, "", "spancost: the result can't be written: No space left on device\n"),
    ],
)
def test_a_stream_that_is_closed_costs_nothing_but_what_is_said_there(
    command: str, status: int, printed: str, said: str, example: Path
) -> None:
    """The result and the status are the same, no message gets among the results, and nothing is a traceback."""
    command = f'"{sys.executable}" -m spancost.cli {command}'
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=example,
        env={"SPANCOST_CONFIG": "", "PATH": "/bin:/usr/bin"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (status, said) == (done.returncode, done.stderr.decode())
    out = done.stdout.decode()
    assert out.startswith(printed) if printed else not out


def test_an_interrupted_reading_ends_as_shells_expect(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a traceback."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "by_start", interrupt)
    assert 130 == cli.main(["report", str(example / "spans.jsonl")])


def test_without_files_and_without_a_ledger_there_is_nothing_to_ask(tmp_path: Path) -> None:
    """The exit is that of a wrong use, and says what to do; no file is made."""
    for command in ("tree", "report"):
        done = _run(tmp_path, command, HOME=str(tmp_path))
        assert (2, b"") == (done.returncode, done.stdout)
        assert b"there is no ledger: set SPANCOST_LEDGER where programs run, or name files of spans" in done.stderr
    assert ["spancost.toml"] == [file.name for file in tmp_path.iterdir()]


def test_a_ledger_says_the_same_as_the_file_of_its_spans(example: Path) -> None:
    """Text, JSON and CSV of both commands, live charges against recorded ones; and the usual place is asked."""
    folder = example / ".local" / "state" / "spancost"
    play = Kept(folder / "ledger.db", resource={"service.name": "research"})
    with (example / "spans.jsonl").open() as file:
        (request,) = map(json.loads, file)
    spans = [span for each in request["resourceSpans"] for scope in each["scopeSpans"] for span in scope["spans"]]
    _live(play, spans)
    play.keeper.shutdown()
    for arguments in (
        ("report", "--by", "agent,model"),
        ("report", "--by", "agent,model", "--json"),
        ("report", "--by", "service,agent_path,provider,status", "--format", "csv"),
        ("report", "--by", "gen_ai.request.model,nobody.knows", "--json"),
        ("tree",),
        ("tree", "--json"),
        ("tree", "--format", "csv", "--trace", "1"),
    ):
        kept = _run(example, *arguments, HOME=str(example))
        read = _run(example, arguments[0], "spans.jsonl", *arguments[1:])
        said = b"spancost: no call in the ledger tells nobody.knows: it knows what dimensions, budgets and [attribution] name\n"
        assert (read.stdout, said if "nobody" in str(arguments) else b"", 0) == (
            kept.stdout,
            kept.stderr,
            kept.returncode,
        )


def _live(play: Kept, spans: list[Any]) -> None:
    """Play spans by their times, as a program has them."""
    events = [(int(span[time]), end, place) for place, span in enumerate(spans) for end, time in enumerate(_TIMES)]
    started: dict[int, Any] = {}
    for now, is_end, place in sorted(events):
        span = spans[place]
        play.clock.now_ns = now  # pyright: ignore[reportAttributeAccessIssue]
        if is_end:
            play.end(started[place])
            continue
        attributes = {
            each["key"]: int(next(iter(each["value"].values())))
            if "intValue" in each["value"]
            else next(iter(each["value"].values()))
            for each in span["attributes"]
        }
        parent = int(span["parentSpanId"], 16) if "parentSpanId" in span else None
        started[place] = play.start(attributes, parent, name=span["name"], span_id=int(span["spanId"], 16))


def test_a_wrong_ledger_is_not_taken_for_another(tmp_path: Path) -> None:
    """Where the setting is wrong, or names what no file can be, that is said, and nothing is printed."""
    for place, said in (
        ("/data/costs.db?keep=5x", b"SPANCOST_LEDGER: got '/data/costs.db?keep=5x'"),
        ("/" + "a" * 300, b"can't be read"),
    ):
        done = _run(tmp_path, "report", HOME=str(tmp_path), SPANCOST_LEDGER=place)
        assert (2, b"") == (done.returncode, done.stdout)
        assert said in done.stderr


def test_a_damaged_ledger_is_said_to_be_one(tmp_path: Path) -> None:
    """Where it is, what is wrong and what to do, with the status of a damaged file; it stays as it is."""
    (tmp_path / "ledger.db").write_bytes(b"no database at all" * 1000)
    for command in ("tree", "report"):
        done = _run(tmp_path, command, HOME=str(tmp_path), SPANCOST_LEDGER="ledger.db")
        assert (1, b"") == (done.returncode, done.stdout)
        assert b"/ledger.db: file is not a database: move it away and programs that run begin a new one" in done.stderr
    assert {"ledger.db", "spancost.toml"} == {file.name for file in tmp_path.iterdir()}


def test_a_ledger_that_was_set_aside_is_named_by_whoever_asks_its_successor(tmp_path: Path) -> None:
    """What it holds is not in the sums."""
    path = tmp_path / "ledger.db"
    path.write_bytes(b"no database at all" * 1000)
    play = Kept(path)
    play.play(call(1000, 100))
    play.keeper.shutdown()
    for command in ("tree", "report"):
        done = _run(tmp_path, command, HOME=str(tmp_path), SPANCOST_LEDGER=str(path))
        assert 0 == done.returncode
        assert f"{path}.damaged: what was kept until it was damaged is not among this".encode() in done.stderr


def test_a_tree_is_printed_wherever_it_may_go(example: Path) -> None:
    """A terminal without lines to draw with."""
    done = _run(example, "tree", "spans.jsonl", PYTHONIOENCODING="ascii")
    assert 0 == done.returncode, done.stderr
    assert b"??? code_agent  $0.0212  (direct $0.0180)" in done.stdout
