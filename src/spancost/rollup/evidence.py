"""What two records tell of being one call: ids, models, tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from spancost.calls.lacks import FIRST_EVENT, is_begun

if TYPE_CHECKING:
    from spancost.calls.read import Call
    from spancost.calls.usage import Usage

__all__ = ["agree", "are_alike", "differ_in_id", "share_id", "share_model", "told_the_first_event", "without_cache"]

_LONG_ENOUGH: Final = 16
"""Characters from which on a response id is taken to be unique: OpenAI's have 38, Anthropic's 28, Google's 22."""


# A date, or three or four digits of one, and the version that clouds write before or behind it. Not `-1` or `-32k`:
# that is another model.
_VERSION: Final = re.compile(
    r"(?:[-@:]v\d+)?"
    r"(?:[-@:](?:20\d\d-?\d\d-?\d\d|\d{6}|\d{4}|\d{3}|\d\d-20\d\d|\d\d-\d\d|latest))?"
    r"(?:[-@:]v\d+(?::\d+)?)?"
)


def share_id(one: Call, other: Call) -> bool:
    """Tell whether two records with the same response id are of one call.

    A short id is no evidence by itself, for some servers draw from a thousand of them: where both records are complete
    tokens and model must agree, too. A long one is, unless provider, model and tokens all speak against it.
    """
    is_long = len(one.response_id) >= _LONG_ENOUGH
    if one.usage is None or other.usage is None or one.partial or other.partial:
        return is_long or not one.models or not other.models or share_model(one, other)
    same_tokens, same_model = agree(one, other, may_be_partial=False), are_alike(one, other)
    if not is_long:
        return same_tokens and same_model
    return same_tokens or same_model or one.provider == other.provider or not (one.provider and other.provider)


def differ_in_id(one: Call, other: Call) -> bool:
    """Tell whether two records have ids of which each is unique: then they are of two calls, whatever the numbers."""
    mine, theirs = one.response_id, other.response_id
    return mine != theirs and min(len(mine), len(theirs)) >= _LONG_ENOUGH


def agree(one: Call, other: Call, *, may_be_partial: bool) -> bool:
    """Tell whether two records tell the same tokens, as far as each tells any: all that was used, or the answer's."""
    may_be_partial = may_be_partial and (one.partial or other.partial)
    if one.answer is None and other.answer is None:
        return _equal(one.usage, other.usage, may_be_partial)
    return any(
        _equal(mine, theirs, may_be_partial)
        for mine in (one.usage, one.answer)
        for theirs in (other.usage, other.answer)
    )


def _equal(mine: Usage | None, theirs: Usage | None, may_be_partial: bool) -> bool:
    if mine is None or theirs is None:
        return False
    # One token apart: Traceloop and LiveKit add the first event's output token to a stream's sum.
    inputs, outputs = _share_input(mine, theirs), abs(mine.output - theirs.output) <= 1
    if may_be_partial:
        inputs = inputs or not (mine.input and theirs.input)
        outputs = outputs or not (mine.output and theirs.output)
        # Something must be told by both.
        return inputs and outputs and bool((mine.input and theirs.input) or (mine.output and theirs.output))
    return inputs and outputs


def _share_input(mine: Usage, theirs: Usage) -> bool:
    """Tell whether two records tell the same input; either may have left out what was cached, or some of it."""
    if mine.input == theirs.input:
        return True  # As nearly always.
    rest, its_rest = without_cache(mine), without_cache(theirs)
    return mine.input == its_rest or rest in (theirs.input, its_rest)


def without_cache(usage: Usage) -> int:
    """Return the input that was neither read from a cache nor written into one, as some tell it alone."""
    return usage.input - usage.cache_read - usage.cache_write


def told_the_first_event(outer: Call, inner: Call) -> bool:
    """Tell whether a record told no more than a stream's first event, of a call that another record heard all of."""
    mine, theirs = outer.usage, inner.usage
    return (
        mine is not None
        and theirs is not None
        and mine.input > 0
        and _share_input(mine, theirs)
        and is_begun(mine, outer.models)
        and theirs.output > FIRST_EVENT
    )


def are_alike(one: Call, other: Call) -> bool:
    """Tell whether two calls can be of one model; where no tokens speak for it, each must name one."""
    if not one.models or not other.models:
        return one.usage is not None and other.usage is not None
    return share_model(one, other)


def share_model(one: Call, other: Call) -> bool:
    """Tell whether both records name a model: the same, or one the version that answered for the other."""
    if not set(one.models).isdisjoint(other.models):
        return True  # As nearly always.
    return any(_is_version(mine, theirs) or _is_version(theirs, mine) for mine in one.models for theirs in other.models)


def _is_version(model: str, family: str) -> bool:
    """Tell whether a model is a dated or numbered name of another: `gpt-5-mini-2025-08-07` of `gpt-5-mini`."""
    model, family = model.rpartition("/")[2], family.rpartition("/")[2]
    if not model.startswith(family):
        return False
    return _VERSION.fullmatch(model[len(family) :]) is not None
