"""What every test gets: a clean environment, a receiver to export to, and an eye on our own faults."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from otlp_receiver import Receiver

from spancost.faults import faults

# No example is timed: the machine may be busy. The judge of a submission draws the same examples each time.
settings.register_profile(
    "spancost",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("spancost")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Yield an OTLP receiver on loopback."""
    with Receiver() as running:
        yield running


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith(("OTEL_", "SPANCOST_")):
            monkeypatch.delenv(name)


@pytest.fixture
def planted() -> None:
    """Let a test plant faults in our own code: without it a swallowed one fails the test."""


@pytest.fixture(autouse=True)
def _no_fault_of_ours(request: pytest.FixtureRequest) -> Iterator[None]:
    faults.clear()
    yield
    seen = dict(faults)
    faults.clear()
    assert "planted" in request.fixturenames or {} == seen
