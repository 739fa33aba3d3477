"""Values of the host's own classes, taken for what they are by kind: nothing of theirs is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

__all__ = ["is_count", "plain", "plainly"]

_DIGITS: Final = 10
"""Of the largest count that is read from a text."""


def plain(value: object) -> Any:
    """Return a value as exactly a str, bool, int, float, or a tuple of them; None where it is none of these.

    OpenTelemetry lets subclasses through as they are: a member of an enumeration, a number of numpy's, or one whose
    `__eq__`, `__hash__` or `__str__` raises.
    """
    if type(value) in (str, bool, int, float):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__pos__(value)
    if isinstance(value, float):
        return float.__pos__(value)
    if isinstance(value, bytes):
        return bytes.decode(value, errors="replace")
    if type(value) in (list, tuple):
        return tuple(map(plain, cast("list[object] | tuple[object, ...]", value)))
    return None


def is_count(text: str) -> bool:
    """Tell whether a text is a count, as Micrometer writes it, which has texts alone."""
    return text.isdecimal() and text.isascii() and len(text) <= _DIGITS


def plainly(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes with plain names and values, without those that have none."""
    told = {plain(name): plain(value) for name, value in attributes.items()}
    return {name: value for name, value in told.items() if value is not None}
