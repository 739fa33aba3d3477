"""Microsoft's Agent Framework: the conventions' names; an agent's usage sums up its own calls."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter

__all__ = ["AGENT_FRAMEWORK"]

AGENT_FRAMEWORK: Final = Dialect(
    name="agent_framework",
    markers=frozenset(),
    operations={},
    fields={},
    emitters=(Emitter("agent_framework", recorded="agentframework__native__delegate"),),
)
