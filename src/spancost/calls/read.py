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
_EMPTY_ROW: Final[list[Any]] = [0] * Field.TOKENS + [None] * (
    max(_SLOTS.values()) // Field.COUNT * Field.COUNT + Field.COUNT - Field.TOKENS
)

_TOKENS: Final = Field.TOKENS
_COUNT: Final = Field.COUNT
_BOTH: Final = 1 << Field.INPUT | 1 << Field.OUTPUT
_INVALID: Final = 1 << Field.TOKENS

# A tuple is made three times as fast without its class's own constructor.
_tuple: Final = cast("Callable[[type[Any], Iterable[Any]], Any]", tuple.__new__)  # pyright: ignore[reportUnknownMemberType]


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
    operation: str
    """As told, `chat` where nothing is."""


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
    told = 0  # Bit n: token field n.
    odd = False
    for name, value in attributes.items():
        slot = slot_of(name)
        if slot is not None:
            row[slot] = value
            if slot < _TOKENS:
                told |= 1 << slot
                if type(value) is not int or not 0 <= value < ABSURD:  # a bool is not an int here
                    odd = True
            elif slot >= _COUNT:
                odd = True
    if odd:
        told = _mend(row, told)
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
    operation = row[Field.OPERATION]
    usage = None
    reason = ""
    if told & _BOTH:
        usage = _tuple(Usage, row[:_TOKENS])
        if usage.cache_read or usage.cache_write or usage.cache_write_1h or usage.reasoning:
            usage = _inclusive(usage)
    else:
        reason = "invalid_usage" if told == _INVALID else "no_usage"
    amount_present = row[Field.COST] is not None
    stated_cost, stated_by = None, ""
    if amount_present or row[Field.LIST_COST] is not None:
        stated_cost, stated_by = _stated(row)
    return _tuple(
        Call,
        (
            provider if type(provider) is str and len(provider) <= _LONGEST else "",
            models,
            request_model or (models[0] if models else ""),
            response_id if type(response_id) is str and len(response_id) <= _LONGEST else "",
            usage,
            usage is not None and told & _BOTH != _BOTH,
            reason,
            stated_cost,
            stated_by,
            amount_present,
            operation if type(operation) is str and len(operation) <= _LONGEST else "chat",
        ),
    )


def _mend(row: list[Any], told: int) -> int:
    """Take second-best names where the best tell nothing, and check counts; return which token fields are told.

    No bit of input and output is set where any count can't be true: then some other bit says that something was told.
    """
    for slot in range(Field.COUNT, len(row)):
        field = slot % Field.COUNT
        value = row[slot]
        if value is None or value == "":
            continue
        if field >= Field.TOKENS:
            if row[field] is None or row[field] == "":
                row[field] = value
        elif not told >> field & 1 or row[field] == "":
            row[field] = value
            told |= 1 << field
    for field in range(Field.TOKENS):
        count = row[field]
        if type(count) is int and 0 <= count < ABSURD:
            continue
        if count is None or count == "":
            # LiteLLM writes dozens of keys as "": empty is absent.
            row[field] = 0
            told &= ~(1 << field)
        elif type(count) is float and 0 <= count < ABSURD and count.is_integer():
            # Emitters in languages without integers.
            row[field] = int(count)
        else:
            return _INVALID
    return told


def _inclusive(usage: Usage) -> Usage:
    """Put the cache inside input and reasoning inside output, as the conventions say and some emitters don't."""
    if usage.cache_write_1h > usage.cache_write:
        usage = usage._replace(cache_write=usage.cache_write_1h)
    cached = usage.cache_read + usage.cache_write
    if cached > usage.input:
        usage = usage._replace(input=usage.input + cached)
    if usage.reasoning > usage.output:
        usage = usage._replace(output=usage.output + usage.reasoning)
    return usage


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
