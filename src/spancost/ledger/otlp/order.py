"""Spans in the order in which they started, however many there are: what memory can't hold waits on disk.

A file has spans in the order in which they ended, or arrived. To count them as they were counted live each has to
start before those below it, and a root may come an hour behind.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from heapq import merge
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, Final

from spancost.errors import SpillError
from spancost.ledger.otlp.spans import Span, span_of

__all__ = ["by_start"]

_HELD: Final = 200_000
"""Spans held in memory at once, some 100 MB."""

_BLOCK: Final = 256
"""Spans read back from disk at once, of each sorted run."""

_WAITS: Final = "what memory can't hold waits in the folder for temporary files, TMPDIR names another"

_LENGTH: Final = 8
"""Bytes that say how long a block is."""


def by_start(spans: Iterable[Span], held: int = _HELD) -> Iterator[Span]:
    """Yield spans by their start, of those that start at once the longest first, then the one that came last.

    Raises SpillError where the disk has no room for what memory can't hold.
    """
    with ExitStack() as stack:
        runs: list[IO[bytes]] = []
        run: list[Span] = []
        for span in spans:
            run.append(span)
            if len(run) >= held:
                try:
                    # No name on disk: whatever becomes of the process, nothing is left of it.
                    runs.append(stack.enter_context(TemporaryFile()))
                    _write(_sorted(run), runs[-1])
                except OSError as fault:
                    raise SpillError(f"{fault.strerror}: {_WAITS}") from fault
                run = []
        # Equal ones stay in the order of the runs: the last one's come first.
        rest = _taken(_sorted(run))
        yield from merge(rest, *map(_read, reversed(runs)), key=_start) if runs else rest


def _start(span: Span) -> tuple[int, int]:
    return span[0], -span[1]


def _sorted(run: list[Span]) -> list[Span]:
    run.reverse()
    # By the last key first, as sorting leaves equal ones where they are: with one key for both it takes twice as long.
    run.sort(key=itemgetter(1), reverse=True)
    run.sort(key=itemgetter(0))
    return run


def _taken(run: list[Span]) -> Iterator[Span]:
    """Yield spans and let go of each: what has been counted needs no memory, and no look of the collector's."""
    run.reverse()
    while run:
        yield run.pop()


def _write(run: list[Span], file: IO[bytes]) -> None:
    for place in range(0, len(run), _BLOCK):
        block = marshal.dumps([tuple(span) for span in run[place : place + _BLOCK]])
        file.write(len(block).to_bytes(_LENGTH))
        file.write(block)
    file.seek(0)


def _read(file: IO[bytes]) -> Iterator[Span]:
    # Not marshal.load(file): it asks the file for each value apart, six times as slow.
    while length := int.from_bytes(file.read(_LENGTH)):
        # Our own, written a moment ago into a file without a name.
        for span in marshal.loads(file.read(length)):  # noqa: S302
            yield span_of(span)
