"""`spancost tree`: what each agent cost, one below the other."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from spancost.cli.asked import ask
from spancost.cli.reading import Reading
from spancost.cli.streams import say
from spancost.cli.table import write_csv
from spancost.ledger.trees import trees
from spancost.money import exact_usd
from spancost.owners import Branch, Owners
from spancost.tree_text import render

__all__ = ["run"]

_MOST_OWNERS: Final = 200_000
_DEEPEST: Final = 200
"""Levels of nested JSON: what lies deeper is in the sums above it."""

_COLUMNS: Final = ("trace_id", "depth", "span_id", "name", "kind", "direct", "children_cost", "total", "calls")


def run(options: argparse.Namespace) -> int:
    """Print the trees of the files named, or of the ledger."""
    if not options.files:
        return _of_ledger(options)
    reading = Reading(options.files)
    if missing := reading.missing():
        say(f"no such file: {', '.join(missing)}")
        return 2
    owners = Owners(_MOST_OWNERS)
    for _, outcome in reading.outcomes():
        owners.take(outcome)
    roots = [root for root in owners.roots() if root.calls or root.total]
    if options.trace is not None:
        roots = [root for root in roots if root.trace_id == options.trace]
    if owners.forgotten:
        say(f"the {owners.forgotten} owners that ended first are left out: no more than {_MOST_OWNERS} are held")
    _print(roots, options)
    return reading.status()


def _of_ledger(options: argparse.Namespace) -> int:
    trace = None if options.trace is None else f"{options.trace:032x}"
    # One more than is printed: so that it can be said that there are more.
    most = options.limit + 1 if options.limit and options.format == "text" else 0
    return ask(
        lambda ledger: [root for root in trees(ledger, trace, most) if root.calls],
        lambda roots: _print(roots, options),
    )


def _print(roots: list[Branch], options: argparse.Namespace) -> None:
    if options.format == "json":
        print(json.dumps({"traces": [_node(root, 0) for root in roots]}))  # noqa: T201
    elif options.format == "csv":
        write_csv(chain((_COLUMNS,), chain.from_iterable(map(_rows, roots))))
    else:
        shown = roots[: options.limit] if options.limit else roots
        print(render(shown) or "no model call was found")  # noqa: T201
        if len(shown) < len(roots):
            say(f"the {len(shown)} dearest trees; --limit 0 prints all")


def _node(branch: Branch, depth: int) -> dict[str, Any]:
    return {
        "name": branch.name,
        "kind": branch.kind,
        "trace_id": f"{branch.trace_id:032x}",
        "span_id": f"{branch.span_id:016x}",
        "direct": exact_usd(branch.direct),
        "children_cost": exact_usd(branch.total - branch.direct),
        "total": exact_usd(branch.total),
        "calls": branch.calls,
        "partial": branch.partial,
        "unpriced": branch.unpriced,
        "children": [_node(child, depth + 1) for child in branch.children] if depth < _DEEPEST else [],
    }


def _rows(root: Branch) -> Iterator[tuple[object, ...]]:
    stack = [(root, 0)]
    while stack:
        branch, depth = stack.pop()
        yield (
            f"{branch.trace_id:032x}",
            depth,
            f"{branch.span_id:016x}",
            branch.name,
            branch.kind,
            exact_usd(branch.direct),
            exact_usd(branch.total - branch.direct),
            exact_usd(branch.total),
            branch.calls,
        )
        stack.extend((child, depth + 1) for child in reversed(branch.children))
