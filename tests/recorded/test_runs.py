"""Recorded runs of real frameworks: each billed call is one charge, with its tokens and its dollars."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from recorded.recording import RUNS, Order, recordings
from recorded.renaming import other, renaming
from recorded.replay import Live, replay
from recorded.table import PAGE, packages, page
from recorded.verdict import Finding, judge

_RECORDINGS: Final = {recording.name: recording for recording in recordings(RUNS)}

_FINDINGS: Final[dict[str, dict[str, list[str]]]] = json.loads(
    (Path(__file__).parents[1] / "data" / "findings.json").read_text()
)
"""What is found in each run, each with the reason: what is `wrong`, which calls no span speaks of (`untold`), which are
spoken of without all of their usage (`unpriced`), and those whose agent no span names (`unnamed`)."""

_GROUPS: Final = {"wrong", "untold", "unpriced", "unnamed"}

_WAYS: Final[tuple[tuple[Order, Live], ...]] = (("events", "start"), ("events", "final"), ("times", "final"))


def _said(finding: Finding) -> str:
    return f"{finding.what} #{finding.seq}"


def _listed(name: str, group: str) -> list[str]:
    """Return what the list names, without the words that explain it."""
    return [line.partition(": ")[0] for line in _FINDINGS.get(name, {}).get(group, [])]


def _rows(heading: str) -> list[str]:
    """Return the rows of the table under a heading of the page on accuracy."""
    section = page().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("name", _RECORDINGS)
def test_each_billed_call_is_one_charge_with_its_tokens_and_dollars(name: str) -> None:
    """Call by call as the ledger says, but for what the checked-in list names: no more, and no less."""
    recording = _RECORDINGS[name]
    verdict = judge(recording, replay(recording))
    assert _listed(name, "wrong") == [_said(finding) for finding in verdict.wrong]
    assert _listed(name, "untold") == [_said(finding) for finding in verdict.findings if finding.what == "untold"]


@pytest.mark.parametrize("name", _RECORDINGS)
def test_each_call_without_its_whole_price_is_listed(name: str) -> None:
    """A call that spans tell of without all of its usage stands in the checked-in list, with our own reason."""
    verdict = judge(_RECORDINGS[name], replay(_RECORDINGS[name]))
    unpriced = [finding for finding in verdict.findings if finding.what in ("unpriced", "partial")]
    assert _listed(name, "unpriced") == [", ".join(filter(None, (_said(each), each.text))) for each in unpriced]


@pytest.mark.parametrize("name", _RECORDINGS)
def test_each_call_is_its_agents(name: str) -> None:
    """A call is never another agent's than the ledger says; where no span names one, it is nobody's, or a span's."""
    verdict = judge(_RECORDINGS[name], replay(_RECORDINGS[name]))
    unnamed = [f"#{finding.seq}" for finding in verdict.findings if finding.what == "unnamed"]
    assert ", ".join(_listed(name, "unnamed")) == ", ".join(unnamed)


@pytest.mark.parametrize("name", _RECORDINGS)
@pytest.mark.parametrize(("order", "live"), _WAYS, ids=["live", "live, names late", "from the file"])
def test_live_and_from_a_file_give_the_same_money(name: str, order: Order, live: Live) -> None:
    """Whether spans are seen as they happen or are read afterwards, with whatever is known of them when."""
    recording = _RECORDINGS[name]
    tally, seen = replay(recording, order, live), replay(recording)
    assert (seen.spent, seen.amounts, seen.statuses) == (tally.spent, tally.amounts, tally.statuses)


@pytest.mark.parametrize("name", _RECORDINGS)
def test_a_run_whose_spans_are_all_dropped_gives_the_same_money(name: str) -> None:
    """What `subtree` records of it by what each span has when it starts: every call, and the agent that made it."""
    recording = _RECORDINGS[name]
    tally, seen = replay(recording, drop=True), replay(recording)
    assert (seen.spent, seen.amounts, seen.statuses) == (tally.spent, tally.amounts, tally.statuses)
    assert Counter(seen.agents.values()) == Counter(tally.agents.values())


@pytest.mark.parametrize("name", _RECORDINGS)
def test_counters_sums_and_charges_agree(name: str) -> None:
    """What the counters were given, what lies below owners and what the charges say is one amount."""
    tally = replay(_RECORDINGS[name])
    assert tally.spent == tally.counted == sum(tally.amounts)


@pytest.mark.parametrize("name", _RECORDINGS)
def test_names_of_runs_services_and_agents_change_nothing(name: str) -> None:
    """No rule knows a recording by its names: under others each agent has the same calls and the same money."""
    recording = _RECORDINGS[name]
    seen = replay(recording, "times")
    named = (owner for charge in seen.charges for owner in charge.agent_path.split("/"))
    tally = replay(recording, "times", change=renaming(recording, named))
    assert (seen.spent, seen.amounts, seen.statuses) == (tally.spent, tally.amounts, tally.statuses)
    assert tally.agents == {span: agent and other(agent) for span, agent in seen.agents.items()}
    assert [charge.agent_path for charge in tally.charges] == [other(charge.agent_path) for charge in seen.charges]


def test_the_list_names_only_what_is_recorded() -> None:
    """A run that is gone, or a group nobody reads, leaves nothing behind in the list."""
    assert set() == _FINDINGS.keys() - _RECORDINGS.keys()
    assert {group for each in _FINDINGS.values() for group in each} <= _GROUPS
    lines = [line for each in _FINDINGS.values() for group in each.values() for line in group]
    assert all(line.partition(": ")[2] for line in lines), "a reason each"


def test_every_run_of_the_folder_is_judged() -> None:
    """Every recorded run, each with its processes' files."""
    assert (155, 156) == (len(_RECORDINGS), sum(len(each.processes) for each in _RECORDINGS.values()))


def test_the_page_on_accuracy_is_what_the_recordings_say() -> None:
    """The table in the docs is written by `make accuracy`, from these runs and nothing else."""
    assert page() == PAGE.read_text()


def test_each_version_of_the_page_is_of_a_package_that_was_run() -> None:
    """Some scopes tell a version of their own, which is no package's."""
    rows = [row.split(" | ") for row in _rows("Instrumentations")]
    told = [(run.strip("`"), version) for _, _, version, run, _ in rows if run.startswith("`")]
    assert [(run, version) for run, version in told if version not in packages(run).values()] == []


def test_the_page_names_the_operations_that_no_recording_holds() -> None:
    """Genkit's calls are recorded, its embeddings and flows are not; all of Strands' operations are the conventions'."""
    operations = _rows("Operations that no recording holds")
    assert "| genkit | `embedder`, `flow` |" in operations
    assert not any(row.startswith("| strands |") for row in operations)


def test_a_run_with_a_call_that_is_not_priced_is_not_called_exact() -> None:
    """The page says of each instrumentation why not every call of its run has its price."""
    told = [row.rstrip(" |").split(" | ")[3:] for row in _rows("Instrumentations")]
    exact = [run.strip("`") for run, verdict in told if verdict == "exact"]
    assert [run for run in exact if {"wrong", "untold", "unpriced"} & _FINDINGS.get(run, {}).keys()] == []
