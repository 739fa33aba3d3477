"""One environment for the programs, apart from the tests' own, and a stage for each test."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from otlp_receiver import Receiver
from provider import Provider
from zero_code.stage import Stage

_ROOT = Path(__file__).resolve().parents[2]
_REQUIREMENTS = _ROOT / "requirements" / "programs.txt"


@pytest.fixture(scope="session")
def environment() -> Path:
    """The environment of the programs: made once, and again when what belongs in it has changed.

    It is `.venv-programs`, or the folder that SPANCOST_TEST_PROGRAMS names.
    """
    folder = Path(os.environ.get("SPANCOST_TEST_PROGRAMS") or _ROOT / ".venv-programs")
    stamp = folder / "made-of"
    made_of = hashlib.sha256(
        b"\0".join((_REQUIREMENTS.read_bytes(), (_ROOT / "pyproject.toml").read_bytes(), sys.version.encode()))
    ).hexdigest()
    if not stamp.exists() or stamp.read_text() != made_of:
        python = ("--python", str(folder / "bin" / "python"))
        _uv("venv", "--clear", "--python", sys.executable, str(folder))
        _uv("pip", "sync", *python, str(_REQUIREMENTS))
        _uv("pip", "install", *python, "--no-deps", "--editable", str(_ROOT))
        stamp.write_text(made_of)
    return folder


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=True, timeout=600)


@pytest.fixture
def stage(environment: Path, tmp_path: Path) -> Iterator[Stage]:
    """A provider and a receiver of a test's own, and the programs' environment."""
    with Provider(latency=0) as provider, Receiver() as receiver:
        yield Stage(environment, provider, receiver, tmp_path)
