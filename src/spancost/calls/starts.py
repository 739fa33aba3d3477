"""What a span tells when it starts: whether it may turn out to be a call, an agent or a tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import GEN_AI
from spancost.calls.kinds import MARKERS
from spancost.calls.shapes import SPELLINGS
from spancost.calls.who import NAMES

if TYPE_CHECKING:
    from spancost.calls.read import Attributes

__all__ = ["may_be_ours"]

_TELLING: Final = MARKERS.union(*SPELLINGS.values(), *(names for key, names in NAMES.items() if key != "service"))
"""Not every name that counting reads: any span may tell where it went and how it failed.

Whom calls are for may be told by a request's span far above them.
"""
_FAMILIES: Final = ("gen_ai.", "llm.")
"""What attributes begin with that only instrumentations of models write."""

_OPERATIONS: Final = frozenset(GEN_AI.operations)
"""First words of the names that the conventions give such spans."""


def may_be_ours(name: object, attributes: Attributes | None, more: frozenset[str] = frozenset()) -> bool:
    """Tell whether a span that starts like this may turn out to be a call, or anything that calls lie in.

    What tells nothing yet may: many instrumentations tell all of it later, and name their spans as the program names
    its agents and functions. What tells of something else, a request or a query, is believed. `more` are further names
    that tell whom calls are for.
    """
    if not attributes or not _TELLING.isdisjoint(attributes) or not more.isdisjoint(attributes):
        return True
    if any(each.startswith(_FAMILIES) for each in attributes):
        return True
    return type(name) is str and name.partition(" ")[0] in _OPERATIONS
