"""The ledger that is asked where no file is named."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from spancost.cli.streams import say
from spancost.config import load
from spancost.errors import DamagedLedgerError, LedgerError
from spancost.ledger import kept
from spancost.ledger.aside import asides_of
from spancost.ledger.place import usual

__all__ = ["ask"]

_T = TypeVar("_T")


def ask(question: Callable[[sqlite3.Connection], _T], show: Callable[[_T], None]) -> int:
    """Ask the ledger and show the answer, or say why there is none; return the exit status."""
    try:
        path = _ledger()
        with kept.opened(path) as ledger:
            answer = question(ledger)
    except LedgerError as fault:
        say(str(fault))
        return 1 if isinstance(fault, DamagedLedgerError) else 2
    # Not inside: that standard output takes no more is not the ledger's fault.
    show(answer)
    for aside in asides_of(path):
        say(f"{aside}: what was kept until it was damaged is not among this; move it away when it is done with")
    return 0


def _ledger() -> Path:
    """Return the one that SPANCOST_LEDGER names, else the one in the user's state folder.

    Raises LedgerError where the setting is wrong: it may be another ledger that is meant.
    """
    told = load({name: os.environ[name] for name in ("SPANCOST_LEDGER",) if name in os.environ})
    for problem in told.problems:
        raise LedgerError(str(problem))
    return (told.ledger or usual(os.environ)).path
