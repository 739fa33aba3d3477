"""Hypothesis strategies of what comes in: attribute values, traces of spans, ways to report a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from spancost.calls import Kind

__all__ = ["Event", "Planned", "Report", "Trace", "attribute_values", "reports", "traces"]


def attribute_values() -> st.SearchStrategy[Any]:
    """Anything that may stand as a span's attribute, and some that may not."""
    primitive: st.SearchStrategy[Any] = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([0, 1, -1, 2**63 - 1, 2**64, 10**12, 10**400]),
        st.floats(),
        st.text(max_size=20),
        st.binary(max_size=5),
    )
    return primitive | st.lists(primitive, max_size=3) | st.lists(primitive, max_size=3).map(tuple)


# -- Traces -------------------------------------------------------------------------------------------------------

_KINDS: Final = (Kind.AGENT, Kind.WORKFLOW, Kind.TOOL, Kind.CALL, Kind.CALL, Kind.CALL, None)

_OWNERS: Final = frozenset({Kind.AGENT, Kind.WORKFLOW})


@dataclass(frozen=True)
class Planned:
    """One span of a trace to be played."""

    parent: int | None
    """Place of its parent in the trace."""
    kind: str | None
    told_at_start: bool
    """Whether its attributes say what it is when it starts, or only when it ends."""
    tokens: tuple[int, int]
    """Of a call: input and output. No input is the sum of others: two calls are never taken for one."""


@dataclass(frozen=True)
class Event:
    """A start or an end."""

    place: int
    starts: bool


@dataclass(frozen=True)
class Trace:
    """Spans and one order in which they start and end."""

    spans: tuple[Planned, ...]
    events: tuple[Event, ...]

    def owner_of(self, place: int) -> int | None:
        """Return the place of the owner of what happens in a span: the nearest agent or workflow above, or the root."""
        above = self.spans[place].parent
        while above is not None:
            span = self.spans[above]
            if span.kind in _OWNERS or (span.parent is None and span.kind != Kind.CALL):
                return above
            above = span.parent
        return None

    def is_under(self, place: int, ancestor: int) -> bool:
        """Tell whether a span lies below another."""
        above = self.spans[place].parent
        while above is not None and above != ancestor:
            above = self.spans[above].parent
        return above is not None

    @property
    def owners(self) -> list[int]:
        """Places of the spans that own what is below them."""
        return [
            place
            for place, span in enumerate(self.spans)
            if span.kind in _OWNERS or (span.parent is None and span.kind != Kind.CALL)
        ]

    @property
    def calls(self) -> list[int]:
        """Places of the calls."""
        return [place for place, span in enumerate(self.spans) if span.kind == Kind.CALL]


@st.composite
def traces(draw: st.DrawFn, most: int = 14) -> Trace:
    """A tree of any shape whose spans start after their parents and end whenever they like."""
    count = draw(st.integers(1, most))
    spans = [
        Planned(
            None if place == 0 else draw(st.integers(0, place - 1)),
            draw(st.sampled_from(_KINDS)),
            draw(st.booleans()),
            (2**place, draw(st.integers(0, 1000))),
        )
        for place in range(count)
    ]
    events: list[Event] = []
    started: set[int] = set()
    ended: set[int] = set()
    while len(ended) < count:
        ready = [Event(place, starts=False) for place in sorted(started - ended)]
        ready += [
            Event(place, starts=True)
            for place, span in enumerate(spans)
            if place not in started and (span.parent is None or span.parent in started)
        ]
        event = draw(st.sampled_from(ready))
        (started if event.starts else ended).add(event.place)
        events.append(event)
    return Trace(tuple(spans), tuple(events))


# -- One call, reported many times --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """One billed call and the way in which spans tell of it."""

    way: str
    records: int
    """Spans that tell of it."""
    has_id: bool
    tokens: tuple[int, int]
    swapped: bool
    """Whether siblings end in the other order."""


WAYS: Final = {
    "single": 1,
    "parent and child": 2,
    "parent and child, id inside": 2,
    "parent and child, id outside": 2,
    "parent and child, usage inside": 2,
    "parent and child, usage outside": 2,
    "parent, plain span and child": 2,
    "three layers": 3,
    "siblings": 2,
    "three siblings": 3,
    "another trace": 2,
    "parent and child, and another trace": 3,
    "parent and child, id outside, and another trace": 3,
    "parent and child, the parent ends first, and another trace": 3,
}
"""How a call is reported -> how many spans tell of it."""

_NEEDS_ID: Final = frozenset(way for way in WAYS if "sibling" in way or "another" in way or " id " in way)


@st.composite
def reports(draw: st.DrawFn) -> list[Report]:
    """Calls in a row, each told in its own way; no two have the same tokens."""
    ways = draw(st.lists(st.sampled_from(sorted(WAYS)), min_size=1, max_size=6))
    return [
        Report(
            way,
            WAYS[way],
            way in _NEEDS_ID or draw(st.booleans()),
            (2 ** (place + 4), draw(st.integers(0, 1000))),
            draw(st.booleans()),
        )
        for place, way in enumerate(ways)
    ]
