"""Files of OTLP -> spans, one after the other, and what of a file could not be read.

JSON lines as the Collector's file exporter writes them, its protobuf (each message behind four bytes that say how long
it is), a single protobuf message, and each of these under gzip.
https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/fileexporter#file-format
"""

from __future__ import annotations

import errno
import gzip
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Any, Final, NamedTuple, TextIO, cast

from spancost.ledger.otlp.from_json import WRONG
from spancost.ledger.otlp.spans import Span
from spancost.ledger.otlp.wanted import Wanted

__all__ = ["STDIN", "Damage", "read_batches"]

STDIN: Final = "-"

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"

_BUFFER: Final = 1 << 20
"""Bytes read at once: a line is as long as that, and is put together from fewer pieces."""

_FIRST: Final = 8
"""Bytes by which a form is known."""

_SPACE: Final = b"\t\n\r"

_FURTHER: Final = 1024
"""Bytes by which text that begins with space is told from protobuf: these have the tag of an attribute's value."""

_TEXT: Final = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), *_SPACE, 0x1B})
"""Bytes of text, in colours, too. No message is as long as the first four of them would say."""

_PREFIX: Final = 4
"""Bytes that say how long the message behind them is."""

_LARGEST: Final = 256 << 20
"""Bytes of one line or message that is read; a longer one is named as damage."""

_MOST_PARTS: Final = 4_000_000
"""Objects and lists of one line: a file of some kB can unpack to many of them, each of a hundred bytes of memory. A
batch of spans has not nearly as many."""

_MOST_ZEROS: Final = 16_000_000
"""Bytes of 0 in one message: what says that an object is empty. A batch of spans has three a span, in its flags."""

_MOST_VALUES: Final = 32_000_000
"""Values of one line."""

_CUT_OFF: Final = (EOFError, zlib.error, gzip.BadGzipFile, OSError)


class Damage(NamedTuple):
    """What of a file could not be read."""

    file: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.what}"


