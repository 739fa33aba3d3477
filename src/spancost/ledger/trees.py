"""The trees of a ledger: owners one below the other, each charge with the nearest owner above it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from spancost.calls.dialects import Kind
from spancost.owners import Branch

__all__ = ["trees"]

_OWNERS: Final = "SELECT process, trace_id, span_id, kind, name, ancestors FROM owners"
_CHARGES: Final = "SELECT process, home_trace_id, span_id, name, ancestors, cost, status, calls FROM charges"
_MILLION: Final = 10**6
"""Amounts are added up in two parts: their sum may be more than SQLite's integers hold."""

_DEAREST: Final = f"""
    SELECT home_trace_id FROM charges GROUP BY 1 ORDER BY
    sum(cost / {_MILLION}) + sum(cost % {_MILLION}) / {_MILLION} DESC, sum(cost % {_MILLION}) % {_MILLION} DESC LIMIT ?
"""  # noqa: S608 - a number of ours

_Span = tuple[str, str, str]
"""Process, trace and span."""


def trees(connection: sqlite3.Connection, trace_id: str | None = None, most: int = 0) -> list[Branch]:
    """Return the owners with none above them, the dearest first, each with its children.

    Those of one trace, or those of so many of the dearest; where neither is told, all.
    """
    asked, values = "", ()
    if trace_id is not None:
        asked, values = "= ?", (trace_id,)
    elif most:
        asked, values = f"IN ({_DEAREST})", (most,)
    owners, charges = (f" WHERE {name} {asked}" if asked else "" for name in ("trace_id", "home_trace_id"))
    branches: dict[_Span, Branch] = {}
    above: dict[_Span, str] = {}
    for process, trace, span, kind, name, ancestors in connection.execute(_OWNERS + owners, values):
        branches[process, trace, span] = Branch(name, kind, int(trace, 16), int(span, 16))
        above[process, trace, span] = ancestors
    roots: list[Branch] = []
    for process, trace, span, name, ancestors, cost, status, calls in connection.execute(_CHARGES + charges, values):
        owner = _nearest(branches, process, trace, ancestors)
        if owner is None:
            owner = Branch(name or "call", Kind.CALL, int(trace, 16), int(span, 16))
            roots.append(owner)
        owner.calls += calls
        owner.partial += calls * (status == "partial")
        owner.unpriced += calls * (cost is None)
        owner.direct += cost or 0
        owner.total = owner.direct
    for place, branch in branches.items():
        process, trace, _ = place
        parent = _nearest(branches, process, trace, above[place])
        (roots if parent is None else parent.children).append(branch)
    for branch in reversed(list(_downward(roots))):
        for child in branch.children:
            branch.total += child.total
            branch.calls += child.calls
            branch.partial += child.partial
            branch.unpriced += child.unpriced
    roots.sort(key=lambda branch: branch.total, reverse=True)
    return roots


def _nearest(branches: dict[_Span, Branch], process: str, trace_id: str, ancestors: str) -> Branch | None:
    return next((found for span in ancestors.split() if (found := branches.get((process, trace_id, span)))), None)


def _downward(roots: Iterable[Branch]) -> Iterator[Branch]:
    """Yield branches, each ahead of those below it."""
    waiting = list(roots)
    while waiting:
        branch = waiting.pop()
        yield branch
        waiting += branch.children
