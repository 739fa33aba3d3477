"""Spans in the order in which they started, however many there are: what memory can't hold waits on disk.

A file has spans in the order in which they ended, or arrived. To count them as they were counted live each has to
start before those below it, and a root may come an hour behind.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from heapq import heapify, heappop, heapreplace
from itertools import chain
from operator import itemgetter
from os import SEEK_END
from tempfile import TemporaryFile
from typing import IO, Any, Final

from spancost.errors import SpillError
from spancost.ledger.otlp.spans import Span, span_of

__all__ = ["by_start"]

_HELD: Final = 131_072
"""Spans held in memory at once, of 0.6 to 2 kB each."""

_BLOCK: Final = 256
"""Spans read back from disk at once, of each sorted run."""

_WAITS: Final = "what memory can't hold waits in the folder for temporary files, TMPDIR names another"

_BEHIND_ALL: Final = (1 << 64,)
"""No span starts then, ns since the epoch."""


def by_start(batches: Iterable[list[Span]], held: int = _HELD) -> Iterator[Span]:
    """Yield spans by their start, of those that start at once the longest first, then the one that came last.

    Raises SpillError where the disk has no room for what memory can't hold.
    """
    with ExitStack() as stack:
        file: IO[bytes] | None = None
        runs: list[Iterator[Span]] = []
        run: list[Span] = []
        for batch in batches:
            run += batch
            if len(run) >= held:
                try:
                    # No name on disk: whatever becomes of the process, nothing is left of it.
                    file = file or stack.enter_context(TemporaryFile())
                    runs.append(_written(_sorted(run), file))
                except OSError as fault:
                    raise SpillError(f"{fault.strerror}: {_WAITS}") from fault
                run = []
        runs.append(_taken(_sorted(run)))
        yield from _merged(runs)


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


def _written(run: list[Span], file: IO[bytes]) -> Iterator[Span]:
    """Write a sorted run behind the others, and return how it is read back."""
    start = file.seek(0, SEEK_END)
    blocks = (run[place : place + _BLOCK] for place in range(0, len(run), _BLOCK))
    lengths = [file.write(marshal.dumps(list(map(tuple, block)))) for block in blocks]
    return map(span_of, chain.from_iterable(_blocks(file, start, lengths)))


def _blocks(file: IO[bytes], start: int, lengths: list[int]) -> Iterator[Iterable[Iterable[Any]]]:
    for length in lengths:
        file.seek(start)
        # Not marshal.load(file): it asks the file for each value apart, six times as slow.
        block = file.read(length)
        start += length
        yield marshal.loads(block)  # noqa: S302 - our own, written a moment ago into a file without a name


def _merged(runs: list[Iterator[Span]]) -> Iterator[Span]:
    """Yield the spans of sorted runs in their order; of equal ones the last run's come first."""
    heads = [
        (first[0], -first[1], -number, first, run)
        for number, run in enumerate(runs)
        if (first := next(run, None)) is not None
    ]
    heapify(heads)
    while heads:
        _, _, number, span, run = heads[0]
        others_start = min(heads[1:3], default=_BEHIND_ALL)[0]
        yield span
        # Most runs hardly overlap: none is compared with as long as one is ahead of all others.
        for span in run:
            if span[0] >= others_start:
                heapreplace(heads, (span[0], -span[1], number, span, run))
                break
            yield span
        else:
            heappop(heads)
