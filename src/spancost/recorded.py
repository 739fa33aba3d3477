"""The arguments of `record_call` -> what its span says; each that can't be read is one warning."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from operator import index
from typing import Any, Final, NamedTuple, SupportsIndex, cast

from spancost import semconv
from spancost.calls import Usage
from spancost.calls.dialects import Field
from spancost.calls.plain import plain
from spancost.calls.read import ABSURD
from spancost.calls.shapes import SPELLINGS
from spancost.faults import leave_to_host, say

__all__ = ["Recorded", "read"]

_logger = logging.getLogger(__name__)

_ABSURD_USD: Final = 10**7
_HALF_A_PICO: Final = 0.5e-12
"""USD that are no money: they are counted in whole pico-dollars."""

_USAGE: Final = {
    "input": semconv.GEN_AI_USAGE_INPUT_TOKENS,
    "output": semconv.GEN_AI_USAGE_OUTPUT_TOKENS,
    "cache_read": semconv.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    "cache_write": semconv.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    "reasoning": semconv.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
}
"""Keys of usage that are read -> the attribute each is written as."""

_TOLD: Final = {
    key: SPELLINGS[field][0]
    for key, field in (
        ("cache_write_1h", Field.CACHE_WRITE_1H),
        ("audio_input", Field.AUDIO_INPUT),
        ("audio_output", Field.AUDIO_OUTPUT),
        ("audio_cache_read", Field.AUDIO_CACHE_READ),
    )
}
"""Further keys -> the attribute that the engine is told of each; they are written on no span."""

_KEYS: Final = {**_USAGE, **_TOLD}

_PARTS: Final = (
    ("input", ("cache_read", "cache_write")),
    ("input", ("audio_input",)),
    ("output", ("reasoning",)),
    ("output", ("audio_output",)),
    ("cache_write", ("cache_write_1h",)),
    ("cache_read", ("audio_cache_read",)),
)
"""Counts that include others, and those: together they are no more."""

_UNREADABLE: Final = {semconv.GEN_AI_USAGE_INPUT_TOKENS: -1}
"""A count that can't be true, and so a call with `invalid_usage`; told to the engine and written on no span."""

_MOST_NAMED: Final = 5
"""Unread keys that one warning names."""


class Recorded(NamedTuple):
    """A call as `record_call` was told of it."""

    name: str
    """Of its span."""
    written: dict[str, Any]
    """Its span's attributes."""
    told: dict[str, Any]
    """What the engine reads instead of them."""


def read(
    provider: object,
    model: object,
    usage: object,
    response_id: object,
    operation: object,
    cost: object,
    attributes: object,
) -> Recorded:
    """Return the call as far as its arguments can be read."""
    operation = _text("operation", operation) or "chat"
    model = _text("model", model)
    counts, believed = _counts(usage)
    written: dict[str, Any] = {
        semconv.GEN_AI_OPERATION_NAME: operation,
        semconv.GEN_AI_PROVIDER_NAME: _text("provider", provider),
        semconv.GEN_AI_REQUEST_MODEL: model,
        **{_USAGE[key]: count for key, count in counts.items() if key in _USAGE},
    }
    if response_id and (told_id := _text("response_id", response_id)):
        written[semconv.GEN_AI_RESPONSE_ID] = told_id
    charged = _amount(cost)
    if charged is not None:
        written[semconv.GEN_AI_USAGE_COST_AMOUNT] = charged
        written[semconv.GEN_AI_USAGE_COST_CURRENCY] = "USD"
        written[semconv.GEN_AI_USAGE_COST_SOURCE] = "provider"
    # What an argument says goes before what an attribute of the same name does.
    written = _further(attributes, written) | written
    told = written | {_TOLD[key]: count for key, count in counts.items() if key in _TOLD}
    return Recorded(f"{operation} {model}".strip(), written, told if believed else told | _UNREADABLE)


def _text(argument: str, value: object) -> str:
    """Return an argument that must be text, as its very class: an enumeration's member may say something else."""
    if isinstance(value, str):
        text = str.__str__(value)
        # A lone surrogate in a span's name would cost the exporter its whole batch.
        return text if text.isascii() else text.encode(errors="replace").decode()
    _wrong(argument, "text", type(value).__name__, "it is not read")
    return ""


