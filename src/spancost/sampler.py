"""Sampling that changes what is stored, not what is counted: what a sampler drops is recorded all the same."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Tracer, TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceState, get_current_span
from opentelemetry.util.types import Attributes

from spancost.calls.starts import may_be_ours
from spancost.config import is_off
from spancost.faults import Stack, swallow

__all__ = ["CostSampler", "put_on"]

_MODES: Final = ("subtree", "all")

_DROP: Final = Decision.DROP
_RECORD_ONLY: Final = Decision.RECORD_ONLY
_SAMPLE: Final = Decision.RECORD_AND_SAMPLE


class CostSampler(Sampler):
    """Decides what is exported as the sampler inside it does, and has what that one drops recorded and counted.

    `subtree` records what may be a call, an agent or a tool and all that starts below it: every call is counted, with
    its agents. `all` records every span: the totals of local roots are whole, too. It must be the outermost: inside a
    `ParentBased` it isn't asked of spans whose parent was not sampled. `names` are attributes that tell whom calls are
    for, beside those we know and those that the settings name: a span that starts with one is recorded, too.
    """

    def __init__(self, sampler: Sampler, mode: str = "subtree", names: frozenset[str] = frozenset()) -> None:
        if mode not in _MODES:
            raise ValueError(f"CostSampler: got the mode {mode!r:.40}; write one of {', '.join(_MODES)}")
        self.sampler = sampler
        self.mode = mode
        self.names = names
        """Those that the settings name come to them with the set-up that its provider is counted by."""
        self.is_here: Callable[[SpanContext], bool] = _nowhere
        """Whether a span that is handed in as a remote one is this process's own, and was recorded."""
        self.is_on = not is_off(os.environ)
        """Whether anything is recorded that the sampler inside drops; where all is switched off nothing is."""

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Return what the sampler inside decides, with RECORD_ONLY in place of DROP where the span must be seen."""
        # The SDK doesn't hand over the last one, and a sampler of the program's may not take it.
        last = () if trace_state is None else (trace_state,)
        result = self.sampler.should_sample(parent_context, trace_id, name, kind, attributes, links, *last)
        try:
            return self._seen(result, parent_context, name, attributes)
        except Exception as fault:  # noqa: BLE001 - the guard, written out: what the sampler inside said must be known
            try:
                swallow("sampler", fault)
            except RecursionError as full:
                if full is fault:
                    raise
                Stack.full += 1
        return result

    def get_description(self) -> str:
        """Name the mode and the sampler inside."""
        return f"CostSampler{{{self.mode if self.is_on else 'off'}, {self.sampler.get_description()}}}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled as it was made: what is of a process stays there."""
        return CostSampler, (self.sampler, self.mode, self.names)

    def _seen(self, result: Any, context: Context | None, name: str, attributes: Attributes) -> SamplingResult:
        decision = result.decision
        if decision is _SAMPLE or not self.is_on:
            return result
        if (
            decision is _DROP
            and self.mode == "subtree"
            and not may_be_ours(name, attributes, self.names)
            # The parent was dropped, is in another process, or there is none. One that has ended was recorded.
            and isinstance(parent := get_current_span(context), NonRecordingSpan)
            # Through a queue within the process, or by a request to itself, it comes as one of another's.
            and not ((told := parent.get_span_context()).is_remote and self.is_here(told))
        ):
            return result
        # A sampler that drops a span gives none of the attributes back that it started with.
        return SamplingResult(_RECORD_ONLY, {**(attributes or {}), **(result.attributes or {})}, result.trace_state)


def _nowhere(_: SpanContext) -> bool:
    return False


def put_on(provider: TracerProvider, mode: str) -> CostSampler | None:
    """Put a CostSampler around a provider's sampler, for tracers that it has made, too; None where there is one."""
    inside = provider.sampler
    if isinstance(inside, CostSampler):
        return None
    sampler = CostSampler(inside, mode)
    provider.sampler = sampler
    for tracer in _tracers_of(provider):
        if tracer.sampler is inside:
            tracer.sampler = sampler
    return sampler


def _tracers_of(provider: Any) -> list[Tracer]:
    """Return the tracers that a provider has made: each keeps the sampler that it was made with."""
    made = getattr(provider, "_tracers", None)
    if made is not None:
        with getattr(provider, "_tracers_lock", nullcontext()):
            pass  # Whoever was making one with the sampler that was there before has made it.
        return list(made.values())
    # Before 1.41 a provider doesn't know them. By class: asking an object may wake a lazy one of the program's.
    processor = getattr(provider, "_active_span_processor", None)
    return [each for each in gc.get_objects() if type(each) is Tracer and each.span_processor is processor]
