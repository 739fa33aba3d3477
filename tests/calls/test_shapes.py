"""The names of a span's attributes, remembered: the same is read as if they were met for the first time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from strategies import attribute_values
from support import call

from spancost.calls import read, read_call, shapes
from spancost.calls.shapes import SPELLINGS

_EVERY_NAME = sorted(name for names in SPELLINGS.values() for name in names)


@given(
    st.dictionaries(st.sampled_from(_EVERY_NAME), attribute_values(), max_size=8),
    st.dictionaries(st.sampled_from(_EVERY_NAME), attribute_values(), max_size=8),
)
def test_what_was_read_before_changes_nothing(before: dict[str, Any], attributes: dict[str, Any]) -> None:
    """A call is read the same whatever names and values were met before it."""
    shapes.SHAPES.clear()
    read._NAMES.clear()
    alone = read_call(attributes)
    shapes.SHAPES.clear()
    read._NAMES.clear()
    read_call(before)
    read_call(before | attributes)
    assert [alone, alone] == [read_call(attributes), read_call(attributes)]


def test_shapes_and_names_are_bounded() -> None:
    """Names that never come again, as of numbered prompts, don't fill the memory; nor do long ones."""
    for number in range(2_000):
        read_call(call(1, 1, model=f"model-{number}") | {f"gen_ai.prompt.{number}": "x"})
    read_call(call(1, 1) | {"x" * 10**6: 1})
    assert shapes._MOST_SHAPES >= len(shapes.SHAPES)
    assert read._MOST_NAMES >= len(read._NAMES)
    assert shapes._LONGEST >= max(sum(map(len, names)) for names in shapes.SHAPES)


class _Shrinking(Mapping[str, Any]):
    """Attributes of which another thread takes one away as soon as their names are known."""

    def __init__(self, attributes: dict[str, Any], gone: str) -> None:
        self._attributes = attributes
        self._gone = gone

    def __iter__(self) -> Iterator[str]:
        yield from tuple(self._attributes)
        self._attributes.pop(self._gone, None)

    def __getitem__(self, name: str) -> Any:
        return self._attributes[name]

    def __len__(self) -> int:
        return len(self._attributes)

    def keys(self) -> Any:
        """Tell what is left."""
        return self._attributes.keys()


def test_an_attribute_that_goes_meanwhile_was_never_there() -> None:
    """A span past its limit drops the oldest attribute for each new one, on any thread."""
    read_call(call(10, 5, response_id="r"))
    told = read_call(_Shrinking(call(10, 5, response_id="r"), "gen_ai.usage.output_tokens"))
    assert read_call(call(10, response_id="r")) == told
