"""CPU per span: every set-up makes every kind of span in turn, in many short rounds of one run."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from statistics import median, quantiles

from benchmarks.cases import Case
from benchmarks.workloads import Workload


@dataclass(frozen=True, slots=True)
class Series:
    """One set-up's rounds of one workload, in microseconds a span."""

    own: list[float] = field(default_factory=list[float])  # CPU of the thread that makes the spans
    behind: list[float] = field(default_factory=list[float])  # CPU of all other threads, and of the flush after it


@dataclass(frozen=True, slots=True)
class Figures:
    """What a table says of one series; `added` and `ratio` are medians over rounds, against the same round's bare."""

    median: float
    least: float
    quartiles: tuple[float, float]
    added: float
    added_quartiles: tuple[float, float]
    ratio: float
    behind: float


@dataclass(slots=True)
class Made:
    """What a set-up was given over the whole run, to hold against what it exported and counted."""

    spans: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run measured: by workload and set-up, in the order they were given."""

    cases: Sequence[Case]
    series: dict[tuple[Workload, str], Series]
    made: dict[str, Made]


def measure(cases: Sequence[Case], workloads: Sequence[Workload], rounds: int, spans: int) -> Run:
    """Play `rounds` rounds of about `spans` spans, in each round every set-up once a workload, in a new order.

    The order is drawn, the same in every run, so that no set-up always runs in the wake of the same other. The garbage
    collector is off, and run once before each workload of a round; what it leaves is frozen out of its next run, else
    whatever one set-up remembers would cool the caches of all. Two rounds before the first warm up and are not kept.
    """
    orders = Random(4)
    run = Run(cases, {(w, c.name): Series() for w in workloads for c in cases}, {c.name: Made() for c in cases})
    gc.disable()
    try:
        for number in range(-2, rounds):
            for workload in workloads:
                gc.collect()
                gc.freeze()
                for case in orders.sample(cases, len(cases)):
                    own, behind = _play(case, workload, max(1, spans // workload.spans_a_turn), run.made[case.name])
                    if number >= 0:
                        series = run.series[workload, case.name]
                        series.own.append(own)
                        series.behind.append(behind)
    finally:
        gc.unfreeze()
        gc.enable()
    return run


def _play(case: Case, workload: Workload, turns: int, made: Made) -> tuple[float, float]:
    play = workload.play(case.tracer, turns)
    next(play)
    everyone, own = time.process_time_ns(), time.thread_time_ns()
    next(play)
    own = time.thread_time_ns() - own
    case.flush()
    everyone = time.process_time_ns() - everyone
    next(play, None)
    case.flush()
    spans = turns * workload.spans_a_turn
    made.spans += spans + workload.spans_beside
    made.calls += turns * workload.calls_a_turn
    return own / spans / 1000, (everyone - own) / spans / 1000


def figures(series: Series, bare: Series) -> Figures:
    """Sum up a series, paired round by round with the bare SDK's."""
    added = [mine - its for mine, its in zip(series.own, bare.own, strict=True)]
    return Figures(
        median=median(series.own),
        least=min(series.own),
        quartiles=_quartiles(series.own),
        added=median(added),
        added_quartiles=_quartiles(added),
        ratio=median(mine / its for mine, its in zip(series.own, bare.own, strict=True)),
        behind=median(series.behind),
    )


def _quartiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high
