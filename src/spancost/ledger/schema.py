"""The tables of a ledger, version by version."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from spancost.errors import LedgerError

__all__ = ["APPLICATION_ID", "MIGRATIONS", "migrate", "version_of"]

APPLICATION_ID: Final = 0x73706E63
"""`spnc`: says in the file's header whose it is. https://www.sqlite.org/pragma.html#pragma_application_id"""

MIGRATIONS: Final = (
    """
    CREATE TABLE charges (
        process TEXT NOT NULL, trace_id TEXT NOT NULL, span_id TEXT NOT NULL,
        name TEXT NOT NULL, home_trace_id TEXT NOT NULL, ancestors TEXT NOT NULL,
        start_ns INTEGER NOT NULL, latency_ns INTEGER NOT NULL, error TEXT, attempt INTEGER NOT NULL,
        operation TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, response_model TEXT NOT NULL,
        response_id TEXT NOT NULL, instrumentation TEXT NOT NULL,
        cost INTEGER, status TEXT NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL,
        price_model TEXT NOT NULL, price_version TEXT NOT NULL, estimated INTEGER NOT NULL,
        input INTEGER, output INTEGER, cache_read INTEGER, cache_write INTEGER, cache_write_1h INTEGER,
        reasoning INTEGER, audio_input INTEGER, audio_output INTEGER, audio_cache_read INTEGER,
        agent_path TEXT NOT NULL, agent TEXT, workflow TEXT, user TEXT, session TEXT, team TEXT, tenant TEXT,
        tool TEXT, service TEXT, attributes TEXT,
        duplicates INTEGER NOT NULL DEFAULT 0,
        UNIQUE (process, trace_id, span_id)
    );
    CREATE INDEX charges_by_start ON charges (start_ns);
    CREATE INDEX charges_by_trace ON charges (trace_id);
    CREATE INDEX charges_by_home ON charges (home_trace_id);
    CREATE TABLE owners (
        process TEXT NOT NULL, trace_id TEXT NOT NULL, span_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
        ancestors TEXT NOT NULL, at_ns INTEGER NOT NULL,
        UNIQUE (process, trace_id, span_id)
    );
    CREATE INDEX owners_by_time ON owners (at_ns);
    """,
    """
    ALTER TABLE owners ADD COLUMN silent TEXT;
    ALTER TABLE owners ADD COLUMN instrumentation TEXT NOT NULL DEFAULT '';
    ALTER TABLE owners ADD COLUMN asked_at TEXT NOT NULL DEFAULT '';
    """,
    "ALTER TABLE charges ADD COLUMN calls INTEGER NOT NULL DEFAULT 1",
)
"""What makes each version out of the one before; only ever added to."""


def migrate(connection: sqlite3.Connection, path: str, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring a file to the newest version, in one transaction: of processes that try at once one does it.

    Raises LedgerError where the file is not a ledger, or is one of a newer version; sqlite3.Error where it can't.
    """
    newest = len(migrations)
    if version_of(connection, path, newest) == newest:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in migrations[version_of(connection, path, newest) :]:
            for statement in migration.split(";"):
                connection.execute(statement)
        # A pragma takes no parameters; both are numbers of ours.
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {newest}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def version_of(connection: sqlite3.Connection, path: str, newest: int = len(MIGRATIONS)) -> int:
    """Return the version of a file, 0 of an empty one; raises LedgerError where it is another program's or newer."""
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if mark != APPLICATION_ID:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables or mark or version:
            raise LedgerError(f"{path}: is another program's database: name another file in SPANCOST_LEDGER")
        return 0
    if version > newest:
        raise LedgerError(f"{path}: has version {version}, this spancost knows {newest}: update spancost")
    return version
