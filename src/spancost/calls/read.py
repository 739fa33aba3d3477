"""A span's attributes -> the model call they tell of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, cast

from spancost.calls.dialects import ANYBODY, DIALECTS, Emitter, Field
from spancost.calls.guesses import GUESSING, are_guessed
from spancost.calls.inside import CONVENTIONAL, whole
from spancost.calls.lacks import CACHE_UNTOLD, HALF_USAGE, LACKING, is_begun, lack_of
from spancost.calls.plain import is_count, plain
from spancost.calls.shapes import ABSENT, SHAPES, learn
from spancost.calls.stated import stated
from spancost.calls.texts import opened
from spancost.calls.usage import Usage
from spancost.faults import leave_to_host

__all__ = [
    "ABSURD",
    "Attributes",
    "Call",
    "read_call",
]

Attributes = Mapping[str, Any]
"""A span's attributes as OpenTelemetry cleans them: str, bool, int, float, bytes, or sequences of them."""

ABSURD: Final = 10**10
"""Tokens that no call can have used, a thousand times the longest context: a fault of who wrote it, never money."""

_NO_ID: Final = frozenset({"None", "null", "undefined"})
"""What languages make of an id that is not there, where it is written as text."""

_PLAUSIBLE: Final = 1 << 33
"""Less than ABSURD, and more than any real call uses."""

_EMBEDDINGS: Final = "embeddings"
"""The operation that has no output."""

_LONGEST: Final = 512
"""Characters of a name or an id. Longer ones are nobody's, and names are remembered: they are as good as absent."""

_SPOKEN: Final = {told: spoken for dialect in DIALECTS for told, spoken in dialect.spoken.items()}

# Parts of a row.
_USAGE: Final = slice(Field.TOKENS)
_COMMON: Final = slice(Field.REASONING + 1)
_NAMED: Final = slice(Field.OPERATION, Field.RESPONSE_ID)
_REST: Final = slice(Field.RESPONSE_ID, Field.COUNT)

_WHOLE: Final = ("", CACHE_UNTOLD)
"""Reasons of usage that is no lower bound."""

_BOTH: Final = 1 << Field.INPUT | 1 << Field.OUTPUT
_READ: Final = 1 << Field.CACHE_READ
_WRITTEN: Final = 1 << Field.CACHE_WRITE
_INVALID: Final = 1 << Field.TOKENS

# A tuple is made three times as fast without its class's own constructor.
_tuple: Final = cast("Callable[[type[Any], Iterable[Any]], Any]", tuple.__new__)  # pyright: ignore[reportUnknownMemberType]


_Names = tuple[str, tuple[str, ...], str, str]
"""Provider, models, requested model and operation of a call."""

_NAMES: Final[dict[tuple[object, ...], _Names]] = {}
"""What spans tell of these -> what holds. Few are ever told, and each stands in memory once. Bounded like SHAPES."""

_MOST_NAMES: Final = 1_024


class Call(NamedTuple):
    """One request to a model, as one span tells it; a tuple because one is made on every model span."""

    provider: str
    models: tuple[str, ...]
    """The response's model, the request's, then what a price list calls it."""
    request_model: str
    response_id: str
    usage: Usage | None
    """None where nothing was told, or where what was told can't be true."""
    partial: bool
    """`usage` is a lower bound."""
    reason: str
    """Why `usage` is None: `no_usage` or `invalid_usage`; or a lower bound: `cut_off` (the answer broke off),
    `half_usage` (of input and output one was told), `last_request` (of several the last is told alone) or
    `no_cache_usage` (cached tokens may be missing); or not told apart: `cache_untold`; else empty."""
    stated_cost: int | None
    """Pico-USD that the span says the call cost, whoever computed it."""
    stated_by: str
    """Who stated it: `provider`, `local` (a library's price list), or empty."""
    amount_present: bool
    """The span already has `gen_ai.usage.cost.amount`, which nobody may overwrite."""
    operation: str
    """As the conventions call it, `chat` where nothing is told."""
    estimated: bool
    """The instrumentation counted tokens itself, which the provider bills otherwise: `usage` is None for that. Where it
    only may have, `usage` is what it says."""
    is_free: bool
    """The span says that it cost nothing: so libraries say of models they don't know, and of answers they kept."""
    answer: Usage | None
    """What of `usage` went into the answer, where more was used than that: another record may know no more of it."""


