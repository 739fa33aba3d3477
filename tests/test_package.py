"""The wheel as users get it, in an environment that has nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source archive as a release is."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(_ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_types_licences_and_prices(wheel: Path) -> None:
    """Type checkers, lawyers and the price book find what they need in it, and no test comes along."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"spancost/py.typed", "spancost/pricing/data/prices.json.gz"} <= names
    (folder,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
    assert {f"{folder}/licenses/LICENSE", f"{folder}/licenses/NOTICE"} <= names
    assert "genai-prices" in zipfile.ZipFile(wheel).read(f"{folder}/licenses/NOTICE").decode()
    assert "MIT" in zipfile.ZipFile(wheel).read(f"{folder}/licenses/NOTICE").decode()
    assert not [name for name in names if name.startswith(("tests", "tools", "examples"))]


def test_the_wheel_works_in_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    """Installed with nothing but what it asks for, it prices a call and says what the program spent."""
    venv = tmp_path / "venv"
    python = venv / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(venv)], check=True, timeout=60)
    subprocess.run([*uv, "pip", "install", "--python", str(python), str(wheel)], check=True, timeout=300)
    code = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
import spancost

trace.set_tracer_provider(TracerProvider())
spancost.install()
spancost.record_call(provider="openai", model="gpt-5.2", usage={"input": 1000, "output": 100})
assert spancost.__file__.startswith(%r), spancost.__file__
"""
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("SPANCOST_", "OTEL_", "PYTHON"))
    }
    done = subprocess.run(
        [str(python), "-c", code % str(venv)],
        env=environ | {"SPANCOST_CONSOLE": "summary"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (0, "spancost: $0.0032, priced 1 of 1 calls\n") == (done.returncode, done.stderr)


def test_the_entry_points_are_those_opentelemetry_looks_for(wheel: Path) -> None:
    """Both doors of auto-instrumentation lead to the module that imports the standard library alone."""
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
    text = archive.read(name).decode()
    assert "[opentelemetry_pre_instrument]\nspancost = spancost.auto:pre_instrument" in text
    assert "[opentelemetry_instrumentor]\nspancost = spancost.auto:SpancostInstrumentor" in text
    assert "[console_scripts]\nspancost = spancost.cli:main" in text
