"""Where a ledger is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from spancost.ledger.place import Place, place_of, usual


def test_a_path_is_a_place_and_keeps_for_a_season() -> None:
    """Unless it says how long; where the program goes later doesn't matter."""
    assert Place(Path("/var/lib/costs.db"), timedelta(days=90)) == place_of("/var/lib/costs.db", {})
    assert Place(Path.cwd() / "costs.db", timedelta(days=7)) == place_of("costs.db?keep=1w", {})
    assert Place(Path.cwd() / "costs.db", None) == place_of("costs.db?keep=forever", {})


@pytest.mark.parametrize("told", ["", "false", "OFF", "off?keep=1d"])
def test_nothing_is_kept_where_nothing_is_asked_for(told: str) -> None:
    """It is off by default."""
    assert place_of(told, {}) is None


def test_true_is_the_users_state_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the XDG specification has it; a relative path there is none."""
    monkeypatch.setenv("HOME", "/home/ada")
    there = Path("/home/ada/.local/state/spancost/ledger.db")
    assert Place(there) == place_of("true", {}) == usual({"XDG_STATE_HOME": "state"})
    assert Place(Path("/state/spancost/ledger.db"), timedelta(days=2)) == place_of(
        "TRUE?keep=2d", {"XDG_STATE_HOME": "/state"}
    )
    assert Place(Path("/home/ada/costs.db")) == place_of("~/costs.db", {})


def test_a_name_that_no_file_can_have_becomes_one() -> None:
    """A NUL would fail at each write."""
    assert Place(Path.cwd() / "costs.db") == place_of("co\0sts.db", {})


@pytest.mark.parametrize("keep", ["", "long", "-1d"])
def test_how_long_is_a_length_of_time(keep: str) -> None:
    """What is none is an error of the setting."""
    with pytest.raises(ValueError, match="24h"):
        place_of(f"costs.db?keep={keep}", {})
