"""What the README and the docs show is run: a page can't say what isn't true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import spancost
from spancost import config, semconv

_ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def _blocks(page: str, language: str) -> list[str]:
    return [code for told, code in _BLOCK.findall((_ROOT / page).read_text()) if told == language]


def _run(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    script = folder / "team.py"
    script.write_text(code)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SPANCOST_", "OTEL_"))}
    return subprocess.run(
        [sys.executable, script.name],
        cwd=folder,
        env=environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_readme_s_first_tree_is_what_its_program_prints(tmp_path: Path) -> None:
    """The worked example: the file, the program and the command give the tree that stands below them."""
    (tmp_path / "spancost.toml").write_text(_blocks("README.md", "toml")[0])
    program = _blocks("README.md", "python")[0]
    shown = next(block for block in _blocks("README.md", "console") if "team.py" in block)
    command, expected = shown.split("\n", 1)
    assert "$ SPANCOST_CONFIG=spancost.toml SPANCOST_CONSOLE=tree python team.py" == command
    done = _run(program, tmp_path, SPANCOST_CONFIG="spancost.toml", SPANCOST_CONSOLE="tree")
    assert (0, expected, "") == (done.returncode, done.stderr, done.stdout)


@pytest.mark.parametrize("number", range(1, len(_blocks("README.md", "python"))))
def test_every_other_program_of_the_readme_runs(number: int, tmp_path: Path) -> None:
    """Each block of Python is a program that ends well and complains of nothing."""
    done = _run(_blocks("README.md", "python")[number], tmp_path, SPANCOST_LEDGER=str(tmp_path / "ledger.db"))
    assert (0, "") == (done.returncode, done.stderr)


def test_the_configuration_page_s_file_is_a_right_one(tmp_path: Path) -> None:
    """The file that the page shows is read without a fault, and says what the page says."""
    file = tmp_path / "spancost.toml"
    file.write_text(_blocks("docs/configuration.md", "toml")[0])
    read = config.load({"SPANCOST_CONFIG": str(file)})
    assert () == read.problems
    assert ("search-team", "team", "month") == (read.budgets[0].id, read.budgets[0].scope, read.budgets[0].window)
    assert {"team": ("acme.team",)} == read.attribution
    assert "llama-3.3-70b" == read.prices[0].model


def test_the_configuration_page_lists_every_variable_and_no_other() -> None:
    """What can be set stands on the page, and what stands there can be set."""
    named = set(re.findall(r"SPANCOST_([A-Z_]+)", (_ROOT / "docs/configuration.md").read_text()))
    assert set(config.VARIABLES) == named


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md", "docs/architecture.md", "examples/README.md"])
def test_every_name_on_a_page_is_one_of_ours(page: str) -> None:
    """An attribute, metric or event that a page names is written, and a function it names can be called."""
    named = set(re.findall(r"(?<![\w/.-])(?:spancost|gen_ai)(?:\.[a-z_]+)+", (_ROOT / page).read_text()))
    names = {value for value in vars(semconv).values() if isinstance(value, str)}
    functions = {f"spancost.{name}" for name in spancost.__all__}
    assert set() == named - names - functions - {"spancost.toml"}


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in (_ROOT / "docs").iterdir())]
)
def test_every_link_leads_somewhere(page: str) -> None:
    """A link to a page of ours names a file that is there."""
    missing = [
        link
        for link in _LINK.findall((_ROOT / page).read_text())
        if not ((_ROOT / page).parent / link).resolve().exists()
    ]
    assert [] == missing


def test_the_readme_shows_its_two_commands_on_the_first_screen() -> None:
    """Whoever opens the page finds `make demo` and `make test` without scrolling."""
    first_screen = (_ROOT / "README.md").read_text().splitlines()[:25]
    assert any(line.strip().startswith("make demo") for line in first_screen)
    assert any(line.strip().startswith("make test") for line in first_screen)


def test_the_version_is_the_same_everywhere() -> None:
    """Package, scope and changelog name one version."""
    from spancost.version import VERSION

    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    assert VERSION == project["version"]
    assert f"## {VERSION}" in (_ROOT / "CHANGELOG.md").read_text()
