"""Law 8: sampling changes what is stored, not what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import IdGenerator, ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Span, set_span_in_context
from strategies import Trace, traces
from support import BOOK, NOW, attributes_of, cost

from spancost.budgets import Budgets
from spancost.calls import Kind
from spancost.engine import Engine
from spancost.exporter import CostExporter
from spancost.processor import CostSpanProcessor
from spancost.sampler import CostSampler
from spancost.telemetry.reading import baggage_of, inside

pytestmark = pytest.mark.sdk

_DECISIONS = st.lists(st.sampled_from(Decision), min_size=14, max_size=14)
_NAMED = (Kind.CALL, Kind.AGENT, Kind.WORKFLOW, Kind.TOOL)


class _Drawn(Sampler):
    """Decides of each span as was drawn for its place, whatever was decided of its parent."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        self.decisions = decisions

    def should_sample(
        self, parent_context: Any, trace_id: int, name: str, kind: Any = None, attributes: Any = None, *_: Any
    ) -> SamplingResult:
        decision = self.decisions[int(name.removeprefix("span "))]
        # As the SDK's own do: what isn't sampled loses what it started with.
        return SamplingResult(decision, attributes if decision is Decision.RECORD_AND_SAMPLE else None)

    def get_description(self) -> str:
        return "Drawn"


class _Ids(IdGenerator):
    """The same ids in every run."""

    def __init__(self) -> None:
        self._random = Random(8)

    def generate_span_id(self) -> int:
        return self._random.getrandbits(64)

    def generate_trace_id(self) -> int:
        return self._random.getrandbits(128)


class _Ended(SpanProcessor):
    """What spans ended with, and which of them an exporter would send."""

    def __init__(self) -> None:
        self.attributes: dict[int, dict[str, Any]] = {}
        self.exported: set[int] = set()

    def on_end(self, span: ReadableSpan) -> None:
        place = int(span.name.removeprefix("span "))
        self.attributes[place] = dict(span.attributes or {})
        if span.context is not None and span.context.trace_flags.sampled:
            self.exported.add(place)


def _play(trace: Trace, elsewhere: Sequence[bool], sampler: Sampler | None) -> tuple[tuple[int, int], _Ended]:
    """Make the spans of a trace with the SDK; return what was spent in how many calls, and the spans that ended."""
    engine = Engine(BOOK, Budgets((), None, lambda: NOW), clock=lambda: NOW, inside=inside, baggage=baggage_of)
    ended = _Ended()
    provider = TracerProvider(sampler, id_generator=_Ids(), shutdown_on_exit=False)
    provider.add_span_processor(CostSpanProcessor(CostExporter(engine, environ={})))
    provider.add_span_processor(ended)
    tracer = provider.get_tracer("program")
    spans: dict[int, Span] = {}
    for event in trace.events:
        place, starts = event.place, event.starts
        planned, attributes = trace.spans[place], attributes_of(place, trace)
        if not starts:
            spans[place].set_attributes(attributes)
            spans[place].end()
            continue
        told = attributes if planned.told_at_start else {}
        if planned.kind is None and elsewhere[place]:
            told = {"http.route": "/"}
        context = None if planned.parent is None else set_span_in_context(spans[planned.parent])
        spans[place] = tracer.start_span(f"span {place}", context, attributes=told)
    return (engine.spent.direct, engine.spent.calls), ended


@settings(max_examples=200)
@given(traces(), _DECISIONS, st.lists(st.booleans(), min_size=14, max_size=14))
def test_all_counts_what_would_be_counted_without_sampling(
    trace: Trace, decisions: list[Decision], elsewhere: list[bool]
) -> None:
    """Whatever a sampler drops, every span says what it would say, and no other span is exported."""
    spent, ended = _play(trace, elsewhere, CostSampler(_Drawn(decisions), "all"))
    assert _play(trace, elsewhere, None)[1].attributes == ended.attributes
    assert (sum(cost(*trace.spans[place].tokens) for place in trace.calls), len(trace.calls)) == spent
    assert _play(trace, elsewhere, _Drawn(decisions))[1].exported == ended.exported


@settings(max_examples=200)
@given(traces(), _DECISIONS, st.lists(st.booleans(), min_size=14, max_size=14))
def test_subtree_counts_every_call_and_rolls_it_up_to_its_agents(
    trace: Trace, decisions: list[Decision], elsewhere: list[bool]
) -> None:
    """Calls, agents, workflows and tools say what they would without sampling, told at their start or later.

    A tool that nothing recorded lies above says more: it is the local root of what is left of the trace.
    """
    spent, ended = _play(trace, elsewhere, CostSampler(_Drawn(decisions), "subtree"))
    without = _play(trace, elsewhere, None)[1].attributes
    named = [place for place, span in enumerate(trace.spans) if span.kind in _NAMED]
    for place in named:
        told = ended.attributes.get(place, {})
        if trace.spans[place].kind == Kind.TOOL:
            told = {name: told.get(name) for name in without[place]}
        assert without[place] == told
    assert (sum(cost(*trace.spans[place].tokens) for place in trace.calls), len(trace.calls)) == spent
    assert _play(trace, elsewhere, _Drawn(decisions))[1].exported == ended.exported
