"""The names that a program may import, and what importing them costs."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import spancost

_SOURCE = Path(spancost.__file__).parent
_MODULES = sorted(_SOURCE.rglob("*.py"))


def test_every_public_name_is_there_sorted_and_documented() -> None:
    """`__all__` is sorted, each name of it can be had, and says what it is."""
    assert sorted(spancost.__all__) == spancost.__all__
    for name in spancost.__all__:
        thing = getattr(spancost, name)
        assert not isinstance(thing, ModuleType)
        assert inspect.getdoc(thing), name
    # A module of the name of a function would take its place once it is imported.
    assert callable(importlib.import_module("spancost.installation") and spancost.install)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        spancost.nothing  # noqa: B018


def test_importing_spancost_imports_none_of_its_rooms() -> None:
    """`import spancost` costs a program next to nothing: no SDK, no prices, no threads."""
    code = (
        "import sys, threading; before = set(sys.modules); import spancost\n"
        "new = set(sys.modules) - before\n"
        "print(sorted(name for name in new if name.split('.')[0] in ('spancost', 'opentelemetry')))\n"
        "print(threading.active_count())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "['spancost']\n1\n" == done.stdout


@pytest.mark.parametrize("path", _MODULES, ids=lambda path: str(path.relative_to(_SOURCE)))
def test_every_module_says_what_it_is_and_swallows_nothing_in_silence(path: Path) -> None:
    """A module opens with one sentence; `except Exception` is followed by something done about it."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            assert not all(isinstance(step, ast.Pass) for step in node.body), f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("path", _MODULES, ids=lambda path: str(path.relative_to(_SOURCE)))
def test_importing_a_module_only_defines(path: Path) -> None:
    """No environment, file, thread or process is touched by an import."""
    tree = ast.parse(path.read_text())
    touching = {"open", "Thread", "environ", "getenv", "getpid", "read_text", "read_bytes", "print", "start"}
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)):
            continue
        if isinstance(statement, ast.If):  # TYPE_CHECKING
            continue
        nodes = list(ast.walk(statement))
        names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        names |= {node.id for node in nodes if isinstance(node, ast.Name)}
        assert set() == names & touching, f"{path.name}:{statement.lineno}"