def read_batches(
    files: Iterable[str],
    wanted: Wanted,
    damaged: Callable[[Damage], None],
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[list[Span]]:
    """Yield the spans of each request in files, `-` for standard input; what can't be read is told, the rest goes on.

    `advance` is told how many bytes of the files, as they lie on disk, were read meanwhile.
    """
    for file in files:
        with ExitStack() as stack:
            try:
                raw: Any = _standard_input() if file == STDIN else stack.enter_context(open(file, "rb", _BUFFER))  # noqa: PTH123
                counted = _Counted(raw, advance)
                yield from _batches(file, counted, wanted, damaged)
            except OSError as fault:
                damaged(Damage(file, "the file", fault.strerror or str(fault)))


def _standard_input() -> IO[bytes]:
    stdin: TextIO | None = sys.stdin
    if stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return stdin.buffer


def _beginning(stream: _Peeked) -> bytes:
    """Return as many of the first bytes as say what form they have."""
    start = stream.peek(_FIRST)
    return stream.peek(_FURTHER) if start[:1] in _SPACE else start


def _batches(file: str, raw: _Counted, wanted: Wanted, damaged: Callable[[Damage], None]) -> Iterator[list[Span]]:
    lines: IO[bytes] = cast("IO[bytes]", raw)
    start = _beginning(raw)
    if start.startswith(_GZIP):
        lines = cast("IO[bytes]", _Peeked(gzip.GzipFile(fileobj=lines)))
        try:
            start = _beginning(cast("_Peeked", lines))
        except _CUT_OFF as fault:
            damaged(Damage(file, "its first bytes", f"gzip that can't be unpacked ({fault})"))
            return
    if start.startswith(_ZSTD) or start[_PREFIX:].startswith(_ZSTD):
        damaged(
            Damage(
                file, "the file", "is packed with zstd; unpack it first, or let the Collector write no `compression`"
            )
        )
    elif start[:1] in b"{[" or not start.translate(None, _TEXT):
        yield from _of_lines(file, lines, wanted, damaged)
    else:
        yield from _of_messages(file, lines, wanted, damaged)


def _of_lines(file: str, lines: IO[bytes], wanted: Wanted, damaged: Callable[[Damage], None]) -> Iterator[list[Span]]:
    # Only here: whoever reads protobuf needs none of it.
    try:
        from spancost.ledger.otlp.from_typed_json import spans_of  # needs msgspec, and takes a third of the time
    except ImportError:
        from spancost.ledger.otlp.from_json import spans_of

    number = 0
    while True:
        number += 1
        where = f"line {number}"
        try:
            line = lines.readline(_LARGEST)
            if len(line) == _LARGEST:
                damaged(Damage(file, where, f"is longer than {_LARGEST >> 20} MiB"))
                while line and not line.endswith(b"\n"):
                    line = lines.readline(_LARGEST)
                continue
        except _CUT_OFF as fault:
            damaged(Damage(file, where, f"the file breaks off here ({fault})"))
            return
        if not line:
            return
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line.isspace():
            continue
        if len(line) > _MOST_PARTS and (
            line.count(b"{") + line.count(b"[") > _MOST_PARTS or line.count(b",") > _MOST_VALUES
        ):
            damaged(Damage(file, where, "holds more values than any request"))
            continue
        spans: list[Span] = []
        try:
            spans.extend(spans_of(line, wanted, lambda what, where=where: damaged(Damage(file, where, what))))
        except WRONG as fault:
            what = "is not JSON" if isinstance(fault, ValueError) else "is not an OTLP request"
            if not line.endswith(b"\n"):
                what += ", and the file ends in it"
            damaged(Damage(file, where, f"{what} ({type(fault).__name__}: {str(fault)[:80]})"))
        yield spans


def _of_messages(
    file: str, messages: IO[bytes], wanted: Wanted, damaged: Callable[[Damage], None]
) -> Iterator[list[Span]]:
    # Only here: whoever reads JSON needs none of it.
    from spancost.ledger.otlp import from_protobuf

    number = 0
    at = 0
    while True:
        number += 1
        where = f"message {number}, byte {at}"
        try:
            prefix = messages.read(_PREFIX)
            size = int.from_bytes(prefix)
            if number == 1 and prefix[:1] == b"\x0a":
                # Field 1 of a message, not a length: 167 MB, were it one. The whole file is one message.
                message = prefix + messages.read(_LARGEST)
                size = len(message)
            elif not prefix:
                return
            elif size > _LARGEST:
                damaged(Damage(file, where, f"says that it is {size} bytes long: what comes after it can't be found"))
                return
            else:
                message = messages.read(size)
        except _CUT_OFF as fault:
            damaged(Damage(file, where, f"the file breaks off here ({fault})"))
            return
        if len(prefix) < _PREFIX or len(message) < size:
            damaged(Damage(file, where, "the file ends in the middle of it"))
            return
        at += _PREFIX + size
        if size > _MOST_ZEROS and message.count(0) > _MOST_ZEROS:
            damaged(Damage(file, where, "holds more values than any request"))
            continue
        spans: list[Span] = []
        try:
            spans.extend(
                from_protobuf.spans_of(message, wanted, lambda what, where=where: damaged(Damage(file, where, what)))
            )
        except from_protobuf.DecodeError as fault:
            damaged(Damage(file, where, f"is no OTLP message ({fault})"))
        yield spans


class _Peeked:
    """A stream whose first bytes can be looked at, in which lines and blocks are read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """Return the next bytes, which stay where they are."""
        while len(self._ahead) < size and (more := self._stream.read(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        blocks = [ahead]
        size -= len(ahead)
        while size > 0 and (more := self._stream.read(size)):
            blocks.append(more)
            size -= len(more)
        return b"".join(blocks)

    def readline(self, size: int) -> bytes:
        """Return the next line with its end."""
        if not self._ahead:
            return self._stream.readline(size)
        ahead, self._ahead = self._ahead, b""
        line, end, rest = ahead.partition(b"\n")
        if end:
            self._ahead = rest
            return line + end
        return ahead + self._stream.readline(size)


class _Counted(_Peeked):
    """A stream that tells how much of it was read."""

    def __init__(self, stream: Any, advance: Callable[[int], None]) -> None:
        super().__init__(stream)
        self._advance = advance

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        block = super().read(size)
        self._advance(len(block))
        return block

    def readline(self, size: int) -> bytes:
        """Return the next line with its end."""
        line = super().readline(size)
        self._advance(len(line))
        return line
