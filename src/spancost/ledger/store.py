"""One SQLite file of charges, written by many processes at once and read meanwhile."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from spancost.errors import LedgerError
from spancost.faults import say
from spancost.ledger.aside import alone, is_damage, set_aside
from spancost.ledger.row import Key, OwnerRow, Row
from spancost.ledger.schema import migrate

__all__ = ["Statement", "Statements", "Store", "rows_of"]

_T = TypeVar("_T")

_logger = logging.getLogger(__name__)

_PATIENCE: Final = 2.0
"""Seconds that a write waits for other processes' writes."""

_AT_ONCE: Final = 2_000
"""Rows taken out in one transaction: others write in between."""

_PRIVATE: Final = 0o700
"""Who called what for whom is the user's own business: nobody else may look into the folder."""

_UNFIT: Final = (OverflowError, ValueError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.DataError)

Statement = tuple[str, tuple[object, ...]]
"""SQL and its values."""

_TOLD_ONCE: Final = {"attempt": "max(attempt, excluded.attempt)"}
"""What only the charge's own span tells: what corrects it says 1."""


def _insert(table: str, names: tuple[str, ...]) -> str:
    return (
        f"INSERT INTO {table} (process, {', '.join(names)}) VALUES (?{', ?' * len(names)})"  # noqa: S608 - names of ours
        " ON CONFLICT (process, trace_id, span_id) DO "
    )


_CHARGE: Final = (
    _insert("charges", Row._fields)
    + "UPDATE SET "
    + ", ".join(f"{name} = {_TOLD_ONCE.get(name, f'excluded.{name}')}" for name in Row._fields[2:])
)
_OWNER: Final = _insert("owners", OwnerRow._fields)
_KNOWN: Final = (
    _OWNER
    + "UPDATE SET "
    + ", ".join(
        f"{name} = excluded.{name}" for name in OwnerRow._fields if name not in ("trace_id", "span_id", "at_ns")
    )
)
_PERHAPS: Final = _OWNER + "NOTHING"
_SPAN: Final = "process = ? AND trace_id = ? AND span_id = ?"
_HEARD: Final = f"UPDATE owners SET silent = NULL WHERE {_SPAN}"  # noqa: S608
_NO_OWNER: Final = f"DELETE FROM owners WHERE {_SPAN}"  # noqa: S608
_GONE: Final = f"DELETE FROM charges WHERE {_SPAN}"  # noqa: S608
_OLD: Final = tuple(
    f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE {at} < ? AND process {whose} ? LIMIT ?)"  # noqa: S608
    for whose in ("=", "<>")
    for table, at in (("charges", "start_ns"), ("owners", "at_ns"))
)
_LAST: Final = (
    "SELECT start_ns FROM (SELECT process, start_ns FROM charges ORDER BY rowid DESC LIMIT 10000) WHERE process <> ?"
    " LIMIT 1"
)


_PLACE: Final = slice(3)
"""Where among a statement's values stand the process, trace and span of its row."""


def rows_of(statements: Iterable[Statement]) -> set[tuple[object, ...]]:
    """Return the charges that statements keep, however often each is corrected; none that they take out again."""
    rows: set[tuple[object, ...]] = set()
    for sql, values in statements:
        if sql is _CHARGE:
            rows.add(values[_PLACE])
        elif sql is _GONE:
            rows.discard(values[_PLACE])
    return rows


class Statements:
    """Says what to write of one process. Its name tells its spans from those of programs that draw the same ids.

    Ids are drawn from `random`, which many a program seeds.
    """

    def __init__(self, process: str) -> None:
        self._process = process

    def charge(self, row: Row) -> Statement:
        """Keep a charge, or what a later record corrected of it."""
        return _CHARGE, (self._process, *_clean(row))

    def gone(self, key: Key) -> Statement:
        """Take a charge out that was taken back."""
        return _GONE, (self._process, *key)

    def owner(self, row: OwnerRow, *, surely: bool = True) -> Statement:
        """Keep an owner; where it is not surely one, only as long as nothing else is known of that span."""
        return _KNOWN if surely else _PERHAPS, (self._process, *_clean(row))

    def heard(self, key: Key) -> Statement:
        """Say of an owner that a call of it is known now."""
        return _HEARD, (self._process, *key)

    def no_owner(self, key: Key) -> Statement:
        """Take out what was taken for an owner."""
        return _NO_OWNER, (self._process, *key)


