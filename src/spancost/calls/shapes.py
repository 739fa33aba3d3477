"""The attribute names of a span, and where each field of a call stands among them.

An instrumentation writes the same names on every call: what they mean is found out once, and from then on all the
fields of a call are taken out of its attributes in one step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeVar

from spancost.calls.dialects import DIALECTS, Field

__all__ = ["ABSENT", "SHAPES", "SPELLINGS", "Shape", "learn", "remember"]

T = TypeVar("T")

SPELLINGS: Final[Mapping[int, tuple[str, ...]]] = {
    field: tuple(dict.fromkeys(name for dialect in DIALECTS for name in dialect.fields.get(field, ())))
    for field in range(Field.COUNT)
}
"""Field -> its names in every dialect, best first."""

ABSENT: Final = (0, None)
"""What a count is that isn't told, and what any other field is."""

_TEXTS: Final = {
    **{name: frozenset(fields) for dialect in DIALECTS for name, fields in dialect.texts.items()},
    **{name: frozenset({field}) for dialect in DIALECTS for name, field in dialect.quoted.items()},
}
_USUAL: Final = frozenset({*range(Field.REASONING + 1), *range(Field.TOKENS, Field.COUNT)}) - {Field.CACHE_WRITE_1H}

_MOST_SHAPES: Final = 256
_MOST_NAMES: Final = 128
_LONGEST: Final = 8_192
"""Characters in the names of a shape that is remembered."""


class Shape(NamedTuple):
    """How to read the spans whose attributes have certain names, in a certain order."""

    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    """Takes the values of the fields that are told, each under its best name."""
    place: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    """Puts what was picked, with ABSENT behind it, in the order of Field."""
    told: int
    """Bit n: token field n is told."""
    usual: bool
    """No count is told that few calls have."""
    has_text: bool
    """Counts or names that nothing else tells may stand in a JSON text."""
    spelled: tuple[tuple[int, tuple[str, ...]], ...]
    """The fields that are told, each with its names, best first."""
    twice: tuple[int, ...]
    """Those of them with several: the best may tell nothing."""


SHAPES: Final[dict[tuple[str, ...], Shape]] = {}
"""Names -> shape. It has no lock."""


def learn(names: tuple[str, ...]) -> Shape:
    """Return the shape of these attribute names, and remember it."""
    told = frozenset(names)
    spelled = tuple(
        [
            (field, tuple([each for each in spellings if each in told]))
            for field, spellings in SPELLINGS.items()
            if not told.isdisjoint(spellings)
        ]
    )
    fields = [field for field, _ in spelled]
    absent = [len(fields) + (field >= Field.TOKENS) for field in range(Field.COUNT)]
    shape = Shape(
        pick=_getter([best for _, (best, *_) in spelled]),
        place=itemgetter(*(fields.index(field) if field in fields else absent[field] for field in range(Field.COUNT))),
        told=sum(1 << field for field in fields if field < Field.TOKENS),
        usual=_USUAL.issuperset(fields),
        has_text=any(name in _TEXTS and not _TEXTS[name].issubset(fields) for name in names),
        spelled=spelled,
        twice=tuple([field for field, known in spelled if len(known) > 1]),
    )
    return remember(SHAPES, names, shape)


def remember(known: dict[tuple[str, ...], T], names: tuple[str, ...], meaning: T) -> T:
    """Remember what these attribute names mean, and return it: what is full is emptied, and learned again."""
    if len(names) <= _MOST_NAMES and sum(map(len, names)) <= _LONGEST:
        if len(known) >= _MOST_SHAPES:
            known.clear()
        known[names] = meaning
    return meaning


def _getter(names: list[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """Return an itemgetter; its like where there is but one name or none, of which it makes no tuple."""
    return itemgetter(*names) if len(names) > 1 else lambda attributes: tuple([attributes[name] for name in names])
