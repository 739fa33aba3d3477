"""A key means the same wherever calls are grouped by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledger.keeping import EVER
from ledger.written import line, told
from recorded.recording import RUNS, recordings
from support import BOOK, agent, call

from spancost.calls.who import NAMES
from spancost.ledger import kept
from spancost.ledger.keeper import Keeper
from spancost.ledger.keys import attribution_of
from spancost.ledger.otlp.files import read_batches
from spancost.ledger.otlp.order import by_start
from spancost.ledger.otlp.replay import Replay
from spancost.ledger.otlp.report import Report
from spancost.ledger.otlp.wanted import wanted
from spancost.ledger.store import Store
from spancost.ledger.summary import Summary
from spancost.ledger.sums import Key
from spancost.worker import Worker

_RECORDINGS = {recording.name: recording for recording in recordings(RUNS)}

_OURS = ("model", "provider", "agent_path", "status", "instrumentation", *NAMES)
_OF_ATTRIBUTES = (
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.provider.name",
    "gen_ai.operation.name",
    "error.type",
    *(name for names in NAMES.values() for name in names),
)


def _told(summary: Summary) -> dict[Key, tuple[object, ...]]:
    return {tuple(group.key.values()): tuple(group.as_dict().values()) for group in summary.groups}


@pytest.mark.parametrize("name", _RECORDINGS)
def test_a_file_is_grouped_as_the_ledger_of_its_spans_is(name: str, tmp_path: Path) -> None:
    """By each of our keys, and by each attribute name that means one or something that we read of a call."""
    keys = (*_OURS, *_OF_ATTRIBUTES)
    worker = Worker()
    played = Replay(BOOK, keys=attribution_of(keys))
    keeper = Keeper(Store(tmp_path / "ledger.db"), worker, played.who.keys, lambda: 0, None)
    reports = {key: Report((key,), played.who.keys) for key in keys}
    files = map(str, _RECORDINGS[name].processes)
    for span, outcome in played.outcomes(by_start(read_batches(files, wanted(played.who), print))):
        keeper.take(outcome, None)
        for report in reports.values():
            report.take(span, outcome)
    assert keeper.flush(30)
    with kept.opened(tmp_path / "ledger.db") as ledger:
        for key, report in reports.items():
            assert _told(kept.summary(ledger, (key,), EVER)) == _told(report.close()), key
    keeper.shutdown()
    worker.stop()


def test_a_name_of_an_attribute_stands_for_the_key_that_it_means(tmp_path: Path) -> None:
    """Also where an instrumentation has another name for it, or told it on the span around; others are themselves."""
    around = {**agent("boss"), "session.id": "s1", "customer.id": "c1"}
    spoken = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "gpt-4o",
        "llm.provider": "openai",
        "llm.token_count.prompt": 10,
        "llm.token_count.completion": 1,
    }
    spans = told(2, 2, 8, spoken, parent=1), told(3, 9, 10, call(10, 1), trace_id=2)
    file = tmp_path / "spans.jsonl"
    file.write_bytes(line(*spans, told(1, 1, 9, around)))

    def groups(key: str) -> set[Key]:
        played = Replay(BOOK, keys=attribution_of((key,)))
        report = Report((key,), played.who.keys)
        for span, outcome in played.outcomes(by_start(read_batches([str(file)], wanted(played.who), print))):
            report.take(span, outcome)
        report.close()
        return set(report.groups)

    assert {("gpt-4o",), ("gpt-5.2",)} == groups("gen_ai.request.model")
    assert {("boss",), ("(none)",)} == groups("gen_ai.agent.name")
    assert {("s1",), ("(none)",)} == groups("gen_ai.conversation.id")
    assert {("c1",), ("(none)",)} == groups("customer.id")
