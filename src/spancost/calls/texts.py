"""Token counts and names that stand in a JSON text, as some backends want them, brought beside those told plainly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from spancost.calls.dialects import DIALECTS, Field
from spancost.calls.shapes import SPELLINGS
from spancost.faults import leave_to_host

__all__ = ["ANSWERS", "only_usage", "opened", "parsed"]

_Path = tuple[str, ...]

_TEXTS: Final[Mapping[str, Mapping[int, list[list[_Path]]]]] = {
    name: {
        field: [[tuple(path.split(".")) for path in sums.split(" + ")] for sums in spellings]
        for field, spellings in fields.items()
    }
    for dialect in DIALECTS
    for name, fields in dialect.texts.items()
}

ANSWERS: Final = tuple(name for dialect in DIALECTS for name in dialect.answers)
"""Attributes with a provider's answer as it came, of which only the usage is read."""

_QUOTED: Final = {name: field for dialect in DIALECTS for name, field in dialect.quoted.items()}

_IMPOSSIBLE: Final = -1
"""A count that can't be true, whatever stands there: it makes the call unpriced."""

_LONGEST: Final = 262_144
"""Characters of a text that is read: counts are few and short, but an answer's words may stand beside them."""

_USAGES: Final = ('"usage": {', '"usageMetadata":{')
"""How it begins in an answer, as its library writes it: quotes within what was said stand behind a backslash."""

_DECODER: Final = json.JSONDecoder()


def only_usage(text: str) -> str:
    """Return what is read of an answer: an object with its usage, the last one in it; empty where it tells none."""
    start = max(0, len(text) - _LONGEST)
    place, usage = max((text.rfind(each, start), each) for each in _USAGES)
    if place < 0:
        return ""
    begin = place + len(usage) - 1
    try:
        _, end = _DECODER.raw_decode(text, begin)
    except (ValueError, RecursionError) as fault:
        leave_to_host(fault)
        return ""
    return f"{{{usage[:-1]}{text[begin:end]}}}"


def opened(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes without such texts, and with what they tell of each field that nothing else tells.

    A text that can't be read tells nothing.
    """
    plain = {name: value for name, value in attributes.items() if name not in _TEXTS and name not in _QUOTED}
    for name, field in _QUOTED.items():
        told = _unquoted(attributes.get(name))
        if told and all(plain.get(each) is None for each in SPELLINGS[field]):
            plain[SPELLINGS[field][0]] = told
    for name, fields in _TEXTS.items():
        counts = parsed(attributes.get(name), name in ANSWERS)
        if not counts:
            continue
        for field, spellings in fields.items():
            names = SPELLINGS[field]
            if all(plain.get(each) is None for each in names):
                found = (_first_sum if field < Field.TOKENS else _first_told)(spellings, counts)
                if found is not None:
                    plain[names[0]] = found
    return plain


def _unquoted(text: object) -> str:
    """Return the name that a JSON text holds, empty where it holds none."""
    if type(text) is not str or not text.startswith('"') or len(text) > _LONGEST:
        return ""
    try:
        return json.loads(text)
    except ValueError as fault:
        leave_to_host(fault)
        return ""


def parsed(text: object, is_answer: bool) -> Mapping[str, Any]:
    """Return what a JSON text holds, of an answer its usage alone; nothing where it can't be read."""
    if type(text) is str and is_answer:
        text = only_usage(text)
    if type(text) is not str or not text.startswith("{") or len(text) > _LONGEST:
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        leave_to_host(fault)
        return {}


def _first_sum(spellings: list[list[_Path]], counts: Mapping[str, Any]) -> int | None:
    """Return the sum of the first spelling whose first path leads to a count, None where none does.

    It is _IMPOSSIBLE where anything that belongs to it is no count.
    """
    for paths in spellings:
        told = [_at(path, counts) for path in paths]
        if told[0] is not None:
            return _IMPOSSIBLE if _IMPOSSIBLE in told else sum(count or 0 for count in told)
    return None


def _first_told(spellings: list[list[_Path]], told: Mapping[str, Any]) -> str | float | None:
    """Return the first name or amount that a path leads to, None where none does."""
    for path, *_ in spellings:
        found = _found(path, told)
        if type(found) in (str, int, float) and found != "":
            return found
    return None


def _found(path: _Path, told: Mapping[str, Any]) -> Any:
    """Return what stands at the end of a path, None where nothing does; a number in it is a place in an array."""
    found: Any = told
    for key in path:
        if type(found) is list:
            values = cast("list[Any]", found)
            found = values[int(key)] if key.isdecimal() and int(key) < len(values) else None
        else:
            found = cast("dict[str, Any]", found).get(key) if type(found) is dict else None
    return found


def _at(path: _Path, counts: Mapping[str, Any]) -> int | None:
    """Return the count at the end of a path, None where nothing is told there, _IMPOSSIBLE where it is no count."""
    found = _found(path, counts)
    if found is None or found == "" or type(found) is dict:
        return None
    if type(found) is float and found.is_integer():
        # Written by a language without integers.
        return int(found)
    return found if type(found) is int and found >= 0 else _IMPOSSIBLE
