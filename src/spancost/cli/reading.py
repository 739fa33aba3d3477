"""From the files named to outcomes: settings, progress, and what is said of files that are damaged."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spancost.cli.streams import say
from spancost.config import load
from spancost.ledger.otlp.files import STDIN, Damage, read_batches
from spancost.ledger.otlp.order import by_start
from spancost.ledger.otlp.processes import MOST_OPEN
from spancost.ledger.otlp.replay import Replay
from spancost.ledger.otlp.wanted import wanted
from spancost.pricing import PriceBook

if TYPE_CHECKING:
    from spancost.ledger.otlp.spans import Span
    from spancost.outcome import Outcome

__all__ = ["Reading"]

_SETTINGS: Final = ("SPANCOST_CONFIG",)
"""What of the environment reading obeys: prices and attribution stand in that file."""

_YOUNG: Final = 1_000_000
"""Objects made before the collector looks at them."""

_NAMED: Final = 10
"""Damages named of each file; more of them are counted."""


class Reading:
    """One reading of some files."""

    def __init__(self, files: list[str], keys: tuple[str, ...] = ()) -> None:
        settings = load({name: os.environ[name] for name in _SETTINGS if name in os.environ})
        for problem in settings.problems:
            say(str(problem))
        self._files = files
        self._damages: Counter[str] = Counter()
        self._replay = Replay(PriceBook(settings.prices), keys=keys, attribution=settings.attribution)
        self.keys = self._replay.who.keys
        """The attribution keys whose values charges have, in this order."""

    def missing(self) -> list[str]:
        """Return the files that are not there."""
        return [file for file in self._files if file != STDIN and _is_missing(file)]

    def outcomes(self) -> Iterator[tuple[Span, Outcome]]:
        """Yield what came of each span."""
        with _rare_collections(), _progress(self._files) as advance:
            names = wanted(self._replay.who)
            batches = read_batches(self._files, names, self._damaged, advance)
            yield from self._replay.outcomes(by_start(batches))

    def status(self) -> int:
        """Say what was left out; return the exit status."""
        for file, count in self._damages.items():
            if count > _NAMED:
                say(f"{file}: {count - _NAMED} more that could not be read")
        if not self._replay.played:
            say("no span was found")
        crowded = self._replay.processes.crowded
        if crowded:
            say(
                f"more than {MOST_OPEN} processes have spans open at once: those beyond are counted as one, and two of"
                " their calls that look alike may be taken for one; read the spans of fewer hosts at a time"
            )
        return 1 if self._damages or crowded else 0

    def _damaged(self, damage: Damage) -> None:
        self._damages[damage.file] += 1
        if self._damages[damage.file] <= _NAMED:
            say(str(damage))


def _is_missing(file: str) -> bool:
    try:
        return not Path(file).exists()
    except OSError:
        # It may be there, in a folder of somebody else's. Whoever opens it names what is wrong.
        return False


def _size(file: str) -> int:
    try:
        return Path(file).stat().st_size
    except OSError:
        return 0  # the same


@contextmanager
def _rare_collections() -> Generator[None]:
    """Look for circles less often: hundreds of thousands of spans wait at once, and none of them is in one."""
    usual = gc.get_threshold()
    gc.set_threshold(_YOUNG)
    try:
        yield
    finally:
        # Old from here on, and not looked at: the command prints what it found, and ends.
        gc.freeze()
        gc.unfreeze()
        gc.set_threshold(*usual)


@contextmanager
def _progress(files: list[str]) -> Generator[Callable[[int], None]]:
    """Show on a terminal how much of the files was read, where rich is installed."""
    if not sys.stderr.isatty() or STDIN in files:
        yield lambda _: None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
    except ImportError:
        yield lambda _: None
        return
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=sum(map(_size, files)))
        yield lambda size: bar.advance(task, size)
