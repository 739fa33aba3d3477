"""What a span's attributes say: is it a model call, an agent, a tool, and what did it use, for whom."""

from __future__ import annotations

from spancost.calls.dialects import Kind
from spancost.calls.kinds import MARKERS, OPERATIONS, kind_at_start, kind_of
from spancost.calls.lacks import CACHE_UNTOLD, LAST_REQUEST, NO_CACHE_USAGE
from spancost.calls.read import Attributes, Call, read_call
from spancost.calls.usage import Usage
from spancost.calls.who import NONE, Who

__all__ = [
    "CACHE_UNTOLD",
    "LAST_REQUEST",
    "MARKERS",
    "NONE",
    "NO_CACHE_USAGE",
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
