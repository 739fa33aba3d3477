"""Texts that hold what was said, and what of each is read: counts, or how long it is. The words are kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from spancost.calls.bare import MARK
from spancost.calls.guesses import MESSAGES, without_words
from spancost.calls.repeated import TEXTS, without_content
from spancost.calls.texts import ANSWERS, only_usage

__all__ = ["READ_OF"]

READ_OF: Final[Mapping[str, Callable[[str], str]]] = {
    **dict.fromkeys(TEXTS, without_content),
    **dict.fromkeys(MESSAGES, without_words),
    **dict.fromkeys(ANSWERS, only_usage),
    # That it stands there is all that is asked.
    MARK: lambda _: "",
}
"""Attribute -> returns of its text what is read of it, which reads the same."""
