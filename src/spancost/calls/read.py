"""A span's attributes -> the model call they tell of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from spancost.calls.dialects import DIALECTS, Field, Kind
from spancost.calls.usage import Usage

__all__ = ["ABSURD", "MARKERS", "Attributes", "Call", "kind_at_start", "kind_of", "read_call"]

Attributes = Mapping[str, Any]
"""A span's attributes as OpenTelemetry cleans them: str, bool, int, float, bytes, or sequences of them."""

ABSURD: Final = 10**12
"""Tokens that no call can have used: such a count is a fault of who wrote it, never money."""

_ABSURD_USD: Final = 10**7

_LONGEST: Final = 512
"""Characters of a name or an id. Longer ones are nobody's, and names are remembered: they are as good as absent."""

MARKERS: Final = frozenset[str]().union(*(dialect.markers for dialect in DIALECTS))
"""A span with none of these attributes is no model call, agent or tool of any dialect we read."""

_KINDS: Final[dict[str, str]] = {
    operation: kind for dialect in reversed(DIALECTS) for operation, kind in dialect.operations.items()
}
_OPERATIONS: Final = tuple(name for dialect in DIALECTS for name in dialect.fields[Field.OPERATION])

_USAGE_NAMES: Final = tuple(
    name for dialect in DIALECTS for field in (Field.INPUT, Field.OUTPUT) for name in dialect.fields.get(field, ())
)


def _slots() -> dict[str, int]:
    slots: dict[str, int] = {}
    taken = [0] * Field.COUNT
    for dialect in DIALECTS:
        for field, names in dialect.fields.items():
            for name in names:
                if name not in slots:
                    slots[name] = taken[field] * Field.COUNT + field
                    taken[field] += 1
    return slots


# Attribute name -> slot: one pass over a span's attributes reads every field of every dialect. The first COUNT slots
# are each field's best name, the next COUNT its second best, and so on.
_SLOTS: Final = _slots()
_EMPTY_ROW: Final[list[Any]] = [None] * (max(_SLOTS.values()) // Field.COUNT + 1) * Field.COUNT

# A tuple is made three times as fast without its class's own constructor.
_tuple: Final = cast("Callable[[type[Any], Iterable[Any]], Any]", tuple.__new__)


class Call(NamedTuple):
    """One request to a model, as one span tells it; a tuple because one is made on every model span."""

    provider: str
    models: tuple[str, ...]
    """The response's model, then the request's."""
    request_model: str
    response_id: str
    usage: Usage | None
    """None where nothing was told, or where what was told can't be true."""
    partial: bool
    """Input or output was told, the other was not: `usage` is a lower bound."""
    reason: str
    """Why `usage` is None: `no_usage` or `invalid_usage`; else empty."""
    stated_cost: int | None
    """Pico-USD that the span says the call cost, whoever computed it."""
    stated_by: str
    """Who stated it: `provider`, `local` (a library's price list), or empty."""
    amount_present: bool
    """The span already has `gen_ai.usage.cost.amount`, which nobody may overwrite."""


def kind_at_start(attributes: Attributes) -> str | None:
    """Return the Kind that the attributes a span starts with name, None where they don't say."""
    for name in _OPERATIONS:
        operation = attributes.get(name)
        if operation is not None:
            return _KINDS.get(operation) if isinstance(operation, str) else None
    return None


def kind_of(attributes: Attributes) -> str | None:
    """Return the Kind that a span's attributes name, None where no dialect speaks of it."""
    if MARKERS.isdisjoint(attributes):
        return None
    for name in _OPERATIONS:
        operation = attributes.get(name)
        if operation is not None:
            kind = _KINDS.get(operation) if isinstance(operation, str) else None
            if kind is not None:
                return kind
    # An operation we don't know, or none (conventions before v1.26): a call where it tells usage.
    for name in _USAGE_NAMES:
        if name in attributes:
            return Kind.CALL
    return None


def read_call(attributes: Attributes) -> Call:
    """Read the call that a span of kind CALL tells of; impossible counts are a reason, never an exception."""
    row = _EMPTY_ROW.copy()
    slot_of = _SLOTS.get
    second_best = False
    for name, value in attributes.items():
        slot = slot_of(name)
        # LiteLLM writes dozens of keys as "": empty is absent.
        if slot is not None and value != "":
            row[slot] = value
            if slot >= Field.COUNT:
                second_best = True
    if second_best:
        for slot in range(Field.COUNT, len(row)):
            if row[slot] is not None and row[slot % Field.COUNT] is None:
                row[slot % Field.COUNT] = row[slot]
    request_model = row[Field.REQUEST_MODEL]
    response_model = row[Field.RESPONSE_MODEL]
    if type(request_model) is not str or len(request_model) > _LONGEST:
        request_model = ""
    if type(response_model) is not str or len(response_model) > _LONGEST or response_model == request_model:
        models = (request_model,) if request_model else ()
    else:
        models = (response_model, request_model) if request_model else (response_model,)
    provider = row[Field.PROVIDER]
    response_id = row[Field.RESPONSE_ID]
    usage, partial, reason = _usage(row)
    amount_present = row[Field.COST] is not None
    if amount_present or row[Field.LIST_COST] is not None:
        stated_cost, stated_by = _stated(row)
    else:
        stated_cost, stated_by = None, ""
    return _tuple(
        Call,
        (
            provider if type(provider) is str and len(provider) <= _LONGEST else "",
            models,
            request_model or (models[0] if models else ""),
            response_id if type(response_id) is str and len(response_id) <= _LONGEST else "",
            usage,
            partial,
            reason,
            stated_cost,
            stated_by,
            amount_present,
        ),
    )


def _usage(row: list[Any]) -> tuple[Usage | None, bool, str]:
    counts = row[Field.INPUT : Field.AUDIO_CACHE_READ + 1]
    partial = False
    if counts[0] is None or counts[1] is None:
        if counts[0] is None and counts[1] is None:
            return None, False, "no_usage"
        partial = True
    for place, count in enumerate(counts):
        if count is None:
            counts[place] = 0
        elif type(count) is not int or not 0 <= count < ABSURD:  # a bool is not an int here
            if type(count) is not float or not 0 <= count < ABSURD or not count.is_integer():
                return None, False, "invalid_usage"
            # Emitters in languages without integers.
            counts[place] = int(count)
    usage: Usage = _tuple(Usage, counts)
    if usage.cache_write_1h > usage.cache_write:
        usage = usage._replace(cache_write=usage.cache_write_1h)
    # The conventions put the cache inside input and reasoning inside output; some emitters leave them out.
    if usage.cache_read + usage.cache_write > usage.input:
        usage = usage._replace(input=usage.input + usage.cache_read + usage.cache_write)
    if usage.reasoning > usage.output:
        usage = usage._replace(output=usage.output + usage.reasoning)
    return usage, partial, ""


def _stated(row: list[Any]) -> tuple[int | None, str]:
    if (amount := _pico(row[Field.COST])) is not None and row[Field.COST_CURRENCY] in ("USD", None):
        return amount, "provider" if row[Field.COST_SOURCE] == "provider" else "local"
    if (amount := _pico(row[Field.LIST_COST])) is not None:
        return amount, "local"
    return None, ""


def _pico(amount: object) -> int | None:
    # A reported 0 with tokens is ignored: libraries write it for models they don't know.
    if isinstance(amount, (int, float)) and not isinstance(amount, bool) and 0 < amount < _ABSURD_USD:
        return round(amount * 10**12)
    return None
