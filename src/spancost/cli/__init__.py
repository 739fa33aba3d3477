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

    options = parser().parse_args(arguments)
    out: object = sys.stdout
    if isinstance(out, io.TextIOWrapper):
        # A terminal may know no lines to draw a tree with.
        cast("io.TextIOWrapper[io.BufferedWriter]", out).reconfigure(errors="replace")
    try:
        status = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read it has seen enough. The interpreter flushes once more at its end: into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as fault:
        # The files' own faults are damage, and named as such: this is standard output's, or of what memory can't hold.
        say(f"{fault.strerror}; what memory can't hold waits in the folder for temporary files, TMPDIR names another")
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return int(status)
