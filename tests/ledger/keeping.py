"""A player whose charges are kept in a ledger, and what stands in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import monotonic_ns
from typing import Any

from support import Player, Span

from spancost.calls.who import NAMES
from spancost.ledger import kept
from spancost.ledger.keeper import Keeper
from spancost.ledger.period import Period
from spancost.ledger.store import Store
from spancost.ledger.summary import Summary
from spancost.ledger.trees import trees
from spancost.outcome import Outcome
from spancost.owners import Branch
from spancost.worker import Worker

__all__ = ["EVER", "Kept"]

EVER: Period = (0, 2**63 - 1)


class Kept(Player):
    """A player with a keeper beside it. `keep` is how old a charge gets, `keys` what else is known of it.

    `elapsed` is how much time has passed, whatever the clock says.
    """

    def __init__(
        self,
        path: Path,
        *,
        keep: timedelta | None = None,
        keys: tuple[str, ...] = (),
        clock: Callable[[], int] | None = None,
        elapsed: Callable[[], int] = monotonic_ns,
        resource: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(dimensions=(*NAMES, *keys), clock=clock, resource=resource)
        self.path = path
        self.worker = Worker()
        keep_ns = None if keep is None else int(keep.total_seconds()) * 10**9
        self.keeper = Keeper(Store(path), self.worker, self.engine.who.keys, self.clock, keep_ns, elapsed=elapsed)
        self.keeper.start()

    def end(self, span: Span, attributes: Mapping[str, Any] | None = None, error: str | None = None) -> Outcome | None:
        """End a span, and hand what comes of it to the keeper."""
        outcome = super().end(span, attributes, error)
        if outcome is not None:
            self.keeper.take(outcome, None)
        return outcome

    def prune(self) -> None:
        """Take out what is too old, all of it."""
        self.keeper.start()
        assert self.worker.drain(10)
        while self.worker.waiting:
            assert self.worker.drain(10)

    def rows(self) -> list[dict[str, Any]]:
        """Return what stands in the table of charges, in the order of its making."""
        assert self.keeper.catch_up(10)
        return self.ask("SELECT * FROM charges ORDER BY rowid")

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a question."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    def summary(self, *keys: str, period: Period = EVER) -> Summary:
        """Return what the ledger says that calls cost."""
        assert self.keeper.catch_up(10)
        with kept.opened(self.path) as connection:
            return kept.summary(connection, keys or ("model",), period)

    def trees(self) -> list[Branch]:
        """Return the ledger's trees."""
        assert self.keeper.catch_up(10)
        with kept.opened(self.path) as connection:
            return trees(connection)