def read_call(attributes: Attributes, emitter: Emitter = ANYBODY, error: str | None = None) -> Call:
    """Read the call that a span of kind CALL tells of; impossible counts are a reason, never an exception.

    `error` is what the span's status says of an error, None where there was none.
    """
    try:
        shape = tuple(attributes)
        pick, place, told, usual, has_text, spelled, twice = SHAPES.get(shape) or learn(shape)
        if has_text:
            return read_call(opened(attributes), emitter, error)
        row = place(pick(attributes) + ABSENT)
    except (KeyError, RuntimeError) as fault:
        leave_to_host(fault)
        # Another thread took an attribute away meanwhile; the copy is ours alone.
        return read_call(dict(attributes), emitter, error)
    input_, output, read, write, _, reasoning = row[_COMMON]
    if (
        usual
        and type(input_) is int  # a bool is not an int here
        and type(output) is int
        and type(read) is int
        and type(write) is int
        and type(reasoning) is int
        # All five at once: it is negative if one is, and as large as the largest.
        and 0 <= input_ | output | read | write | reasoning < _PLAUSIBLE
        and (not twice or _tells(row, twice))
    ):
        is_whole = read + write <= input_ and reasoning <= output
    else:
        row, told = _mended(attributes, spelled)
        is_whole = False
    provider, models, request_model, operation = _named(row[_NAMED])
    usage = None
    reason = ""
    if told & _BOTH and (row[Field.INPUT] or row[Field.OUTPUT]):
        usage = _tuple(Usage, row[_USAGE])
        if not is_whole or emitter not in CONVENTIONAL:
            usage = whole(usage, emitter, provider, request_model, attributes)
    else:
        # None at all is "not known", too: no request is free of input.
        reason = "invalid_usage" if told == _INVALID else "no_usage"
    guessed: bool | None = False
    if usage is not None and emitter in GUESSING and operation != _EMBEDDINGS:
        guessed = are_guessed(attributes, emitter, usage)
        if guessed:
            usage, reason = None, "no_usage"
    if usage is not None:
        if error is not None:
            reason = "cut_off"
            if is_begun(usage, models):
                usage = usage._replace(output=0, reasoning=0)
        elif told & _BOTH != _BOTH and operation != _EMBEDDINGS:
            reason = HALF_USAGE
        elif emitter in LACKING:
            tells_reads, tells_writes = told & _READ != 0, told & _WRITTEN != 0
            reason = lack_of(
                usage, emitter, provider, models, attributes, tells_reads=tells_reads, tells_writes=tells_writes
            )
            if reason == HALF_USAGE:
                usage = usage._replace(output=0, reasoning=0)
    response_id, amount, _, _, list_cost = row[_REST]
    stated_cost, stated_by = None, ""
    if (amount is not None or list_cost is not None) and not guessed:
        stated_cost, stated_by = stated(row)
    return _tuple(
        Call,
        (
            provider,
            models,
            request_model,
            _id(response_id) if response_id is not None else "",
            usage,
            usage is not None and reason not in _WHOLE,
            reason,
            stated_cost,
            stated_by,
            amount is not None,
            operation,
            guessed is not False,
            list_cost is not None and plain(list_cost) == 0,
            None,
        ),
    )


def _tells(row: tuple[Any, ...], fields: tuple[int, ...]) -> bool:
    """Tell whether each of these fields is told by the best of its names: as a text that isn't empty, or a number."""
    for field in fields:
        value = row[field]
        if not (type(value) is int or (type(value) is str and value)):
            return False
    return True


def _mended(attributes: Attributes, spelled: tuple[tuple[int, tuple[str, ...]], ...]) -> tuple[tuple[Any, ...], int]:
    """Read a row field by field: second-best names where the best tell nothing, and counts only if they can be true.

    Also return which token fields are told. No bit of input and output is set where any count can't be true: then
    some other bit says that something was told.
    """
    row: list[Any] = [0] * Field.TOKENS + [None] * (Field.COUNT - Field.TOKENS)
    told = 0
    for field, names in spelled:
        for name in names:
            value = attributes.get(name)
            if value is None:
                continue
            known = plain(value)
            if known is not None:
                value = known
            # LiteLLM writes dozens of keys as "": empty is absent.
            if type(value) is not str or value:
                row[field] = value
                told |= 1 << field
                break
    told &= (1 << Field.TOKENS) - 1
    for field in range(Field.TOKENS):
        count = row[field]
        if type(count) is int and 0 <= count < ABSURD:  # a bool is not an int here
            continue
        if type(count) is float and 0 <= count < ABSURD and count.is_integer():
            # Emitters in languages without integers.
            row[field] = int(count)
        elif type(count) is str and is_count(count):
            row[field] = int(count)
        else:
            return tuple(row), _INVALID
    return tuple(row), told


def _named(told: tuple[Any, ...]) -> _Names:
    """Return the names of a call from what its span tells of operation, provider and models, and remember them."""
    try:
        known = _NAMES.get(told)
    except TypeError as fault:
        leave_to_host(fault)
        known = None  # not even hashable: no name
    if known is not None:
        return known
    operation, provider, response_model, request_model, priced_model = map(_name, told)
    models = tuple(dict.fromkeys(filter(None, (response_model, request_model, priced_model))))
    names = provider, models, request_model or response_model, _SPOKEN.get(operation, operation) or "chat"
    # Only what is text by its very class: anything else may be equal to it and mean something else.
    if all(type(each) is str and len(each) <= _LONGEST for each in told if each is not None):
        if len(_NAMES) >= _MOST_NAMES:
            _NAMES.clear()
        _NAMES[told] = names
    return names


def _name(told: object) -> str:
    if type(told) is not str:
        told = plain(told)
    return told if type(told) is str and len(told) <= _LONGEST else ""


def _id(told: object) -> str:
    if type(told) is not str:
        told = plain(told)
    return told if type(told) is str and len(told) <= _LONGEST and told not in _NO_ID else ""
