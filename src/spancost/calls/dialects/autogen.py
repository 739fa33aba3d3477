"""AutoGen's own spans: agents and tools by the conventions' names, and none of calls: a client's stand for them."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter

__all__ = ["AUTOGEN"]

AUTOGEN: Final = Dialect(
    name="autogen",
    markers=frozenset(),
    operations={},
    fields={},
    emitters=(Emitter("autogen-core", recorded="autogen__native+oaigenai__delegate", package="autogen-core"),),
)
