"""Programs that make providers of their own, set some of them up, or none."""

from __future__ import annotations

import pytest
from zero_code.accounts import budget, faults
from zero_code.stage import Stage

_LIMIT = "0.0011"


@pytest.mark.parametrize("whose", ["job", "everything"])
def test_a_second_provider_is_counted_with_the_first(stage: Stage, whose: str) -> None:
    """Spans of a provider that the program makes are stamped, and calls of another one roll up into them."""
    finished = stage.instrumented("own_provider.py", whose, **budget(_LIMIT))

    assert (0, "") == (finished.status, finished.stderr)
    assert "jobs" in {span.resource["service.name"] for span in stage.receiver.spans()}
    assert [] == faults(stage, limit=_LIMIT)
