"""Standard output and error, whatever whoever started the command has made of them."""

from __future__ import annotations

import os
import sys
from typing import TextIO, cast

__all__ = ["discard", "flush", "open_error", "say"]


def open_error() -> None:
    """Have standard error go nowhere where it is closed: else a file that is opened takes its place."""
    if cast("object", sys.stderr) is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - until the end


def say(message: str) -> None:
    """Say something that is no result, as long as anybody hears it."""
    try:
        print(f"spancost: {message}", file=sys.stderr, flush=True)  # noqa: T201 - it is a command
    except OSError:
        discard(sys.stderr)


def flush() -> None:
    """Write what waits; raises OSError where standard output takes no more."""
    try:
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)
    if cast("object", sys.stdout) is not None:
        sys.stdout.flush()


def discard(stream: TextIO) -> None:
    """Have the interpreter, which flushes a stream once more at its end, flush it into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
