"""What a span's attributes say: is it a model call, an agent, a tool, and what did it use, for whom."""

from __future__ import annotations

from spancost.calls.dialects import Kind
from spancost.calls.kinds import MARKERS, OPERATIONS, kind_at_start, kind_of
from spancost.calls.read import LAST_REQUEST, Attributes, Call, read_call
from spancost.calls.usage import Usage
from spancost.calls.who import NONE, Who

__all__ = [
    "LAST_REQUEST",
    "MARKERS",
    "NONE",
    "OPERATIONS",
    "Attributes",
    "Call",
    "Kind",
    "Usage",
    "Who",
    "kind_at_start",
    "kind_of",
    "read_call",
]
