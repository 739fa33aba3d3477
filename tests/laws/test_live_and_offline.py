"""What spans say afterwards, in any order in a file, is what was counted while they happened."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Trace, traces
from support import BOOK, Clock, attributes_of, play_trace

from spancost.ledger.otlp.order import by_start
from spancost.ledger.otlp.replay import Replay
from spancost.ledger.otlp.spans import Span
from spancost.owners import Branch, Owners


def _recorded(trace: Trace, start: int, ids: dict[int, int]) -> list[Span]:
    """Return the spans of a trace of which each event took a ns."""
    times = {(event.place, event.starts): start + number for number, event in enumerate(trace.events, 1)}
    return [
        Span(
            times[place, True],
            times[place, False],
            1,
            ids[place],
            None if planned.parent is None else ids[planned.parent],
            "span",
            "",
            attributes_of(place, trace),
            {},
            None,
        )
        for place, planned in enumerate(trace.spans)
    ]


@settings(max_examples=300)
@given(traces(), st.randoms(use_true_random=False), st.integers(1, 20))
def test_every_owner_costs_the_same_from_its_file(trace: Trace, chance: st.DataObject, held: int) -> None:
    """Owner by owner: direct, children, total, calls; by whatever way spans came into the file and through memory."""
    clock = Clock()
    began = clock.now_ns
    live, spans = play_trace(trace, clock)
    recorded = _recorded(trace, began, {place: span.span_id for place, span in spans.items()})
    chance.shuffle(recorded)  # pyright: ignore[reportAttributeAccessIssue]
    owners = Owners(100)
    for _, outcome in Replay(BOOK).outcomes(by_start([recorded], held)):
        owners.take(outcome)
    found: dict[int, Branch] = {}
    stack = owners.roots()
    assert live.engine.spent.direct == sum(root.total for root in stack)
    while stack:
        branch = stack.pop()
        stack.extend(branch.children)
        if branch.kind != "call":
            found[branch.span_id] = branch
    assert {key[1]: (told.direct, told.total, told.calls) for key, told in live.owners.items()} == {
        span_id: (branch.direct, branch.total, branch.calls) for span_id, branch in found.items()
    }
