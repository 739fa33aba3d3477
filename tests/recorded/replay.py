"""Plays a recorded run to the engine, as a span processor saw it or as a reader of its file would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal

from recorded.recording import Order, Recording, Span, Step, read_spans, steps_of

from spancost.budgets import Budgets
from spancost.calls.starts import may_be_ours
from spancost.engine import Engine
from spancost.outcome import Outcome
from spancost.pricing import PriceBook
from spancost.rollup import Charge
from spancost.rollup.units import final

__all__ = ["Live", "Tally", "play", "replay"]

Live = Literal["start", "final"]
"""What an open span's attributes are while others end: those it started with, or all it will ever have."""

_BOOK: Final = PriceBook()


@dataclass(slots=True)
class Tally:
    """What came out of the engine for one run, all processes together."""

    charges: list[Charge] = field(default_factory=list[Charge])
    aggregates: list[Charge] = field(default_factory=list[Charge])
    """Of agents whose calls no span tells of."""
    records: dict[int, set[int]] = field(default_factory=dict[int, set[int]])
    """Span that a charge was first told by -> all spans that are records of it."""
    times: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    """Span that a charge was first told by -> its start and end."""
    agents: dict[int, str | None] = field(default_factory=dict[int, str | None])
    """Span that a charge was first told by -> the agent it is for."""
    counted: int = 0
    """Pico-USD that the counters were given."""
    spent: int = 0
    """Pico-USD that the engine says were spent."""
    duplicates: int = 0
    """Records that the engine says told of calls once more, those on spans that a library wrote over among them."""

    @property
    def amounts(self) -> list[int]:
        """Pico-USD of each charge in the order of size; nothing for one without an amount."""
        return sorted(charge.amount or 0 for charge in [*self.charges, *self.aggregates])

    @property
    def statuses(self) -> Counter[str]:
        """How many charges have which status."""
        return Counter(charge.status for charge in self.charges)


def replay(
    recording: Recording,
    order: Order = "events",
    live: Live = "final",
    change: Callable[[Span], Span] = lambda span: span,
    take: Callable[[Outcome], object] = lambda _: None,
    drop: bool = False,
) -> Tally:
    """Play the processes of a run, each to an engine of its own, with its spans changed where a test asks for that.

    Each outcome is handed to `take` as it comes, as to a sink. With `drop` only what is recorded of spans that a sampler
    drops, every one of them.
    """
    tally = Tally()
    for file in recording.processes:
        spans = [change(span) for span in read_spans(file)]
        steps = steps_of(file, spans, order)
        play(_seen(steps) if drop else steps, {span.span_id: span for span in spans}, live, tally, take)
    return tally


def _seen(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the starts and ends of the spans that `CostSampler` has recorded in `subtree`."""
    seen: set[int] = set()
    for step in steps:
        if step.is_start and (step.parent_id in seen or may_be_ours(step.name, step.attributes)):
            seen.add(step.span_id)
        if step.span_id in seen:
            yield step


def play(
    steps: Iterable[Step],
    spans: Mapping[int, Span],
    live: Live,
    tally: Tally,
    take: Callable[[Outcome], object] = lambda _: None,
) -> None:
    now = [0]
    clock = partial(now.__getitem__, 0)
    engine = Engine(_BOOK, Budgets((), None, clock), clock=clock)
    for step in steps:
        span = spans.get(step.span_id)
        if step.is_start:
            now[0] = span.start_ns if span else now[0]
            _start(engine, step, span, live)
        elif span is not None:
            now[0] = span.end_ns
            outcome = _end(engine, span, tally)
            if outcome is not None:
                take(outcome)
    _join_merged(tally)
    for count in engine.settle(everything=True):
        tally.counted += count.amounts.cost
    tally.spent += engine.spent.direct
    tally.duplicates += engine.duplicates
    for charge in tally.charges:
        tally.agents[charge.span_id] = charge.who[engine.who.keys.index("agent")] if charge.who else None


def _join_merged(tally: Tally) -> None:
    """Give the records of charges that turned out to be others to those."""
    for charge in tally.charges:
        if charge.merged is not None:
            tally.records[final(charge).span_id] |= tally.records[charge.span_id]
    tally.charges[:] = [charge for charge in tally.charges if charge.merged is None]


def _start(engine: Engine, step: Step, span: Span | None, live: Live) -> None:
    scope = span.scope if span is not None else ""
    held = span.attributes if span is not None and live == "final" else step.attributes
    engine.start(step.trace_id, step.span_id, step.parent_id, step.name, step.attributes, lambda: held, None, scope)


def _end(engine: Engine, span: Span, tally: Tally) -> Outcome | None:
    outcome = engine.end(
        span.trace_id,
        span.span_id,
        span.parent_id,
        span.name,
        span.attributes,
        span.start_ns,
        span.resource,
        span.scope,
        span.end_ns,
        span.error,
    )
    if outcome is None:
        return None
    charge = outcome.charge
    if outcome.aggregate is not None and outcome.aggregate.call.response_id:
        # One call, whatever else the span stands for.
        charge = outcome.aggregate
    elif outcome.aggregate is not None:
        tally.aggregates.append(outcome.aggregate)
    if charge is not None:
        tally.charges.append(charge)
        tally.records.setdefault(charge.span_id, set()).add(span.span_id)
        tally.times[charge.span_id] = span.start_ns, span.end_ns
    if outcome.duplicate_of is not None:
        tally.records.setdefault(outcome.duplicate_of.span_id, set()).add(span.span_id)
    tally.counted += sum(count.amounts.cost for count in outcome.counts)
    return outcome
