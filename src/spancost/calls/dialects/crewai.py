"""CrewAI's own spans, which it writes to a provider of its own where its tracing is asked for."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Kind

__all__ = ["CREWAI"]

CREWAI: Final = Dialect(
    name="crewai",
    markers=frozenset(),
    operations={"execute_task": Kind.OTHER},
    fields={},
    # An agent's name is a hash, and its role is what it is called by.
    emitters=(Emitter("crewai", recorded="crewai__native__crew", package="crewai"),),
)
