"""Strands Agents' own spans: an agent's totals are those of its whole life and are no calls."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Kind

__all__ = ["STRANDS"]

STRANDS: Final = Dialect(
    name="strands",
    markers=frozenset(),
    operations={"execute_event_loop_cycle": Kind.OTHER},
    fields={},
    emitters=(Emitter("strands.telemetry.tracer", recorded="strands__native__delegate", package="strands-agents"),),
)
