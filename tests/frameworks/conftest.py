"""spancost as it stands in this tree, installed once, and a team for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from frameworks.environments import cache, install_tree
from frameworks.team import SCRIPTS, Team
from otlp_receiver import Receiver
from provider import Provider


@pytest.fixture(scope="session")
def environments() -> Path:
    """Where the frameworks' environments are kept; read once, as a test has none of our variables."""
    return cache()


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds spancost, entry points included."""
    folder = tmp_path_factory.mktemp("installed")
    install_tree(folder)
    return folder


@pytest.fixture
def team(environments: Path, installed: Path, tmp_path: Path) -> Iterator[Team]:
    """A team with a provider and a receiver of its own."""
    with Provider(SCRIPTS, latency=0.01) as provider, Receiver() as receiver:
        yield Team(environments, installed, provider, receiver, tmp_path)
