"""An OTLP/HTTP receiver on loopback: it keeps, for tests and the demo, what it decoded from the bytes it was sent.

with Receiver() as receiver:
    ...  # a program exports to receiver.endpoint
    assert receiver.wait_for(lambda: len(receiver.spans()) == 3)

As a program it appends each span, point and record to a file, one JSON object a line:

    python tools/otlp_receiver.py --port 4318 --out telemetry.jsonl
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import signal
import sys
import threading
import urllib.request
import zlib
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, TextIO, cast

from google.protobuf.message import DecodeError
from otlp_decode import Received, ReceivedPoint, ReceivedRecord, ReceivedSpan, points_of, records_of, spans_of

__all__ = ["Received", "ReceivedPoint", "ReceivedRecord", "ReceivedSpan", "Receiver"]


class Receiver:
    """The server, from `with` to the end of the block, and everything it was sent since.

    `status` other than 200 refuses every request with it and keeps nothing; `delay` is waited before each answer, in
    seconds, and `math.inf` never answers. Both may be changed while it runs. `also` is called with each item kept, and
    what was kept is passed on to the endpoint `forward_to`; what that refused is in `not_forwarded`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        status: int = 200,
        delay: float = 0.0,
        also: Callable[[Received], None] | None = None,
        forward_to: str | None = None,
    ) -> None:
        self.status = status
        self.delay = delay
        self.not_forwarded: dict[str, str] = {}
        self._also = also
        self._forward_to = forward_to
        self._changed = threading.Condition()
        # Guarded by self._changed.
        self._kept: list[Received] = []
        self._requests = 0
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.receiver = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="otlp-receiver", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_address[1]

    @property
    def endpoint(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT should say."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> int:
        """Requests that arrived, refused ones too."""
        with self._changed:
            return self._requests

    def spans(self) -> list[ReceivedSpan]:
        """The spans so far, in order of arrival."""
        return [item for item in self._copy() if isinstance(item, ReceivedSpan)]

    def points(self) -> list[ReceivedPoint]:
        """The metric points so far: a cumulative series has one for each export."""
        return [item for item in self._copy() if isinstance(item, ReceivedPoint)]

    def records(self) -> list[ReceivedRecord]:
        """The log records so far."""
        return [item for item in self._copy() if isinstance(item, ReceivedRecord)]

    def wait_for(self, predicate: Callable[[], bool], timeout: float = 10.0) -> bool:
        """Wait until the predicate holds, asked again after each request, and say whether it does."""
        with self._changed:
            return self._changed.wait_for(predicate, timeout)

    def clear(self) -> None:
        """Forget everything received; the count of requests goes on."""
        with self._changed:
            self._kept.clear()

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Keep what a request holds and return the status and the body of the answer."""
        with self._changed:
            self._requests += 1
            self._changed.notify_all()
        if self.delay and self._closing.wait(None if math.isinf(self.delay) else self.delay):
            return 503, b""
        if self.status != 200:
            return self.status, b""
        if path not in _DECODERS:
            return 404, b""
        try:
            items = list(_DECODERS[path](body))
        except DecodeError:
            return 400, b""
        with self._changed:
            self._kept += items
            if self._also:
                for item in items:
                    self._also(item)
            self._changed.notify_all()
        if self._forward_to:
            self._forward(self._forward_to.rstrip("/") + path, body)
        return 200, b""  # an export response whose every field has its default: all was accepted

    def _forward(self, url: str, body: bytes) -> None:
        request = urllib.request.Request(url, body, {"Content-Type": "application/x-protobuf"})
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except OSError as error:
            self.not_forwarded[url] = str(error)

    def _copy(self) -> list[Received]:
        with self._changed:
            return list(self._kept)


_DECODERS: dict[str, Callable[[bytes], Iterable[Received]]] = {
    "/v1/traces": spans_of,
    "/v1/metrics": points_of,
    "/v1/logs": records_of,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a sender that left, as a program does that ends with its connections open."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding", "identity") != "identity":
            body = zlib.decompress(body, wbits=32 + zlib.MAX_WBITS)  # 32: gzip or zlib, by its header
        status, answer = cast("_Server", self.server).receiver.answer(self.path, body)
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)
        except ConnectionError:  # the sender stopped waiting, as senders do when we are told to be slow
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the caller prints what matters."""


def _line_writer(file: TextIO) -> Callable[[Received], None]:
    def write(item: Received) -> None:
        kind = type(item).__name__.removeprefix("Received").lower()
        file.write(json.dumps({"type": kind, **dataclasses.asdict(item)}, default=bytes.hex) + "\n")
        file.flush()

    return write


def main() -> None:
    """Receive until interrupted."""
    parser = argparse.ArgumentParser(description="Receive OTLP/HTTP and append what it holds to a file, as JSON lines.")
    parser.add_argument("--port", type=int, default=4318)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    arguments = parser.parse_args()
    # A shell that starts it in the background has it ignore this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with (
        arguments.out.open("a", encoding="utf-8") as file,
        Receiver(port=arguments.port, also=_line_writer(file)) as receiver,
    ):
        try:
            print(f"OTEL_EXPORTER_OTLP_ENDPOINT={receiver.endpoint}", flush=True)
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{receiver.requests} requests received")


if __name__ == "__main__":
    main()
