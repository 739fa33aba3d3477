"""Where a ledger is, and how long it keeps what it is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

from spancost.ledger.period import length_of

__all__ = ["Place", "place_of", "usual"]

_KEEP: Final = "?keep="
_FOR_EVER: Final = "forever"
_USUALLY: Final = timedelta(days=90)


class Place(NamedTuple):
    """A ledger's file."""

    path: Path
    keep: timedelta | None = _USUALLY
    """How old a charge gets before it is taken out; None is for ever."""


def place_of(told: str, environ: Mapping[str, str]) -> Place | None:
    """Return what SPANCOST_LEDGER names: nothing, `true`, or a path, with `?keep=30d` behind it if wanted.

    Raises ValueError where how long is no length of time.
    """
    name, mark, keep = told.partition(_KEEP)
    if name.lower() in ("", "false", "off"):
        return None
    place = usual(environ) if name.lower() == "true" else Place(_path(name))
    if not mark:
        return place
    return place._replace(keep=None if keep.strip().lower() == _FOR_EVER else length_of(keep))


def usual(environ: Mapping[str, str]) -> Place:
    """Return the ledger in the user's state folder.

    https://specifications.freedesktop.org/basedir-spec/latest/#variables
    """
    state = environ.get("XDG_STATE_HOME", "")
    # A relative path there is to be taken for none.
    folder = (
        Path(state) if Path(state).is_absolute() else Path(environ.get("HOME") or "~").expanduser() / ".local/state"
    )
    return Place(folder / "spancost" / "ledger.db")


def _path(name: str) -> Path:
    """Return what a name stands for now: the program may change its folder later."""
    # A NUL, which no file's name has, would fail at each write. `Path.expanduser` raises where there is no home.
    path = Path(os.path.expanduser(name.replace("\0", "")))  # noqa: PTH111
    with suppress(OSError):  # the folder that the program is in may be gone
        return path.absolute()
    return path
