"""The page of docs that says how right the counts are: `python -m recorded.table` writes it."""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from recorded.recording import RUNS, Expected, Recording, Span, read_spans, recordings
from recorded.replay import replay
from recorded.verdict import judge

from spancost.calls import Kind, Usage, kind_of, read_call
from spancost.calls.dialects import DIALECTS, GEN_AI, Field, emitter_of
from spancost.money import PICO
from spancost.pricing import PriceBook

__all__ = ["PAGE", "packages", "page"]

PAGE: Final = Path(__file__).parents[2] / "docs" / "accuracy.md"

_FINDINGS: Final = RUNS.parent / "findings.json"
_BOOK: Final = PriceBook()

_NAMING: Final = {name for dialect in DIALECTS for name in dialect.fields.get(Field.OPERATION, ())}
"""Attributes that name a span's operation."""

_HEAD: Final = """# How right the counts are

Real frameworks with real instrumentations, run against a provider that wrote down what it billed. Each run is replayed
as a span processor saw it, and compared call by call: one charge a billed call, its six classes of tokens, its dollars
to 1e-9. Written by `make accuracy`; a test compares this page with what the recordings say.

*Truth* is what the calls whose usage spans tell cost by the usage that they tell, and of a call that broke off what they
tell of it. Where the provider billed another amount for them, *of the bill* says how much of that it is: more, where
spans leave out that input came from a cache, which reports name (`unsplit`); less, where they leave out that it was
written to one, or kept there for an hour. *Naive* adds up every span that tells usage; *MLflow's* takes of each branch
the topmost such span, as its totals of a trace do; *topmost call* the topmost that is a model call. All are priced with
our prices. *Unknown* are the calls of which no span tells any usage: nobody can know what they cost, and ours counts
them as unpriced wherever a span speaks of them. With a star (*) something is not right yet, if not in dollars then in a
class of tokens or in a call that is one too many: `tests/data/findings.json` says what.

| run | truth | of the bill | naive | MLflow's | topmost call | **spancost** | unknown |
|---|---|---|---|---|---|---|---|
"""

_SCOPES: Final = """
## Instrumentations

What is known of each by the name of its scope, with the version that was run, and whether all calls of that run were
counted once, with the tokens that spans tell and their dollars, or why not.

| dialect | scope | version | run | |
|---|---|---|---|---|
"""

_OPERATIONS: Final = """
## Operations that no recording holds

What a span stands for is told by the operation that it names. Those of a dialect that stand here were only read in its
source, and no "exact" above speaks of them.

| dialect | unverified |
|---|---|
"""


_UNTRIED: Final = """
## Not recorded

Of these we know only that they are, and nothing above speaks of them.

| what | why not |
|---|---|
| LangChain4j's listener of observations | the module that has it could not be had |
| the Claude API's own spans, `com.anthropic.claude-platform` | Anthropic's servers alone write them |
| Claude's advisor, a model asked within another's request | not tried: a span that tells of it makes the call a lower bound |
"""


def page() -> str:
    """Return the page as the recordings and the code say."""
    findings = json.loads(_FINDINGS.read_text())
    runs = list(recordings(RUNS))
    versions = _versions(runs)
    lines = [_HEAD, *map(_row, runs), _SCOPES]
    for dialect in DIALECTS:
        for emitter in dialect.emitters:
            for name in (emitter.recorded, *emitter.also):
                scoped = versions.get((emitter.scope, name), "")
                version = packages(name).get(emitter.package, scoped) if name else ""
                run = f"`{name}`" if name else "unverified"
                lines.append(
                    f"| {dialect.name} | `{emitter.scope}` | {version} | {run} | {_verdict(findings, name)} |\n"
                )
    return "".join([*lines, _OPERATIONS, *_unproven(runs), _UNTRIED])