class Store:
    """A ledger open for writing. It is used by one thread at a time, and opens its file with the first write.

    WAL lets others read meanwhile. What was committed outlives the process, however it ends; where the machine loses
    power the last of it may be lost (`synchronous=NORMAL`), the file stays whole.
    https://www.sqlite.org/wal.html

    A file that turns out to be damaged is set aside, and what was to be written stands in a new one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        # A connection must not be carried across a fork, nor be closed there: a child keeps its parent's, unused.
        # https://www.sqlite.org/howtocorrupt.html#_carrying_an_open_database_file_across_a_fork_
        self._inherited: list[sqlite3.Connection] = []
        self.set_aside = 0
        """Damaged files that this process has set aside."""

    def write(self, statements: Sequence[Statement]) -> int:
        """Carry out all statements or none; return how many charges had values that SQLite can't hold.

        Raises sqlite3.Error or OSError where the disk is full, the file locked, or the like; LedgerError where it is
        none of ours.
        """
        return self._in_a_whole_file(lambda connection: _write(connection, statements))

    def told_last(self, process: str) -> int | None:
        """Return when the call began that another process has written last, None where none has of late."""
        row = self._in_a_whole_file(lambda connection: connection.execute(_LAST, (process,)).fetchone())
        return None if row is None else int(row[0])

    def prune(self, process: str, before_ns: int, others_before_ns: int) -> bool:
        """Take out some of what is older, of a process's own and of others; tell whether there may be more."""
        return self._in_a_whole_file(lambda connection: _prune(connection, process, before_ns, others_before_ns))

    def close(self) -> None:
        """Let the file go; the next write opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def forget(self) -> None:
        """Leave the file to the parent, as a forked child must."""
        if self._connection is not None:
            self._inherited.append(self._connection)
            self._connection = None
        self.set_aside = 0

    def _in_a_whole_file(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do something with the file, and where that finds it damaged with the one that takes its place."""
        try:
            return work(self._open())
        except sqlite3.DatabaseError as fault:
            if not is_damage(fault):
                raise
            self._replace(fault)
        return work(self._open())

    def _replace(self, fault: BaseException) -> None:
        """Set the file aside that was open or being opened, where nobody else has."""
        self.close()
        with alone(self.path.parent):
            if self._file is None or _identity(self.path) != self._file:
                return
            aside = set_aside(self.path, fault)
        self.set_aside += 1
        message = (
            "spancost: %s: %s. It is set aside as %s, and a new ledger is begun; what is left of it "
            "`sqlite3 FILE .recover` prints."
        )
        say(_logger, logging.ERROR, message, self.path, fault, aside.name)

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and _identity(self.path) == self._file:
            return self._connection
        # It isn't open, or somebody has moved or deleted it: what is written to it now nobody would find.
        self.close()
        self.path.parent.mkdir(_PRIVATE, parents=True, exist_ok=True)
        with alone(self.path.parent):
            # SQLite would let everybody read it; its other two files are as this one is.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            if not self.path.is_file():
                # A named pipe, from which SQLite would read for ever.
                raise LedgerError(f"{self.path}: is no file: name one in SPANCOST_LEDGER")
            self._file = _identity(self.path)
            self._connection = _connected(self.path)
            self._file = _identity(self.path)
        return self._connection


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        migrate(connection, str(path))
    except BaseException:
        connection.close()
        raise
    return connection


def _write(connection: sqlite3.Connection, statements: Sequence[Statement]) -> int:
    connection.execute("BEGIN IMMEDIATE")
    refused: list[Statement] = []
    try:
        for statement in statements:
            try:
                connection.execute(*statement)
            except _UNFIT:
                # It would be in the way of all others, however often they are tried.
                refused.append(statement)
        connection.execute("COMMIT")
    finally:
        # A full disk has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return len(rows_of(refused))


def _prune(connection: sqlite3.Connection, process: str, *before_ns: int) -> bool:
    before = [time for time in before_ns for _ in ("charges", "owners")]
    taken = [
        connection.execute(old, (time, process, _AT_ONCE)).rowcount for old, time in zip(_OLD, before, strict=True)
    ]
    return _AT_ONCE in taken


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        told = path.stat()
    except FileNotFoundError:
        return None
    # One that was emptied in place is no ledger any more.
    return (told.st_dev, told.st_ino) if told.st_size else None


def _clean(values: Iterable[object]) -> tuple[object, ...]:
    """Return values without the lone surrogates that SQLite can't hold."""
    return tuple(
        [
            value.encode(errors="replace").decode() if type(value) is str and not value.isascii() else value
            for value in values
        ]
    )