def _counts(usage: object) -> tuple[dict[str, int], bool]:
    """Return token counts by key, and whether what is told of usage can be true; a warning says what can't."""
    told: Mapping[Any, Any] = {}
    if isinstance(usage, Usage):
        # Of a Usage every part is there, told or not.
        told = {key: count for key, count in usage._asdict().items() if count or key in ("input", "output")}
    elif isinstance(usage, Mapping):
        told = cast("Mapping[Any, Any]", usage)
    elif usage is not None:
        wanted = "a mapping or a spancost.Usage"
        _wrong("usage", wanted, type(usage).__name__, "the call is counted as unpriced")
        return {}, False
    if unread := [key for key in told if key not in _KEYS]:
        named = ", ".join(f"{key!r:.40}" for key in unread[:_MOST_NAMED])
        _warn(f"record_call does not read {named} of usage; the keys are {', '.join(_KEYS)}")
    counts: dict[str, int] = {}
    believed = True
    for key in _KEYS:
        if (raw := told.get(key)) is None:
            continue
        count = _whole(raw)
        if count is None or not 0 <= count < ABSURD:
            believed = False
            got = type(raw).__name__ if count is None else "less" if count < 0 else "more"
            wanted = f"a whole number, from 0 and under {ABSURD}"
            _wrong(f"{key} in usage", wanted, got, "the call is counted as unpriced")
        elif count or key in ("input", "output"):
            # Of the parts of input and output only those that there are.
            counts[key] = count
    return counts, believed and _are_possible(counts)


def _whole(told: object) -> int | None:
    """Return a whole number of any class as an int, None where it is none."""
    known = plain(told)
    if type(known) is int:
        return known
    if type(known) is float:
        return int(known) if known.is_integer() else None
    if known is not None:
        return None
    try:
        return index(cast("SupportsIndex", told))
    except Exception as fault:  # noqa: BLE001 - whatever a class of the program's raises
        leave_to_host(fault)
        return None


def _are_possible(counts: Mapping[str, int]) -> bool:
    """Tell whether the parts are no more than what they are parts of."""
    for whole, parts in _PARTS:
        if whole in counts and sum(counts.get(part, 0) for part in parts) > counts[whole]:
            _warn(
                f"usage of record_call says more {' and '.join(parts)} than {whole}, which includes them; "
                "the call is counted as unpriced"
            )
            return False
    return True


def _further(attributes: object, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return further attributes of the span, those that have a name; what an argument says otherwise is a warning."""
    if attributes is None:
        return {}
    wanted = "a mapping of attributes by name"
    if not isinstance(attributes, Mapping):
        _wrong("attributes", wanted, type(attributes).__name__, "none of them is taken")
        return {}
    found = dict(cast("Mapping[Any, Any]", attributes))
    for name in [name for name in found if not isinstance(name, str)]:
        del found[name]
        _wrong("attributes", wanted, f"a name of type {type(name).__name__}", "that one is not taken")
    for name in found.keys() & written.keys():
        if found[name] is not written[name]:
            _warn(f"an argument of record_call goes before {name!r:.60} of its attributes")
    return found


def _amount(cost: object) -> float | None:
    """Return what a provider charged, None with a warning where it can't be an amount of USD."""
    if cost is None:
        return None
    got = type(cost).__name__
    if isinstance(cost, (int, float, Decimal)) and not isinstance(cost, bool):
        try:
            amount = float(cost)
        except (OverflowError, ValueError):
            amount = float("nan")
        if _HALF_A_PICO < amount < _ABSURD_USD:  # not NaN either
            return amount
        # Not the number: there may be millions, and a warning is told once.
        got = (
            "less"
            if amount < 0
            else "0"
            if amount <= _HALF_A_PICO
            else f"{_ABSURD_USD} or more"
            if amount >= _ABSURD_USD
            else "no number"
        )
    _wrong("cost", f"USD, above 0 and under {_ABSURD_USD}", got, "the call is priced by the table")
    return None


def _wrong(argument: str, wanted: str, got: str, instead: str) -> None:
    _warn(f"{argument} of record_call must be {wanted}, got {got}; {instead}")


@lru_cache(maxsize=64)
def _warn(message: str) -> None:
    """Warn of how the program calls us, once of each fault: the call may be one of millions."""
    say(_logger, logging.WARNING, "spancost: %s", message)