def _unproven(runs: Iterable[Recording]) -> Iterator[str]:
    """Yield a row for each dialect that knows operations which no recorded span names."""
    files = (file for recording in runs for file in recording.processes)
    named = {
        each for file in files for span in read_spans(file) for each in span.attributes.items() if each[0] in _NAMING
    }
    for dialect in DIALECTS:
        # Many add operations of their own to those of the conventions.
        names = dict.fromkeys((*dialect.fields.get(Field.OPERATION, ()), *GEN_AI.fields[Field.OPERATION]))
        unproven = [each for each in dialect.operations if named.isdisjoint((name, each) for name in names)]
        if unproven:
            yield f"| {dialect.name} | {_quoted(unproven)} |\n"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(recording: Recording) -> str:
    spans = [span for file in recording.processes for span in read_spans(file)]
    truth = sum(map(_told, recording.calls))
    unknown = sum(1 for call in recording.calls if call.state == "unpriced")
    verdict = judge(recording, replay(recording))
    told = [span for span in spans if _amount(span)]
    calls = [span for span in told if kind_of(span.attributes) == Kind.CALL]
    others = " | ".join(
        _cell(sum(map(_amount, each)), truth) for each in (told, _topmost(told, spans), _topmost(calls, spans))
    )
    ours = f"**{_cell(verdict.amount, truth)}**" + ("" if verdict.exact else " (*)")
    return f"| {recording.name} | {_usd(truth)} | {_of_bill(recording.calls)} | {others} | {ours} | {unknown or ''} |\n"


def _of_bill(calls: Iterable[Expected]) -> str:
    """Return how much of the bill is what spans tell of calls, as far as they tell all of their tokens."""
    told = [call for call in calls if call.state == "priced" and call.amount is not None and call.billed is not None]
    cell = _cell(sum(call.amount or 0 for call in told), sum(call.billed or 0 for call in told))
    return "" if cell == "exact" else cell


def _told(call: Expected) -> int:
    if call.state == "partial":
        return _BOOK.price("", (call.model,), Usage(*call.tokens), call.received_ns).amount or 0
    return call.amount or 0


def _cell(amount: int, truth: int) -> str:
    if abs(amount - truth) <= max(truth // 10**6, 1_000):
        return "exact"
    return f"{amount / truth:.2f}x" if truth else _usd(amount)


def _usd(amount: int) -> str:
    return f"${amount / PICO:.6f}"


def _amount(span: Span) -> int:
    call = read_call(span.attributes, emitter_of(span.scope))
    if call.usage is None:
        return 0
    return _BOOK.price(call.provider, call.models, call.usage, span.start_ns).amount or 0


def _topmost(chosen: Iterable[Span], spans: Iterable[Span]) -> list[Span]:
    """Return the spans with none of the others above them."""
    by_id = {span.span_id: span for span in spans}
    ids = {span.span_id for span in chosen}
    return [span for span in by_id.values() if span.span_id in ids and not _is_below(span, by_id, ids)]


def _is_below(span: Span, by_id: Mapping[int, Span], ids: set[int]) -> bool:
    parent = by_id.get(span.parent_id or 0)
    while parent is not None:
        if parent.span_id in ids:
            return True
        parent = by_id.get(parent.parent_id or 0)
    return False


def _versions(runs: Iterable[Recording]) -> dict[tuple[str, str], str]:
    """Return the version of each scope in each run."""
    versions: dict[tuple[str, str], str] = defaultdict(str)
    for recording in runs:
        for file in recording.processes:
            with gzip.open(file, "rt") as lines:
                for line in lines:
                    for resource_spans in json.loads(line).get("resourceSpans", ()):
                        for scope_spans in resource_spans.get("scopeSpans", ()):
                            scope = scope_spans.get("scope", {})
                            versions[scope.get("name", ""), recording.name] = scope.get("version", "")
    return versions


def packages(run: str) -> Mapping[str, str]:
    """Return the versions of the packages that a run was recorded with."""
    return json.loads((RUNS / f"{run}.truth.json").read_text())["versions"]


def _verdict(findings: Mapping[str, Mapping[str, list[str]]], run: str) -> str:
    if not run:
        return "no run of its client is recorded: only its source was read"
    found = findings.get(run, {})
    if wrong := _reasons(found.get("wrong", ())):
        return f"wrong: {wrong}"
    said = [f"{what}: {reasons}" for group, what in _UNKNOWN.items() if (reasons := _reasons(found.get(group, ())))]
    return f"exact but for {'; '.join(said)}" if said else "exact"


_UNKNOWN: Final = {"untold": "calls that no span tells of", "unpriced": "usage that no span tells"}
"""What a group of the list says that can't be known of a run."""

_NUMBER: Final = re.compile(r"(?:untold|unpriced|partial) (#\d+).*")
"""The number of a call that isn't wrong."""


def _reasons(lines: Iterable[str]) -> str:
    """Return each reason once, with what it is the reason of."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        what, _, reason = line.partition(": ")
        found[reason].append(_NUMBER.sub(r"\1", what))
    return "; ".join(f"{reason} ({', '.join(what)})" for reason, what in sorted(found.items()))


if __name__ == "__main__":
    PAGE.write_text(page())
