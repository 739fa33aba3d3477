"""A damaged ledger is set aside, whole and under a name that says so, and another takes its place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from spancost.errors import LedgerError
from spancost.ledger.schema import APPLICATION_ID

__all__ = ["alone", "asides_of", "is_damage", "set_aside"]

_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_MAGIC: Final = b"SQLite format 3\0"
_MARK: Final = slice(68, 72)
"""Where a file's header says whose it is. https://www.sqlite.org/fileformat.html#the_database_header"""

_NAMES_OF_DATABASES: Final = frozenset({".db", ".db3", ".sqlite", ".sqlite3"})

_BESIDE: Final = ("-wal", "-shm", "")
"""What belongs to a database. Its own file comes last: another's must never find the log of this one."""

_MOST: Final = 10
"""Damaged ledgers that are left beside the one in use: where it takes more, the disk is what must be seen to."""

_PATIENCE: Final = 2.0
"""Seconds that a process waits for another to open or to move a ledger."""


def is_damage(fault: BaseException) -> bool:
    """Tell whether SQLite found that a file is no whole database."""
    # The low byte: what follows says which part of it.
    return getattr(fault, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Keep other processes from opening or moving ledgers in a folder meanwhile, as far as it can be locked.

    Without that one that has just seen the damage could move the file that another has begun in its place.
    """
    held = None
    with suppress(OSError):  # a folder may be written to and not read
        held = os.open(folder, os.O_RDONLY)
    try:
        if held is not None:
            _lock(held)
        yield
    finally:
        if held is not None:
            # A child that was forked meanwhile has it open, too, and would keep the lock as long as it lives.
            import fcntl

            with suppress(OSError):
                fcntl.flock(held, fcntl.LOCK_UN)
            os.close(held)


def _lock(held: int) -> None:
    """Wait for whoever has the lock; one that keeps it for long is opening no ledger."""
    import fcntl  # not above: Windows has none, and opens no folder

    until = monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > until:
                return
            sleep(0.01)
        except OSError:  # a file system without such locks
            return
        else:
            return


def set_aside(path: Path, fault: BaseException) -> Path:
    """Move a damaged ledger, and what belongs to it, out of the way; return where it is now.

    Raises LedgerError where it may be somebody else's, or where so many lie there that the disk must be failing.
    """
    if not _is_ours(path, fault):
        raise LedgerError(f"{path}: {fault}: move it away, or name another file in SPANCOST_LEDGER")
    taken = asides_of(path)
    if len(taken) >= _MOST:
        raise LedgerError(f"{path}: {fault}, as {len(taken)} before it: see to the disk, and move them away")
    aside = next(name for number in range(1, _MOST + 1) if (name := _aside(path, number)) not in taken)
    for end in _BESIDE:
        with suppress(FileNotFoundError):
            os.rename(f"{path}{end}", f"{aside}{end}")  # noqa: PTH104 - the names are no paths of their own
    return aside


def asides_of(path: Path) -> list[Path]:
    """Return the damaged files that were set aside from a place."""
    return [name for number in range(1, _MOST + 1) if (name := _aside(path, number)).exists()]


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.damaged" + (f"-{number}" if number > 1 else ""))


def _is_ours(path: Path, fault: BaseException) -> bool:
    """Tell whether a damaged file was a ledger: by its mark, or by its name where too little is left to have one."""
    with path.open("rb") as file:
        header = file.read(_MARK.stop)
    is_marked = header.startswith(_MAGIC) and len(header) == _MARK.stop
    if is_marked and getattr(fault, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT:
        return int.from_bytes(header[_MARK]) == APPLICATION_ID
    return path.suffix in _NAMES_OF_DATABASES
