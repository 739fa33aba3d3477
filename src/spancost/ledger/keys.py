"""What calls are grouped by: our keys, the attribute names that mean the same, and what a charge itself tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from spancost.calls.who import NAMES
from spancost.ledger.row import COLUMNS_OF_WHO

if TYPE_CHECKING:
    from spancost.rollup import Charge

__all__ = ["COLUMNS", "attribution_of", "reader"]

_OF_CHARGE: Final[Mapping[str, Callable[[Charge], str | None]]] = {
    "model": lambda charge: charge.call.request_model,
    "provider": lambda charge: charge.call.provider,
    "operation": lambda charge: charge.call.operation,
    "response_model": lambda charge: charge.call.models[0] if charge.call.models else "",
    "error": lambda charge: charge.error,
    "agent_path": lambda charge: charge.agent_path,
    "status": lambda charge: charge.status,
    "instrumentation": lambda charge: charge.emitter.scope,
}
"""Column -> how a charge tells it; all others are attribution."""

COLUMNS: Final[Mapping[str, str]] = {
    "model": "model",
    "provider": "provider",
    "agent_path": "agent_path",
    "status": "status",
    "instrumentation": "instrumentation",
    "gen_ai.request.model": "model",
    "gen_ai.provider.name": "provider",
    "gen_ai.operation.name": "operation",
    "gen_ai.response.model": "response_model",
    "error.type": "error",
    **{name: key for key in COLUMNS_OF_WHO for name in (key, *NAMES[key])},
}
"""Key -> the column that has it, in whichever attribute it was told; any other is an attribute's name."""


def attribution_of(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the attribution keys that have to be read to group by these keys."""
    return tuple(dict.fromkeys(COLUMNS.get(key, key) for key in keys if COLUMNS.get(key) not in _OF_CHARGE))


def reader(key: str, places: tuple[str, ...]) -> Callable[[Charge], str | None]:
    """Return what reads a key from a charge that has values of the attribution keys `places`, in their order."""
    column = COLUMNS.get(key)
    if column in _OF_CHARGE:
        return _OF_CHARGE[column]
    place = places.index(column or key)
    return lambda charge: charge.who[place]
