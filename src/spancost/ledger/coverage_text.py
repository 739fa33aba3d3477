"""What is not known of what was called, as text, and what helps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from spancost.ledger.silence import ELSEWHERE, NO_CALL, OWN_WORD
from spancost.tree_text import shown

if TYPE_CHECKING:
    from spancost.ledger.summary import Coverage

__all__ = ["gaps"]

_SILENT: Final = {
    NO_CALL: "agents without a call",
    ELSEWHERE: "agents asked in another service",
    OWN_WORD: "agents charged with what they say themselves,",
}

_NAMED: Final = 10
"""Kinds of calls that are named."""


def gaps(coverage: Coverage) -> Iterator[str]:
    """Yield the lines below `priced 8 of 11 calls, 1 partial`."""
    missing = coverage.missing
    for missed in missing[:_NAMED]:
        what = shown(" ".join(filter(None, (missed.provider, missed.model))) or "no model")
        yield f"  {missed.calls} {missed.status}, {missed.reason}: {what}{_told_by(missed.instrumentation)}"
        yield f"    {missed.remedy}"
    more = Counter[str]()
    for missed in missing[_NAMED:]:
        more[missed.status] += missed.calls
    for status, calls in more.items():
        yield f"  {calls} more {status}, of other kinds"
    for agents in coverage.silent:
        asked_at = f" at {shown(agents.asked_at)}" if agents.asked_at else ""
        yield f"  {agents.agents} {_SILENT[agents.reason]}{asked_at}{_told_by(agents.instrumentation)}"
        yield f"    {agents.remedy}"


def _told_by(scope: str) -> str:
    return f" told by {shown(scope)}" if scope else ""
