"""A recording under other names: of its run, its services, its agents and its workflows.

Each name gets another of its length, since a guess is known as one by how long the words are that it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from string import ascii_letters
from typing import Any, Final

from recorded.recording import Recording, Span, read_spans

from spancost.calls.who import NAMES
from spancost.rollup.attribution import NAMES_OF_AGENTS

__all__ = ["other", "renaming"]

_OTHERS: Final = str.maketrans(ascii_letters, ascii_letters[1:] + ascii_letters[0])

_NAMING: Final = {*NAMES_OF_AGENTS, *NAMES["agent"], *NAMES["workflow"]}

_PLAIN: Final = frozenset(name for name in _NAMING if "#" not in name)
"""Attributes that name an agent or a workflow."""

_TEXTS: Final = frozenset(name.partition("#")[0] for name in _NAMING if "#" in name)
"""Those that hold a text with the name in quotes."""


def other(name: str) -> str:
    """Return what is called like this in the recording under its other name."""
    return name.translate(_OTHERS)


def renaming(recording: Recording, named: Iterable[str]) -> Callable[[Span], Span]:
    """Return what renames a span of a recording; `named` are names that only its spans' names tell."""
    spans = chain.from_iterable(map(read_spans, recording.processes))
    told = filter(None, {*named, *(call.agent for call in recording.calls)})
    names = sorted({*told, *chain.from_iterable(map(_told, spans))}, key=len, reverse=True)
    word = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)" if names else r"(?!)")

    def reworded(text: str) -> str:
        return word.sub(lambda found: other(found[0]), text)

    def renamed(key: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if key in _PLAIN:
            return other(value)
        return (reworded(value) if key in _TEXTS else value).replace(recording.name, other(recording.name))

    return lambda span: replace(
        span,
        name=reworded(span.name),
        attributes={key: renamed(key, value) for key, value in span.attributes.items()},
        resource={key: other(value) if key == "service.name" else value for key, value in span.resource.items()},
    )


def _told(span: Span) -> Iterator[str]:
    return (value for key, value in span.attributes.items() if key in _PLAIN and isinstance(value, str) and value)
