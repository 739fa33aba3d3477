"""The command `spancost`: results on standard output, all else on standard error."""

from __future__ import annotations

import io
import os
import sys
from typing import Final, cast

__all__ = ["main"]

_INTERRUPTED: Final = 130
"""What shells give for a command that was interrupted."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 good, 1 damaged or with findings, 2 used wrongly."""
    from spancost.cli.arguments import parser
    from spancost.cli.reading import say
    from spancost.errors import SpillError

    options = parser().parse_args(arguments)
    out: object = sys.stdout
    if out is None:
        say("standard output is closed: there is nowhere to write the result")
        return 1
    if isinstance(out, io.TextIOWrapper):
        # A terminal may know no lines to draw a tree with.
        cast("io.TextIOWrapper[io.BufferedWriter]", out).reconfigure(errors="replace")
    try:
        status = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read it has seen enough.
        _discard_output()
        return 0
    except SpillError as fault:
        say(str(fault))
        return 1
    except OSError as fault:
        # The files' own faults are damage, and named as such: this is standard output's.
        say(f"the result can't be written: {fault.strerror}")
        _discard_output()
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return int(status)


def _discard_output() -> None:
    """Have the interpreter, which flushes once more at its end, flush into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
