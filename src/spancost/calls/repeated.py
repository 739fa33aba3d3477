"""Usage that a span around a call repeats in its content: it may know parts that the call's own span doesn't tell.

Traceloop's spans of LangChain tell no reasoning; the task around a call has it in the message that came of it.
"""

from __future__ import annotations

import re
from typing import Final

from spancost.calls.read import ABSURD, Attributes
from spancost.calls.usage import Usage

__all__ = ["TEXTS", "repeated_usage", "without_content"]

TEXTS: Final = ("gen_ai.task.output", "traceloop.entity.output")
"""Attributes whose text is searched."""

_LAST: Final = 65_536
"""Characters at the end of a text that are looked at."""

_MESSAGE: Final = '"usage_metadata"'

_USAGE: Final = re.compile(
    r'"usage_metadata": ?\{"input_tokens": ?(\d{1,12}), ?"output_tokens": ?(\d{1,12}),'
    r'[^{}]*(?:\{[^{}]*\}[^{}]*)?"output_token_details": ?\{[^{}]*"reasoning": ?(\d{1,12})[,}]'
)


def repeated_usage(attributes: Attributes) -> Usage | None:
    """Return input, output and reasoning of the last message in a span's content; None where none of it is told."""
    for name in TEXTS:
        text = attributes.get(name)
        found = _USAGE.match(without_content(text)) if type(text) is str else None
        if found is not None:
            input_, output, reasoning = map(int, found.groups())
            if 0 < reasoning <= output < ABSURD:
                return Usage(input_, output, reasoning=reasoning)
    return None


def without_content(text: str) -> str:
    """Return what is read of such a text: its last message's usage, empty where it tells none."""
    place = text.rfind(_MESSAGE, max(0, len(text) - _LAST))
    found = None if place < 0 else _USAGE.match(text, place)
    return "" if found is None else found.group()
