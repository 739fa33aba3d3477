"""The file of a ledger: its versions, and processes that make it at the same time."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from ledger.keeping import Kept
from support import call

from spancost.errors import LedgerError
from spancost.ledger import kept
from spancost.ledger.aside import asides_of
from spancost.ledger.row import Row
from spancost.ledger.schema import MIGRATIONS, migrate, version_of
from spancost.ledger.store import Store


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def test_the_table_has_what_a_row_has(tmp_path: Path) -> None:
    """Each column of the schema is a field of the row, in the same order."""
    with closing(_connect(tmp_path / "ledger.db")) as connection:
        migrate(connection, "ledger.db")
        columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(charges)")]
    assert ["process", *Row._fields] == columns


def test_an_older_file_is_brought_up_to_date_with_all_its_rows(tmp_path: Path) -> None:
    """Step by step; doing so again changes nothing."""
    path = tmp_path / "ledger.db"
    play = Kept(path)
    play.play(call(1000, 100))
    play.keeper.shutdown()
    newer = (*MIGRATIONS, "ALTER TABLE charges ADD COLUMN region TEXT", "CREATE INDEX by_region ON charges (region)")
    with closing(_connect(path)) as connection:
        migrate(connection, str(path), newer)
        assert len(newer) == version_of(connection, str(path), len(newer))
        assert [(1000, None)] == connection.execute("SELECT input, region FROM charges").fetchall()
        migrate(connection, str(path), newer)


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """All steps are one transaction."""
    path = tmp_path / "ledger.db"
    with closing(_connect(path)) as connection:
        migrate(connection, str(path))
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, str(path), (*MIGRATIONS, "CREATE TABLE more (x); CREATE NONSENSE"))
        assert len(MIGRATIONS) == version_of(connection, str(path))
        assert [] == connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'more'").fetchall()


def test_a_newer_file_is_neither_written_nor_read(tmp_path: Path) -> None:
    """Its rows may mean something else; whoever asks is told to update."""
    path = tmp_path / "ledger.db"
    with closing(_connect(path)) as connection:
        migrate(connection, str(path), (*MIGRATIONS, "CREATE TABLE more (x)"))
    play = Kept(path)
    play.play(call(1000, 100))
    assert not play.keeper.flush(10)
    with pytest.raises(LedgerError, match="update spancost"), kept.opened(path):
        pass
    assert [] == play.ask("SELECT * FROM charges")


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    """It is named in the error, with what to do."""
    path = tmp_path / "app.db"
    with closing(_connect(path)) as connection:
        connection.execute("CREATE TABLE users (name)")
    play = Kept(path)
    play.play(call(1000, 100))
    assert not play.keeper.flush(10)
    with pytest.raises(LedgerError, match="another program's database: name another file"), kept.opened(path):
        pass
    assert [{"name": "users"}] == play.ask("SELECT name FROM sqlite_schema")


def test_a_named_pipe_is_no_ledger(tmp_path: Path) -> None:
    """Whoever opened it would wait for ever for somebody to write a database into it."""
    os.mkfifo(path := tmp_path / "pipe.db")
    said = r"pipe.db: is no file: name one in SPANCOST_LEDGER"
    with pytest.raises(LedgerError, match=said), kept.opened(path):
        pass
    with pytest.raises(LedgerError, match=said):
        Store(path).told_last("p")


def test_an_empty_file_is_no_ledger_yet(tmp_path: Path) -> None:
    """A writer that died a moment after it made the file: whoever asks is told, and changes nothing."""
    path = tmp_path / "ledger.db"
    path.touch()
    with pytest.raises(LedgerError, match="no program has kept a charge in it yet"), kept.opened(path):
        pass
    assert 0 == path.stat().st_size


def test_a_ledger_that_is_not_there_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    """Asking makes no file."""
    path = tmp_path / "ledger.db"
    with pytest.raises(LedgerError, match="there is no ledger: set SPANCOST_LEDGER"), kept.opened(path):
        pass
    assert not path.exists()


_WRITER = """
import sys
from ledger.keeping import Kept
from pathlib import Path
from support import call
sys.stdin.readline()
number = int(sys.argv[2])
play = Kept(Path(sys.argv[1]))
for count in range(50):
    play.play(call(number, count), trace_id=number, span_id=count + 1)
    assert play.keeper.flush(60)
play.keeper.shutdown()
"""


@pytest.mark.parametrize("there", [None, b"no database at all" * 1000], ids=["nothing", "damaged"])
def test_processes_that_start_at_once_make_one_file(tmp_path: Path, there: bytes | None) -> None:
    """Eight come to a file that isn't there, or to a damaged one, and each finds a place for all its rows."""
    path = tmp_path / "state" / "ledger.db"
    if there is not None:
        path.parent.mkdir()
        path.write_bytes(there)
    environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), str(number)], stdin=subprocess.PIPE, env=environment, bufsize=0
        )
        for number in range(1, 9)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.close()
    assert [0] * 8 == [writer.wait(120) for writer in writers]
    with closing(_connect(path)) as connection:
        told = connection.execute("SELECT input, count(*), sum(output) FROM charges GROUP BY 1").fetchall()
    assert [(number, 50, sum(range(50))) for number in range(1, 9)] == told
    assert [there] * (there is not None) == [aside.read_bytes() for aside in asides_of(path)]
