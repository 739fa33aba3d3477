"""`spancost report`: what calls cost, grouped by any key."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from datetime import UTC, datetime
from typing import Any, Final

from spancost.cli.reading import Reading, say
from spancost.ledger import Report, Sums
from spancost.ledger.remedies import remedy
from spancost.ledger.report import OWN_KEYS
from spancost.money import exact_usd, format_usd
from spancost.tree_text import shown

__all__ = ["run"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_SUMS: Final = (
    "cost", "avg_cost_per_call", "calls", "priced", "partial", "unpriced", "estimated", "duplicates", "errors", "runs",
    "cost_per_run", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
    "latency_ms",
)  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print the groups of the files named."""
    since = None if options.since is None else _ns(options.since)
    if options.last is not None:
        since = max(since or 0, _ns(datetime.now(UTC) - options.last))
    reading = Reading(options.files, tuple(key for key in options.by if key not in OWN_KEYS))
    if missing := reading.missing():
        say(f"no such file: {', '.join(missing)}")
        return 2
    report = Report(options.by, reading.keys, since or 0, None if options.until is None else _ns(options.until))
    for span, outcome in reading.outcomes():
        report.take(span, outcome)
    report.close()
    groups = sorted(report.groups.items(), key=lambda group: (-group[1].cost, -group[1].calls, group[0]))
    if options.format == "json":
        told = {
            "currency": "USD",
            "total": _sums(report.total),
            "groups": [{"key": dict(zip(report.keys, key, strict=True)), **_sums(sums)} for key, sums in groups],
            "coverage": _coverage(report),
        }
        print(json.dumps(told))  # noqa: T201
    elif options.format == "csv":
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow((*report.keys, *_SUMS))
        rows.writerows((*key, *_sums(sums).values()) for key, sums in groups)
    else:
        print(_text(report, groups))  # noqa: T201
    return reading.status()


def _ns(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def _sums(sums: Sums) -> dict[str, Any]:
    values = (
        exact_usd(sums.cost), _each(sums.cost, sums.calls), sums.calls, sums.priced, sums.partial, sums.unpriced,
        sums.estimated, sums.duplicates, sums.errors, sums.runs, _each(sums.cost, sums.runs), sums.input, sums.output,
        sums.cache_read, sums.cache_write, sums.reasoning, sums.latency_ns / 1e6,
    )  # fmt: skip
    return dict(zip(_SUMS, values, strict=True))


def _each(cost: int, count: int) -> str | None:
    return exact_usd((2 * cost + count) // (2 * count)) if count else None


def _coverage(report: Report) -> dict[str, Any]:
    return {
        "calls": report.total.calls,
        "priced": report.total.priced,
        "partial": report.total.partial,
        "unpriced": report.total.unpriced,
        "missing": [
            {
                "reason": reason,
                "provider": provider,
                "model": model,
                "instrumentation": scope,
                "calls": calls,
                "remedy": remedy(reason, scope),
            }
            for (reason, provider, model, scope), calls in report.missing.most_common()
        ],
    }


def _text(report: Report, groups: list[tuple[tuple[str, ...], Sums]]) -> str:
    table = [(*report.keys, "cost", "calls", "input", "output", "")]
    table += [(*map(shown, key), *_cells(sums)) for key, sums in groups]
    table.append(("total", *[""] * (len(report.keys) - 1), *_cells(report.total)))
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    names = len(report.keys)
    lines = [
        "  ".join(
            cell.ljust(width) if place < names or place == len(row) - 1 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    total = report.total
    lines += ["", f"priced {total.priced + total.partial} of {total.calls} calls"]
    for (reason, provider, model, scope), calls in report.missing.most_common(10):
        what = shown(" ".join(filter(None, (provider, model))) or "no model")
        lines.append(f"  {calls} unpriced, {reason}: {what}" + (f" told by {shown(scope)}" if scope else ""))
        lines.append(f"    {remedy(reason, scope)}")
    return "\n".join(lines)


def _cells(sums: Sums) -> tuple[str, ...]:
    notes = [f"{count} {what}" for count, what in ((sums.unpriced, "unpriced"), (sums.partial, "in part")) if count]
    return format_usd(sums.cost), str(sums.calls), str(sums.input), str(sums.output), ", ".join(notes)
