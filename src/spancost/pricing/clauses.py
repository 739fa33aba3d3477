"""The matching clauses of the price table, compiled to predicates over lower-case names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Clause", "Predicate", "predicate"]

Clause: TypeAlias = "dict[str, str | list[Clause]]"
"""An operator and its operand: `{"starts_with": "gpt-5"}`, `{"or": [...]}`; operands are lower case but for regexes."""

Predicate: TypeAlias = Callable[[str], bool]


def predicate(clause: Clause) -> Predicate:
    """Return the clause as a function of a lower-case name.

    Regexes come from a snapshot that we built and search the name, which the caller has kept short.
    """
    ((operator, operand),) = clause.items()
    if isinstance(operand, list):
        parts = [predicate(part) for part in operand]
        join = _JOINS[operator]
        return lambda name: join(part(name) for part in parts)
    return _TESTS[operator](operand)


_JOINS: dict[str, Callable[..., bool]] = {"or": any, "and": all}


def _equals(operand: str) -> Predicate:
    return lambda name: name == operand


def _starts_with(operand: str) -> Predicate:
    return lambda name: name.startswith(operand)


def _ends_with(operand: str) -> Predicate:
    return lambda name: name.endswith(operand)


def _contains(operand: str) -> Predicate:
    return lambda name: operand in name


def _regex(operand: str) -> Predicate:
    search = re.compile(operand).search
    return lambda name: search(name) is not None


_TESTS: dict[str, Callable[[str], Predicate]] = {
    "equals": _equals,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "contains": _contains,
    "regex": _regex,
}
