"""What a file says afterwards is what was counted while it happened."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from ledger.written import line, told
from recorded.recording import RUNS, Recording, recordings
from recorded.replay import replay
from support import BOOK, agent, call, cost

from spancost.ledger.keys import attribution_of
from spancost.ledger.otlp.files import Damage, read_batches
from spancost.ledger.otlp.order import by_start
from spancost.ledger.otlp.replay import Replay
from spancost.ledger.otlp.report import Report
from spancost.ledger.otlp.spans import Span
from spancost.ledger.otlp.wanted import wanted
from spancost.owners import Branch, Owners
from spancost.pricing import PriceBook

_BOOK = PriceBook()
_RECORDINGS = {recording.name: recording for recording in recordings(RUNS)}


def _report(files: list[Path], *keys: str, book: PriceBook = _BOOK, held: int = 50_000) -> tuple[Report, list[Branch]]:
    damages: list[Damage] = []
    played = Replay(book, keys=attribution_of(keys))
    names = wanted(played.who)
    report, owners = Report(keys, played.who.keys), Owners(10_000)
    for span, outcome in played.outcomes(by_start(read_batches(map(str, files), names, damages.append), held)):
        report.take(span, outcome)
        owners.take(outcome)
    report.close()
    assert [] == damages
    return report, owners.roots()


@pytest.mark.parametrize("name", _RECORDINGS)
def test_a_recorded_run_costs_from_its_file_what_it_cost_live(name: str) -> None:
    """Money, calls and tokens, and who spent it: replaying the recorded starts and ends gives the same."""
    recording: Recording = _RECORDINGS[name]
    tally = replay(recording)
    charges = [*tally.charges, *tally.aggregates]
    report, _ = _report(list(recording.processes), "agent")
    total = report.total
    calls = sum(charge.amounts.calls for charge in charges)
    assert (sum(tally.amounts), calls) == (total.cost, total.calls)
    assert sum(charge.amounts.input for charge in charges) == total.input
    assert sum(charge.amounts.output for charge in charges) == total.output
    agents: dict[str, int] = {}
    for charge in tally.charges:
        name = tally.agents[charge.span_id] or "(none)"
        agents[name] = agents.get(name, 0) + charge.amounts.cost
    if not tally.aggregates:
        assert agents == {key[0]: sums.cost for key, sums in report.groups.items()}


@pytest.mark.parametrize("name", _RECORDINGS)
def test_the_groups_and_the_trees_of_a_run_add_up_to_its_total(name: str) -> None:
    """Whatever is asked for, no money is lost and none is counted twice."""
    report, roots = _report(list(_RECORDINGS[name].processes), "agent", "model", "session", "service.name", held=7)
    for field in ("cost", "calls", "priced", "partial", "unpriced", "input", "output", "errors", "latency_ns"):
        assert getattr(report.total, field) == sum(getattr(group, field) for group in report.groups.values())
    assert report.total.cost == sum(root.total for root in roots)
    assert report.total.calls == sum(root.calls for root in roots)
    stack = list(roots)
    while stack:
        branch = stack.pop()
        assert branch.total - branch.direct == sum(child.total for child in branch.children)
        stack.extend(branch.children)


def test_a_root_that_comes_an_hour_behind_its_children_is_above_them(tmp_path: Path) -> None:
    """However late a span is in the file, and however few are held: it started first."""
    hour = 3600 * 10**9
    calls = [told(number, number * 1000, number * 1000 + 10, call(1000, 100), parent=1) for number in range(2, 500)]
    root = told(1, 0, hour, agent("coordinator"), name="invoke_agent coordinator")
    file = tmp_path / "spans.jsonl"
    file.write_bytes(b"".join(line(each) for each in chain(calls, [root])))
    report, (branch,) = _report([file], "agent", book=BOOK, held=50)
    assert {("coordinator",): 498 * cost(1000, 100)} == {key: sums.cost for key, sums in report.groups.items()}
    assert ("coordinator", 498 * cost(1000, 100), 498) == (branch.name, branch.total, branch.calls)


def test_processes_are_counted_apart_though_their_calls_look_alike(tmp_path: Path) -> None:
    """The same call at the same time in eight workers is eight calls, in one file or in many."""
    lines = [
        line(
            told(number, 1, 9, call(1000, 100), trace_id=number),
            scope=scope,
            resource={"service.name": "shop", "service.instance.id": f"worker-{number}"},
        )
        for number in range(1, 9)
        for scope in (("opentelemetry.instrumentation.genai.openai",) if number % 2 else ("pydantic-ai",))
    ]
    file = tmp_path / "spans.jsonl"
    file.write_bytes(b"".join(lines))
    report, roots = _report([file], "service.instance.id", book=BOOK)
    assert (8, 8, 8) == (report.total.calls, len(report.groups), len(roots))


def test_processes_of_one_number_in_two_containers_are_two(tmp_path: Path) -> None:
    """In a container the program is process 1: its service's instance tells it from the others."""
    scopes = ("opentelemetry.instrumentation.genai.openai", "pydantic-ai")
    file = tmp_path / "spans.jsonl"
    for where in ({"service.instance.id": "a"}, {"k8s.pod.uid": "a"}):
        lines = [
            line(
                told(number, 1, 9, call(1000, 100), trace_id=number),
                scope=scope,
                resource={"process.pid": 1, **{name: f"{value}-{number}" for name, value in where.items()}},
            )
            for number, scope in enumerate(scopes, 1)
        ]
        file.write_bytes(b"".join(lines))
        report, _ = _report([file], "model", book=BOOK)
        assert 2 == report.total.calls


