"""LiveKit's agents, whose spans name as provider the host that was asked."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter, Trust

__all__ = ["LIVEKIT"]

LIVEKIT: Final = Dialect(
    name="livekit",
    markers=frozenset(),
    operations={},
    fields={},
    # Adds the first event's output to a stream's sum of Claude's: a token too much.
    emitters=(
        Emitter("livekit-agents", trust=Trust.OFF, recorded="livekit__native__session", package="livekit-agents"),
    ),
)
