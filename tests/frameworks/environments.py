"""One environment a framework, cached outside the tree: `python -m frameworks.environments` builds what is missing.

An environment holds third-party packages only, so clones share it; spancost comes from the tree under test. What is
installed is what zero code switches on, so each instrumentation lies in a folder of its own beside the environment, and
a stack is the folders that a program is given.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["NAMES", "Environment", "build", "cache", "install_tree"]

_ROOT: Final = Path(__file__).resolve().parents[2]
_PINS: Final = _ROOT / "requirements" / "frameworks"

_INSTRUMENTATION: Final = re.compile(r"(?:opentelemetry|openinference)-instrumentation-(?!threading)[\w-]+(?===)")
"""A pinned package that zero code would switch on; the one for threads is what Strands itself depends on."""

NAMES: Final = tuple(sorted(file.stem for file in _PINS.glob("*.txt")))
"""The frameworks, by their files of pinned requirements."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A framework and all that it needs, without any instrumentation."""

    folder: Path

    def path_of(self, instrumentations: tuple[str, ...]) -> list[str]:
        """Return what PYTHONPATH must hold for these packages to be installed, too."""
        layers = [self.folder / "layers" / package for package in instrumentations]
        if missing := [layer.name for layer in layers if not layer.is_dir()]:
            raise LookupError(f"{', '.join(missing)}: not in the requirements of this environment")
        return [str(layer) for layer in layers]


def cache() -> Path:
    """Return the folder that keeps the environments: below SPANCOST_CACHE, or in the user's own cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SPANCOST_CACHE") or Path(base, "spancost"), "frameworks")


def build(name: str, kept_in: Path) -> Environment:
    """Return the environment of a framework, made where there is none of these requirements and this Python."""
    pins = (_PINS / f"{name}.txt").read_text(encoding="utf-8")
    made_of = hashlib.sha256(f"{pins}\0{sys.version}".encode()).hexdigest()[:12]
    folder = kept_in / f"{name}-{made_of}"
    ready = folder / "ready"
    with _alone(folder.with_suffix(".lock")):
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder, pins)
            ready.touch()
    return Environment(folder)


def install_tree(target: Path) -> None:
    """Install spancost as it stands in this tree, entry points included, into a folder for PYTHONPATH."""
    # Without its cache: uv would take a build of the same pyproject.toml for this one.
    _uv("pip", "install", "--no-cache", "--no-deps", "--no-build-isolation", "--target", str(target), str(_ROOT))


def _make(folder: Path, pins: str) -> None:
    packages = [line for line in pins.splitlines() if not line.startswith(("#", " "))]
    layers = {match[0]: line for line in packages if (match := _INSTRUMENTATION.match(line))}
    _uv("venv", "--clear", "--python", sys.executable, str(folder))
    python = ("--python", str(folder / "bin" / "python"), "--no-deps")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as rest:
        rest.write("\n".join(line for line in packages if line not in layers.values()))
        rest.flush()
        _uv("pip", "install", *python, "--requirement", rest.name)
    for package, line in layers.items():
        _uv("pip", "install", *python, "--target", str(folder / "layers" / package), line)


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other processes, of other clones too, from building the same at once."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=True, timeout=900)


def main() -> None:
    """Build what is missing, all of it."""
    for name in NAMES:
        print(f"{name}: {build(name, cache()).folder}", flush=True)


if __name__ == "__main__":
    main()
