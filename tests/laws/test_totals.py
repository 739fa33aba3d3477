"""Laws 2 and 4: total = direct + children, directs sum to the trace, exact integers in any order of ending."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Trace, traces
from support import Player, agent, call, cost, play_trace

from spancost.calls import Kind
from spancost.rollup import Amounts


@settings(max_examples=300)
@given(traces())
def test_owners_say_what_lies_below_them_to_the_pico_dollar(trace: Trace) -> None:
    """For every owner, by its last word: its direct cost, its children's totals, its calls and its tokens."""
    play, spans = play_trace(trace)
    direct: dict[int | None, int] = defaultdict(int)
    for place in trace.calls:
        direct[trace.owner_of(place)] += cost(*trace.spans[place].tokens)
    for owner in trace.owners:
        below = [place for place in trace.calls if trace.is_under(place, owner)]
        total = sum(cost(*trace.spans[place].tokens) for place in below)
        told = play.owners.get((1, spans[owner].span_id))
        if told is None:
            assert (0, trace.spans[owner].kind in (Kind.AGENT, Kind.WORKFLOW)) == (len(below), False)
            continue
        assert told.total == told.direct + told.children
        assert (direct[owner], total - direct[owner], total) == (told.direct, told.children, told.total)
        assert (len(below), 0, 0) == (told.calls, told.partial, told.unpriced)
        assert sum(trace.spans[place].tokens[0] for place in below) == told.input
        assert sum(trace.spans[place].tokens[1] for place in below) == told.output


@settings(max_examples=300)
@given(traces())
def test_the_owners_directs_sum_to_the_local_root(trace: Trace) -> None:
    """No money is in two owners and none is lost, in whatever order the spans ended."""
    play, spans = play_trace(trace)
    ledger = sum(cost(*trace.spans[place].tokens) for place in trace.calls)
    ownerless = sum(cost(*trace.spans[place].tokens) for place in trace.calls if trace.owner_of(place) is None)
    directs = sum(totals.direct for totals in play.owners.values())
    assert ledger - ownerless == directs
    if trace.spans[0].kind != Kind.CALL and trace.calls:
        assert directs == play.owner(spans[0]).total
    assert ledger == play.engine.spent.direct == play.counted == play.in_series
    assert set(trace.owners) >= {place for place, span in spans.items() if (1, span.span_id) in play.owners}


@settings(max_examples=100)
@given(traces(), st.randoms(use_true_random=False))
def test_the_order_of_ending_changes_no_sum(trace: Trace, random: Any) -> None:
    """The same spans, all ended in another order, say the same in the end."""
    starts = [event for event in trace.events if event.starts]
    ends = [event for event in trace.events if not event.starts]
    told: list[Any] = []
    for _ in range(2):
        play, _ = play_trace(Trace(trace.spans, (*starts, *ends)))
        told.append(({owner: totals for owner, totals in play.owners.items() if totals.calls}, play.counted))
        random.shuffle(ends)
    assert told[0] == told[1]


@settings(max_examples=100)
@given(traces())
def test_every_amount_is_an_integer(trace: Trace) -> None:
    """No double gets in anywhere: not in totals, not in counters, not in series."""
    play, _ = play_trace(trace)
    amounts = [*play.owners.values(), *(amounts for _, amounts in play.counts)]
    assert {int} >= {type(value) for each in amounts for value in each}
    assert {int} >= {type(row.cost) for row in play.series}


@given(
    st.lists(st.tuples(*(st.integers(0, 10**15) for _ in Amounts._fields)), min_size=2, max_size=2),
)
def test_what_is_added_can_be_taken_back(pair: list[tuple[int, ...]]) -> None:
    """A correction is the exact difference, and what moves away leaves nothing behind."""
    one, other = (Amounts(*values) for values in pair)
    assert one == Amounts(*(a + b for a, b in zip(other, one.minus(other), strict=True)))
    assert Amounts() == Amounts(*(a + b for a, b in zip(one, one.negated(), strict=True)))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)), min_size=1, max_size=30))
def test_many_small_amounts_sum_to_the_ledger(tokens: list[tuple[int, int]]) -> None:
    """Sums of any size equal the sum of the ledger: where doubles would drift, integers don't."""
    play = Player()
    root = play.start(agent("a"))
    for number, each in enumerate(tokens):
        play.play(call(*each, response_id=str(number)), root)
    play.end(root)
    assert sum(cost(*each) for each in tokens) == play.owner(root).total
