"""What a span is: a call, an agent, a workflow, a tool or none of these, by what its attributes name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from spancost.calls.dialects import DIALECTS, GEN_AI, Field, Kind
from spancost.calls.plain import plain

if TYPE_CHECKING:
    from spancost.calls.read import Attributes

__all__ = ["MARKERS", "OPERATIONS", "SAYS_KIND", "kind_at_start", "kind_of"]

MARKERS: Final = frozenset[str]().union(*(dialect.markers for dialect in DIALECTS))
"""A span with none of these attributes is no model call, agent or tool of any dialect we read."""

_KINDS: Final[dict[str, str]] = {
    operation: kind for dialect in reversed(DIALECTS) for operation, kind in dialect.operations.items()
}
_KINDS_BY_WORD: Final = {operation.lower(): kind for operation, kind in _KINDS.items()}
_OPERATIONS: Final = tuple(name for dialect in DIALECTS for name in dialect.fields.get(Field.OPERATION, ()))
OPERATIONS: Final = frozenset(_OPERATIONS)
"""A span that starts with none of these attributes doesn't say yet what it is."""

_WORKFLOWS: Final = {name: value for dialect in DIALECTS for name, value in dialect.workflows.items()}
_GRAPHS: Final = {name: steps for dialect in DIALECTS for name, steps in dialect.graphs.items()}
_RUNS_OTHERS: Final = frozenset({*_WORKFLOWS, *_GRAPHS})

SAYS_KIND: Final = (".span.kind", ".span.type", ".span_kind", ".span_type")
"""What the attributes end in, by which products say of their own spans what they are."""

_CALLS_TELL: Final = (
    *(name for dialect in DIALECTS for field in (Field.INPUT, Field.OUTPUT) for name in dialect.fields.get(field, ())),
    # Of an answer that told no usage.
    *GEN_AI.fields[Field.RESPONSE_ID],
    *(name for dialect in DIALECTS for name in dialect.markers if name in dialect.texts),
)


def kind_at_start(attributes: Attributes) -> str | None:
    """Return the Kind that the attributes a span starts with name, None where they don't say."""
    for name in _OPERATIONS:
        operation = attributes.get(name)
        if operation is not None:
            kind = _KINDS.get(operation) if type(operation) is str else _kind(operation)
            return _who_runs(attributes) if kind == Kind.AGENT else kind
    return None


def kind_of(attributes: Attributes) -> str | None:
    """Return the Kind that a span's attributes name, None where no dialect speaks of it."""
    for name in _OPERATIONS:
        operation = attributes.get(name)
        if operation is not None:
            kind = _KINDS.get(operation) if type(operation) is str else _kind(operation)
            if kind is not None:
                return _who_runs(attributes) if kind == Kind.AGENT else kind
    if MARKERS.isdisjoint(attributes):
        return None
    # An operation we don't know, or none (conventions before v1.26): a call where it tells usage, or what tells of it,
    # if no attribute of a product we don't know says otherwise.
    kind = _kind_of_its_own(attributes)
    if kind is not None:
        return _who_runs(attributes) if kind == Kind.AGENT else kind
    for name in _CALLS_TELL:
        if name in attributes:
            return Kind.CALL
    return None


def _kind_of_its_own(attributes: Attributes) -> str | None:
    """Return the Kind that an attribute of anybody's own names, in words that others name it with, too."""
    for name, told in tuple(attributes.items()):
        if type(name) is str and name.endswith(SAYS_KIND):
            word = plain(told)
            # A member of an enumeration may be written with its class before it.
            kind = _KINDS_BY_WORD.get(word.rpartition(".")[2].lower()) if type(word) is str else None
            if kind is not None:
                return kind
    return None


def _kind(operation: object) -> str | None:
    operation = plain(operation)
    return _KINDS.get(operation) if type(operation) is str else None


def _who_runs(attributes: Attributes) -> str:
    """Tell an agent from a workflow that calls itself one."""
    if _RUNS_OTHERS.isdisjoint(attributes):
        return Kind.AGENT
    for name, value in _WORKFLOWS.items():
        if plain(attributes.get(name)) == value:
            return Kind.WORKFLOW
    for name, steps in _GRAPHS.items():
        told = plain(attributes.get(name))
        if type(told) is tuple and steps.isdisjoint(cast("tuple[object, ...]", told)):
            return Kind.WORKFLOW
    return Kind.AGENT
