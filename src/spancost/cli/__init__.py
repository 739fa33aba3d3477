"""The command `spancost`: results on standard output, all else on standard error."""

from __future__ import annotations

import io
import sys
from typing import Final, cast

__all__ = ["main"]

_INTERRUPTED: Final = 130
"""What shells give for a command that was interrupted."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 good, 1 damaged or with findings, 2 used wrongly."""
    from spancost.cli.streams import discard, flush, open_error, say
    from spancost.errors import SpillError

    open_error()
    try:
        status = _answer(arguments)
        flush()
    except BrokenPipeError:
        # Whoever read it has seen enough.
        discard(sys.stdout)
        return 0
    except SpillError as fault:
        say(str(fault))
        return 1
    except OSError as fault:
        # The files' own faults are damage, and named as such: this is standard output's.
        say(f"the result can't be written: {fault.strerror}")
        discard(sys.stdout)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


def _answer(arguments: list[str] | None) -> int:
    from spancost.cli.arguments import parser
    from spancost.cli.streams import say

    try:
        options = parser().parse_args(arguments)
    except SystemExit as end:
        # It has printed its help, or what is wrong.
        return int(end.code or 0)
    out: object = sys.stdout
    if out is None:
        say("standard output is closed: there is nowhere to write the result")
        return 1
    if isinstance(out, io.TextIOWrapper):
        # A terminal may know no lines to draw a tree with.
        cast("io.TextIOWrapper[io.BufferedWriter]", out).reconfigure(errors="replace")
    return int(options.run(options))