_SHOP = {"service.name": "shop", "service.instance.id": "1"}
_DESK = {"service.name": "desk", "service.instance.id": "2"}


def _says(input_: int, output: int) -> dict[str, object]:
    """Return what an agent's span tells that says what its calls used."""
    return {**call(input_, output), **agent("researcher")}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("is_call", [False, True])
def test_an_agent_here_that_repeats_what_another_process_tells_is_counted_there(
    tmp_path: Path, late: bool, is_call: bool
) -> None:
    """No address says where it ran; that what was asked below it used as many tokens does, whichever ends first."""
    here = [
        told(1, 0, 100, agent("boss"), name="invoke_agent boss"),
        told(2, 10, 90, _says(1000, 100), parent=1, name="invoke_agent researcher"),
        told(3, 20, 80, parent=2, name="POST"),
    ]
    end = 95 if late else 70
    there = [told(4, 30, end, call(1000, 100) if is_call else _says(1000, 100), parent=3)]
    if not is_call:
        there.append(told(5, 40, 60, call(1000, 100), parent=4))
    file = tmp_path / "spans.jsonl"
    file.write_bytes(line(*here, resource=_SHOP) + line(*there, resource=_DESK))
    report, roots = _report([file], "service", book=BOOK)
    assert {("desk",): cost(1000, 100)} == {key: sums.cost for key, sums in report.groups.items()}
    assert (1, cost(1000, 100)) == (report.total.calls, sum(root.total for root in roots))


def test_an_agent_that_used_more_than_another_process_tells_is_counted_here(tmp_path: Path) -> None:
    """Its tool asked a service that asks a model, too: nothing says that its own calls were those."""
    here = [told(2, 10, 90, _says(1001, 100), name="invoke_agent researcher"), told(3, 20, 80, parent=2, name="POST")]
    there = [told(4, 30, 70, call(1000, 100), parent=3)]
    file = tmp_path / "spans.jsonl"
    file.write_bytes(line(*here, resource=_SHOP) + line(*there, resource=_DESK))
    assert 2 == _report([file], "service", book=BOOK)[0].total.calls


def test_silent_processes_are_let_go() -> None:
    """A file of short-lived workers holds no engine for each that ever was, and nothing of what they spent is lost."""
    hour = 3600 * 10**9
    spans = [
        Span(
            number * hour,
            number * hour + 9,
            number,
            number,
            None,
            "chat",
            "",
            call(1000, 100),
            {"process.pid": number},
            None,
        )
        for number in range(1, 200)
    ]
    played = Replay(BOOK)
    calls = sum(1 for _, outcome in played.outcomes(spans) if outcome.charge is not None)
    assert 199 == calls
    assert 5 > len(played.processes)


def test_processes_that_are_alive_at_once_are_each_counted_as_alone(tmp_path: Path) -> None:
    """However many are met while an agent runs, its call is counted once and is its own."""
    fleet = 5_000
    scopes = ("openinference.instrumentation.langchain", "opentelemetry.instrumentation.genai.openai")
    agents, calls, repeated = (
        b"".join(
            line(
                told(
                    layer * fleet + number,
                    layer * fleet + number,
                    end + number,
                    attributes,
                    parent=parent,
                    trace_id=number,
                ),
                scope=scopes[layer % 2],
                resource={"process.pid": 1, "host.name": f"pod-{number}"},
            )
            for number in range(1, fleet + 1)
            for parent in (number + (layer - 1) * fleet if layer else None,)
        )
        for layer, end, attributes in (
            (0, 9 * fleet, agent("boss")),
            (1, 8 * fleet, call(1000, 100)),
            (2, 7 * fleet, call(1000, 100)),
        )
    )
    file = tmp_path / "spans.jsonl"
    file.write_bytes(agents + calls + repeated)
    report, roots = _report([file], "agent", book=BOOK)
    assert {("boss",): fleet} == {key: sums.calls for key, sums in report.groups.items()}
    assert fleet * cost(1000, 100) == report.total.cost
    assert {cost(1000, 100)} == {root.total for root in roots}


