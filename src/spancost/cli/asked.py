"""The ledger that is asked where no file is named."""

from __future__ import annotations

import os
from pathlib import Path

from spancost.config import load
from spancost.errors import LedgerError
from spancost.ledger.place import usual

__all__ = ["ledger_of"]


def ledger_of() -> Path:
    """Return the one that SPANCOST_LEDGER names, else the one in the user's state folder.

    Raises LedgerError where the setting is wrong: it may be another ledger that is meant.
    """
    told = load({name: os.environ[name] for name in ("SPANCOST_LEDGER",) if name in os.environ})
    for problem in told.problems:
        raise LedgerError(str(problem))
    return (told.ledger or usual(os.environ)).path
