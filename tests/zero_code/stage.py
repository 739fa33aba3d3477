"""Runs a program as its user would, with a model provider and an OTLP receiver on loopback beside it."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from otlp_receiver import Receiver
from provider import Provider

__all__ = ["PROGRAMS", "Finished", "Server", "Stage"]

PROGRAMS = Path(__file__).parent / "programs"

_TIMEOUT = 90
"""Seconds a program may take on a machine that is busy with other things."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has ended."""

    status: int
    stdout: str
    stderr: str
    ended: float
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class Server:
    """A web server that answers."""

    url: str
    log: Callable[[], str]

    def get(self, path: str = "/") -> str:
        """Return what a request is answered."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=_TIMEOUT) as answer:
            return answer.read().decode()


class Stage:
    """Programs in an environment of their own; the provider bills them, the receiver gets their telemetry."""

    def __init__(self, environment: Path, provider: Provider, receiver: Receiver, folder: Path) -> None:
        self.provider = provider
        self.receiver = receiver
        self.folder = folder
        self._bin = environment / "bin"

    def settings(self, **more: str | None) -> dict[str, str]:
        """Return the environment variables of a program; None takes one out."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SPANCOST_", "PYTHON"))
        }
        usual = {
            **kept,
            "PATH": f"{self._bin}{os.pathsep}{kept.get('PATH', os.defpath)}",
            "OPENAI_BASE_URL": f"{self.provider.url}/v1",
            "OPENAI_API_KEY": "none",
            # Where proxies are set none leads to loopback.
            "NO_PROXY": "127.0.0.1,localhost",
            # Some servers keep files there.
            "HOME": str(self.folder),
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.receiver.endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_SERVICE_NAME": "programs",
        }
        return {name: value for name, value in {**usual, **more}.items() if value is not None}

    def run(self, *command: str, **settings: str | None) -> Finished:
        """Run a command to its end."""
        with self._started(command, settings) as (process, output):
            status = process.wait(_TIMEOUT)
            ended = monotonic()
        stdout, stderr = (file.read_text(encoding="utf-8") for file in output)
        return Finished(status, stdout, stderr, ended)

    def plain(self, program: str, *arguments: str, **settings: str | None) -> Finished:
        """Run one of the programs with Python and nothing else."""
        return self.run("python", str(PROGRAMS / program), *arguments, **settings)

    def instrumented(self, program: str, *arguments: str, **settings: str | None) -> Finished:
        """Run one of the programs under `opentelemetry-instrument`."""
        return self.run("opentelemetry-instrument", "python", str(PROGRAMS / program), *arguments, **settings)

    @contextmanager
    def serving(self, *command: str, stop: int = signal.SIGTERM, **settings: str | None) -> Iterator[Server]:
        """Run a web server under `opentelemetry-instrument` to the end of the block; `{port}` is where it listens."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        filled = [part.format(port=port) for part in command]
        with self._started(("opentelemetry-instrument", *filled), settings) as (process, output):

            def log() -> str:
                return "".join(file.read_text(encoding="utf-8") for file in output)

            until = monotonic() + _TIMEOUT
            while not _answers(port):
                assert process.poll() is None, log()
                assert monotonic() < until, log()
            yield Server(f"http://127.0.0.1:{port}", log)
            process.send_signal(stop)
            process.wait(_TIMEOUT)

    @contextmanager
    def _started(
        self, command: tuple[str, ...], settings: Mapping[str, str | None]
    ) -> Iterator[tuple[subprocess.Popen[bytes], tuple[Path, Path]]]:
        environment = self.settings(**settings)
        # Files, not pipes: a child that outlives the program would hold a pipe open.
        output = Path(tempfile.mkdtemp(dir=self.folder))
        files = output / "stdout", output / "stderr"
        with files[0].open("wb") as stdout, files[1].open("wb") as stderr:
            process = subprocess.Popen(
                command, env=environment, cwd=output, stdout=stdout, stderr=stderr, start_new_session=True
            )
        try:
            yield process, files
        finally:
            # Its session is its own, so nobody else is hit; that everyone in it has gone is as it should be.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
    except OSError:
        select.select([], [], [], 0.05)
        return False
    return True