def test_a_span_that_was_exported_twice_is_counted_once(tmp_path: Path) -> None:
    """An exporter that got no answer sends again."""
    file = tmp_path / "spans.jsonl"
    file.write_bytes(line(told(1, 1, 9, call(1000, 100))) * 2)
    report, _ = _report([file], "model", book=BOOK)
    assert (1, cost(1000, 100)) == (report.total.calls, report.total.cost)


def test_a_call_costs_what_it_cost_at_its_own_time(tmp_path: Path) -> None:
    """Prices that changed since don't change what was spent."""
    starts = {"2025-06-01": 1_748_736_000, "2025-07-01": 1_751_328_000}  # o3 became cheaper on 10 June 2025
    amounts: list[int] = []
    for seconds in starts.values():
        file = tmp_path / f"{seconds}.jsonl"
        start = seconds * 10**9
        file.write_bytes(
            line(told(1, start, start + 5, call(1_000_000, 0, model="o3") | {"gen_ai.provider.name": "openai"}))
        )
        amounts.append(_report([file], "model")[0].total.cost)
    assert [10 * 10**12, 2 * 10**12] == amounts


def test_times_that_make_no_sense_are_survived() -> None:
    """A span that ends before it starts, and one whose parent starts after it."""
    spans = [
        Span(9, 3, 1, 1, None, "a", "", call(1000, 100), {}, None),
        Span(5, 6, 1, 2, 1, "b", "", call(1000, 100), {}, None),
    ]
    played = Replay(BOOK)
    report = Report(("model",), played.who.keys)
    for span, outcome in played.outcomes(by_start([spans])):
        report.take(span, outcome)
    report.close()
    assert (2, 0) == (report.total.calls, report.total.latency_ns - 1)


def test_an_agent_in_another_service_is_counted_from_that_service_s_spans(tmp_path: Path) -> None:
    """In a file of both services' spans the one that asked tells of the agent, and the one that answered of its call."""
    asked = {**call(100, 50), **agent("research"), "server.address": "research.example.com"}
    file = tmp_path / "spans.jsonl"
    file.write_bytes(
        line(told(3, 20, 30, call(100, 50), parent=2), resource={"service.name": "research"})
        + line(told(2, 10, 40, asked, parent=1), told(1, 0, 50, agent("boss")), resource={"service.name": "boss"})
    )
    report, _ = _report([file], "service", book=BOOK)
    assert {("research",): (cost(100, 50), 1)} == {key: (sums.cost, sums.calls) for key, sums in report.groups.items()}


@pytest.mark.parametrize("where", [{}, {"server.address": "third.example.com"}])
@pytest.mark.parametrize("read", ["abc", "cab", "bca", "ab"])
def test_in_a_chain_of_services_what_an_agent_repeats_is_counted_where_it_was_used(
    tmp_path: Path, read: str, where: dict[str, str]
) -> None:
    """What the second has used includes what the third used for it, whoever tells of that."""
    lines = {
        "a": line(told(2, 10, 90, _says(5000, 500)), told(3, 20, 80, parent=2), resource={"service.name": "a"}),
        "b": line(
            told(4, 30, 70, parent=3),
            told(5, 31, 32, call(2000, 200), parent=4),
            told(6, 40, 60, {**_says(3000, 300), **where}, parent=4),
            resource={"service.name": "b"},
        ),
        "c": line(told(7, 45, 55, call(3000, 300), parent=6), resource={"service.name": "c"}),
    }
    files = [tmp_path / name for name in read]
    for file in files:
        file.write_bytes(lines[file.name])
    report, _ = _report(files, "service", book=BOOK)
    # Nobody has seen the call of the third: it is charged by the word of the second, or named as elsewhere.
    third = 0 if where and "c" not in read else 3000
    assert (2000 + third, 1 + bool(third)) == (report.total.input, report.total.calls)
    assert ("a",) not in report.groups
