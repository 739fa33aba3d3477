"""Ledgers that are damaged: set aside whole, and another begun."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from ledger.keeping import Kept
from support import call

from spancost.errors import DamagedLedgerError
from spancost.ledger.aside import alone, asides_of
from spancost.ledger.schema import migrate

_DIARY = b"no database at all, but a diary" * 1000


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


@pytest.mark.parametrize(
    ("begin", "damage"),
    [
        (0, _DIARY[:16]),
        (16, bytes(range(80, 164))),
        (100, _DIARY[:500]),
        (0, bytes(8192)),
        (4096, _DIARY[: 4096 * 5]),
        (4096 * 5 + 77, None),
        (50, None),
    ],
    ids=["magic", "header", "schema", "zeros", "tables", "cut", "cut short"],
)
def test_a_damaged_ledger_is_set_aside_and_another_begun(
    tmp_path: Path, begin: int, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """It is moved as it is, under a name that says so; all that is called afterwards is kept, and one error tells it."""
    path = tmp_path / "ledger.db"
    first = Kept(path)
    for _ in range(200):
        first.play(call(1000, 100))
    first.keeper.shutdown()
    with path.open("r+b") as file:
        file.seek(begin)
        if damage is None:
            file.truncate()
        else:
            file.write(damage)
    damaged = path.read_bytes()
    caplog.clear()
    play = Kept(path)
    play.play(call(2000, 100))
    assert [2000] == [row["input"] for row in play.rows()]
    play.play(call(3000, 100))
    assert [2000, 3000] == [row["input"] for row in play.rows()]
    assert damaged == (tmp_path / "ledger.db.damaged").read_bytes()
    assert (1, 0) == (play.keeper.set_aside, play.keeper.lost)
    (told,) = [record for record in caplog.records if record.name.startswith("spancost")]
    assert logging.ERROR == told.levelno
    for said in (str(path), "ledger.db.damaged", "a new ledger is begun", "sqlite3 FILE .recover"):
        assert said in told.getMessage()


@pytest.mark.parametrize("end", ["-wal", "-shm"])
@pytest.mark.parametrize("content", [None, _DIARY], ids=["removed", "garbled"])
def test_a_ledger_whose_log_was_lost_is_kept_on(tmp_path: Path, end: str, content: bytes | None) -> None:
    """Of a program that was killed: what stood in the log alone is gone with it, and nothing that is called later."""
    path = tmp_path / "ledger.db"
    code = "import os, sys; from ledger.keeping import Kept; from pathlib import Path; from support import call\n"
    code += "play = Kept(Path(sys.argv[1])); play.play(call(1000, 100)); play.rows(); os._exit(0)"
    environment = {"PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code, str(path)], env=environment, check=True, timeout=60)
    beside = path.with_name(path.name + end)
    beside.unlink() if content is None else beside.write_bytes(content)
    play = Kept(path)
    play.play(call(2000, 100))
    assert 2000 == play.rows()[-1]["input"]
    assert [{"integrity_check": "ok"}] == play.ask("PRAGMA integrity_check")


def test_a_ledger_that_is_damaged_while_it_is_open_is_set_aside_too(tmp_path: Path) -> None:
    """By the write that finds it; its log goes with it, which a new file must never find."""
    path = tmp_path / "ledger.db"
    play = Kept(path)
    for _ in range(200):
        play.play(call(1000, 100))
    assert play.keeper.flush(10)
    with closing(_connect(path)) as other:
        # What has changed is read again.
        other.execute("UPDATE charges SET duplicates = 1")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(_DIARY[: 4096 * 5])
        play.play(call(2000, 100))
        assert [2000] == [row["input"] for row in play.rows()]
        assert [path.with_name("ledger.db.damaged")] == asides_of(path)
        assert path.with_name("ledger.db.damaged-wal").exists()
    play.play(call(3000, 100))
    assert [2000, 3000] == [row["input"] for row in play.rows()]


def test_what_another_process_has_begun_in_its_place_is_not_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who finds the damage a moment later has nothing to move and nothing to say, and writes into the new file."""
    path = tmp_path / "ledger.db"
    play = Kept(path)
    play.play(call(1000, 100))
    assert play.keeper.flush(10)
    with closing(_connect(path)) as connection:
        connection.execute("UPDATE charges SET duplicates = 1")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(_DIARY[: 4096 * 5])

    def moved_meanwhile(folder: Path) -> AbstractContextManager[None]:
        if not asides_of(path):
            path.rename(tmp_path / "ledger.db.damaged")
            with closing(_connect(path)) as connection:
                migrate(connection, str(path))
                connection.execute("CREATE TABLE of_the_other (x)")
        return alone(folder)

    monkeypatch.setattr("spancost.ledger.store.alone", moved_meanwhile)
    play.play(call(2000, 100))
    assert [2000] == [row["input"] for row in play.rows()]
    assert [] == play.ask("SELECT * FROM of_the_other")
    assert (0, []) == (play.keeper.set_aside, caplog.records)


def test_a_damaged_file_that_may_be_somebody_elses_is_left_where_it_is(tmp_path: Path) -> None:
    """Another program's database, by its mark, and whatever is not named as one."""
    path = tmp_path / "app.db"
    with closing(_connect(path)) as connection:
        connection.execute("CREATE TABLE users (name)")
    with path.open("r+b") as file:
        file.seek(100)
        file.write(_DIARY[:500])
    (tmp_path / "diary").write_bytes(_DIARY)
    for name in ("app.db", "diary"):
        content = (tmp_path / name).read_bytes()
        play = Kept(tmp_path / name)
        play.play(call(1000, 100))
        assert not play.keeper.flush(10)
        assert content == (tmp_path / name).read_bytes()
        assert 0 == play.keeper.set_aside
    assert {"app.db", "diary"} == {file.name for file in tmp_path.iterdir()}


def test_where_every_ledger_is_damaged_some_are_set_aside_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk must be failing: charges wait, and it is said what to see to."""
    path = tmp_path / "ledger.db"
    for number in range(1, 11):
        path.write_bytes(_DIARY)
        play = Kept(path)
        play.play(call(1000, 100))
        assert play.keeper.flush(10)
        assert number == len(asides_of(path))
        play.keeper.shutdown()
    path.write_bytes(_DIARY)
    play = Kept(path)
    play.play(call(1000, 100))
    assert not play.keeper.flush(10)
    assert _DIARY == path.read_bytes()
    assert "see to the disk, and move them away" in caplog.text


@pytest.mark.parametrize("begin", [0, 100, 4096 * 8])
def test_who_asks_a_damaged_ledger_is_told_what_to_do(tmp_path: Path, begin: int) -> None:
    """Where it is, what is wrong, and what helps; it stays as it is."""
    path = tmp_path / "ledger.db"
    play = Kept(path)
    for _ in range(2000):
        play.play(call(1000, 100))
    play.keeper.shutdown()
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(_DIARY)
    damaged = path.read_bytes()
    with pytest.raises(DamagedLedgerError, match="move it away and programs that run begin a new one") as told:
        play.summary()
    assert str(told.value).startswith(f"{path}: ")
    assert damaged == path.read_bytes()
