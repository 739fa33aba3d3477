"""An outcome -> what it changes in a ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Kind
from spancost.ledger.attempts import Attempts
from spancost.ledger.row import OwnerRow, ancestors_of, key_of, row_of, span_key
from spancost.ledger.silence import quiet_of
from spancost.ledger.store import Statement, Statements
from spancost.rollup.attribution import agent_name, workflow_name
from spancost.rollup.node import OPEN, above

if TYPE_CHECKING:
    from spancost.ledger.row import Key
    from spancost.outcome import Outcome
    from spancost.rollup import Charge, Node

__all__ = ["Changes"]

_HIGHEST: Final = 1_024
_MOST_OPEN: Final = 4_096
"""Spans that are taken for owners while they are open."""

_NAMES: Final = {Kind.AGENT: agent_name, Kind.WORKFLOW: workflow_name}


class Changes:
    """Says what each outcome changes. It is used by one thread.

    `keys` are the attribution keys that charges have values of, `process` is a name that no other process has.
    """

    def __init__(self, keys: tuple[str, ...], process: str, clock: Callable[[], int]) -> None:
        self._keys = keys
        self._say = Statements(process)
        self._clock = clock
        self._attempts = Attempts()
        self._open: dict[Key, None] = {}

    def of(self, outcome: Outcome) -> Iterator[Statement]:
        """Yield the statements, a charge's as it stands now."""
        node = outcome.node
        charge = outcome.charge or outcome.aggregate
        if charge is not None and not charge.is_void:
            attempt = self._attempts.of(node, failed=bool(charge.error)) + charge.resent
            yield from self._charge(charge, attempt)
        elif outcome.refused:
            self._attempts.of(node, failed=True)
        for changed in outcome.changed:
            yield from self._charge(changed)
        yield from self._owners(outcome)

    def _charge(self, charge: Charge, attempt: int = 1) -> Iterator[Statement]:
        if charge.is_void:
            yield self._say.gone(key_of(charge))
            return
        who = {key: value for key, value in zip(self._keys, charge.who, strict=True) if value is not None}
        yield self._say.charge(row_of(charge, who, attempt))
        yield from self._open_owners(charge.booked)

    def _open_owners(self, node: Node | None) -> Iterator[Statement]:
        """Yield the spans above a charge that look like owners, so that its tree is seen while they are open."""
        for span in above(node, _HIGHEST):
            is_one = span.kind in _NAMES or (span.parent is None and span.kind != Kind.CALL)
            key = span_key(span.trace_id, span.span_id)
            if is_one and span.ended == OPEN and key not in self._open:
                self._open[key] = None
                for forgotten in list(islice(self._open, max(0, len(self._open) - _MOST_OPEN))):
                    del self._open[forgotten]
                name = _NAMES[span.kind](span.name, None) if span.kind in _NAMES else span.name
                yield self._say.owner(self._owner(span, span.kind or Kind.ROOT, name), surely=False)

    def _owners(self, outcome: Outcome) -> Iterator[Statement]:
        node = outcome.node
        key = span_key(node.trace_id, node.span_id)
        was_open = key in self._open
        self._open.pop(key, None)
        if outcome.kind is not None:
            row = self._owner(node, outcome.kind, outcome.name)
            if (quiet := quiet_of(outcome)) is not None:
                row = OwnerRow(*row[:6], *quiet)
            elif outcome.aggregate is not None:
                row = row._replace(asked_at=outcome.asked_at)
            yield self._say.owner(row)
        elif was_open:
            yield self._say.no_owner(key)
        for each in outcome.corrections:
            row = OwnerRow(*span_key(each.trace_id, each.span_id), each.kind, each.name, "", self._clock())
            yield self._say.owner(row, surely=False)
            if each.totals.calls:
                yield self._say.heard(span_key(each.trace_id, each.span_id))

    def _owner(self, node: Node, kind: str, name: str) -> OwnerRow:
        key = span_key(node.trace_id, node.span_id)
        return OwnerRow(*key, kind, name, ancestors_of(node.parent), self._clock())
