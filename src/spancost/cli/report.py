"""`spancost report`: what calls cost, grouped by any key."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from spancost.cli.asked import ask
from spancost.cli.reading import Reading
from spancost.cli.streams import say
from spancost.cli.table import write_csv
from spancost.ledger import kept
from spancost.ledger.coverage_text import gaps
from spancost.ledger.keys import attribution_of
from spancost.ledger.otlp.report import Report
from spancost.ledger.period import Period, period_of
from spancost.money import format_usd, pico_from_decimal
from spancost.tree_text import shown

if TYPE_CHECKING:
    from spancost.ledger.summary import Group, Summary

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Print the groups of the files named, or of the ledger."""
    period = period_of(datetime.now(UTC), options.last, options.since, options.until)
    if not options.files:
        return ask(
            lambda ledger: kept.summary(ledger, options.by, period),
            lambda summary: _print_kept(summary, options.format),
        )
    reading = Reading(options.files, attribution_of(options.by))
    if missing := reading.missing():
        say(f"no such file: {', '.join(missing)}")
        return 2
    _print(_summary(reading, options.by, period), options.format)
    return reading.status()


def _print_kept(summary: Summary, form: str) -> None:
    _print(summary, form)
    for key in kept.unknown(summary):
        say(f"no call in the ledger tells {key}: it knows what dimensions, budgets and [attribution] name")


def _summary(reading: Reading, keys: tuple[str, ...], period: Period) -> Summary:
    report = Report(keys, reading.keys, period)
    for span, outcome in reading.outcomes():
        report.take(span, outcome)
    return report.close()


def _print(summary: Summary, form: str) -> None:
    if form == "json":
        print(json.dumps(summary.as_dict()))  # noqa: T201
    elif form == "csv":
        groups = ((*group.key.values(), *group.as_dict().values()) for group in summary.groups)
        write_csv(chain(((*summary.keys, *summary.total.as_dict()),), groups))
    else:
        print(_text(summary))  # noqa: T201


def _text(summary: Summary) -> str:
    keys, total = summary.keys, summary.total
    table = [(*keys, "cost", "calls", "input", "output", "")]
    table += [(*map(shown, group.key.values()), *_cells(group)) for group in summary.groups]
    table.append(("total", *[""] * (len(keys) - 1), *_cells(total)))
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if place < len(keys) or place == len(row) - 1 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    coverage = summary.coverage
    lines += ["", str(coverage), *gaps(coverage)]
    return "\n".join(lines)


def _cells(group: Group) -> tuple[str, ...]:
    told = ((group.unpriced, "unpriced"), (group.partial, "partial"), (group.estimated, "estimated"))
    notes = [f"{count} {what}" for count, what in told if count]
    cost = format_usd(pico_from_decimal(group.cost))
    return cost, str(group.calls), str(group.input_tokens), str(group.output_tokens), ", ".join(notes)
