"""A ledger asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ledger.keeping import Kept
from support import call

from spancost.errors import LedgerError
from spancost.ledger import kept

_NOBODY = 65_534


@pytest.fixture
def sealed() -> Iterator[Path]:
    """A ledger of one call in a folder, neither of which anybody may write."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        play = Kept(folder / "ledger.db")
        play.play(call(10, 5))
        play.keeper.shutdown()
        assert play.keeper.flush(30)
        assert not (folder / "ledger.db-wal").exists()
        (folder / "ledger.db").chmod(0o444)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def _as_nobody(ask: Callable[[], object]) -> int:
    """Ask in a child that may write nothing, which root may otherwise; return its status."""
    child = os.fork()
    if child == 0:
        status = 2
        try:
            if os.getuid() == 0:
                os.setuid(_NOBODY)
            status = 0 if ask() else 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_ledger_that_may_not_be_written_is_read(sealed: Path) -> None:
    """On a volume that is mounted for reading, say: SQLite would make files beside it."""

    def ask() -> bool:
        with kept.opened(sealed / "ledger.db") as ledger:
            return kept.summary(ledger, (), (0, 2**63 - 1)).total.calls == 1

    assert 0 == _as_nobody(ask)


def test_one_that_must_be_written_first_says_what_to_do(sealed: Path) -> None:
    """What a program that ended in the middle has left beside it is part of it."""
    sealed.chmod(0o755)
    (sealed / "ledger.db-wal").write_bytes(b"left")
    sealed.chmod(0o555)

    def ask() -> bool:
        with pytest.raises(LedgerError, match="copy it with the files beside it"), kept.opened(sealed / "ledger.db"):
            pass
        return True

    assert 0 == _as_nobody(ask)
