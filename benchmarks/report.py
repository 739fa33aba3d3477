"""The tables a run prints, with the figures spancost wants to reach beside them; a missed one is said, never raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.spans import Figures, Run, figures
from benchmarks.workloads import MODEL, PLAIN_0, PLAIN_10, Workload

BARE = "bare SDK"
SPANCOST = "spancost"

# Added to a span, in microseconds, and as a share of the bare span of ten attributes.
MOST_ADDED: Mapping[Workload, tuple[float, float]] = {PLAIN_0: (1.2, 0.08), PLAIN_10: (1.2, 0.08), MODEL: (8.0, 0.50)}
MOST_BYTES = 250
MOST_IMPORT_MILLISECONDS = 30

_COLUMNS = "{:<28} {:>8} {:>8} {:>15}   {:>8} {:>17} {:>7}   {:>7}"


def span_tables(run: Run, missing: Sequence[str]) -> Iterator[str]:
    """Write one table a workload: a row a set-up, times in microseconds a span."""
    for workload in dict.fromkeys(workload for workload, _ in run.series):
        yield f"\n{workload.name}"
        yield _COLUMNS.format("", "median", "min", "quartiles", "added", "quartiles", "ratio", "behind")
        for case in run.cases:
            found = figures(run.series[workload, case.name], run.series[workload, BARE])
            yield _row(case.name, found)
        for name in missing:
            yield f"{name:<28} not installed"


def _row(name: str, found: Figures) -> str:
    low, high = found.quartiles
    added_low, added_high = found.added_quartiles
    return _COLUMNS.format(
        name,
        f"{found.median:.2f}",
        f"{found.least:.2f}",
        f"{low:.2f}..{high:.2f}",
        f"{found.added:+.2f}",
        f"{added_low:+.2f}..{added_high:+.2f}",
        f"{found.ratio:.2f}x",
        f"{found.behind:.2f}",
    )


def evidence(run: Run) -> Iterator[str]:
    """Write what each set-up's exporter got of the spans it was given: a set-up that drops spans has less to do."""
    for case in run.cases:
        made = run.made[case.name]
        said = [f"{made.spans:,} spans made"]
        if case.exporter is not None:
            said.append(f"{case.exporter.spans:,} exported")
        if case.exporter is not None and case.exporter.stamped:
            said.append(f"{case.exporter.stamped:,} of {made.calls:,} model calls stamped with their cost")
        if case.calls_counted is not None:
            said.append(f"{case.calls_counted():,} of {made.calls:,} model calls in its metrics")
        yield f"{case.name:<28} {case.version}: {', '.join(said)}"


def measured_nothing(run: Run) -> Iterator[str]:
    """Name each set-up of spancost's that did not cost every model call it was given."""
    for case in run.cases:
        if SPANCOST not in case.name:
            continue
        calls = run.made[case.name].calls
        if case.exporter is not None and case.exporter.stamped != calls:
            yield f"{case.name}: {case.exporter.stamped} of {calls} model calls were stamped with their cost"
        if case.calls_counted is not None and (counted := case.calls_counted()) != calls:
            yield f"{case.name}: {counted} of {calls} model calls are in its metrics"


def span_verdicts(run: Run) -> Iterator[str]:
    """Hold what spancost adds against what it wants to reach."""
    name = next((case.name for case in run.cases if SPANCOST in case.name), None)
    if name is None:
        return
    yield ""
    ten = figures(run.series[PLAIN_10, BARE], run.series[PLAIN_10, BARE]).median
    for workload, (most, most_share) in MOST_ADDED.items():
        added = figures(run.series[workload, name], run.series[workload, BARE]).added
        yield _verdict(f"{workload.name}: added CPU", f"{added:.2f} us", f"{most:g} us", added <= most)
        if workload is not PLAIN_0:
            share = added / ten
            of_ten = "    of a bare span of 10 attributes"
            yield _verdict(of_ten, f"{share:.1%}", f"{most_share:.0%}", share <= most_share)


def memory_table(held: Mapping[str, tuple[float, float | None]]) -> Iterator[str]:
    """Write the bytes an open span takes, by kind: the SDK's, and with spancost where it is there."""
    for kind, (own, total) in held.items():
        if total is None:
            yield f"{kind + ' span':<23} {own:>8,.0f} B by the SDK; spancost not installed"
            continue
        more = total - own
        yield f"{kind + ' span':<23} {own:>8,.0f} B by the SDK, {total:,.0f} B with spancost"
        yield _verdict("    added", f"{more:,.0f} B", f"{MOST_BYTES} B", more <= MOST_BYTES)


def import_table(added: Mapping[str, tuple[float, float]], missing: Sequence[str]) -> Iterator[str]:
    """Write the milliseconds of CPU each import adds: median of the pairs, and least over least."""
    yield f"{'':<34} {'median':>11} {'min':>11}"
    for module, (middle, least) in added.items():
        yield f"{module:<34} {middle:>8.1f} ms {least:>8.1f} ms"
        if module.startswith(SPANCOST):
            reached = middle <= MOST_IMPORT_MILLISECONDS
            yield _verdict("    added", f"{middle:.1f} ms", f"{MOST_IMPORT_MILLISECONDS} ms", reached)
    for module in missing:
        yield f"{module:<34} not installed"


def _verdict(what: str, found: str, wanted: str, reached: bool) -> str:
    return f"{what:<62} {found:>10}   wanted at most {wanted:<8} {'reached' if reached else 'missed'}"
