"""Values of the host's own classes, taken for what they are by kind."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from strategies import attribute_values

from spancost.calls.plain import plain, plainly


class _Model(StrEnum):
    SMALL = "gpt-5.2"


class _Count(IntEnum):
    TEN = 10


class _Ratio(float):
    pass


@pytest.mark.parametrize(
    ("value", "kind", "same"),
    [
        (_Model.SMALL, str, "gpt-5.2"),
        (_Count.TEN, int, 10),
        (_Ratio(0.5), float, 0.5),
        (True, bool, True),
        (b"\xff", str, "\ufffd"),
    ],
)
def test_members_of_subclasses_become_exactly_their_kind(value: Any, kind: type, same: Any) -> None:
    """What comes back is of the very class, and no bool becomes a number."""
    assert (kind, same) == (type(plain(value)), plain(value))


def test_what_no_span_can_tell_is_nothing() -> None:
    """Objects, mappings and sets are none of the kinds."""
    assert [None] * 4 == [plain(value) for value in (object(), {}, {1}, None)]
    assert {"a": (1, None)} == plainly({"a": [_Count(10) - 9, object()], "b": object()})


@given(attribute_values())
def test_a_plain_value_stays_as_it_is(value: Any) -> None:
    """To take the plain value of a plain one changes nothing."""
    assert repr(plain(value)) == repr(plain(plain(value)))
