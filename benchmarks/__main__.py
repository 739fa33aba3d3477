"""Run the benchmarks and print them: `python -m benchmarks`, or `make bench` in an environment of its own."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import cases, peers, reader, report
from benchmarks.cases import Builder, Case
from benchmarks.imports import added_milliseconds
from benchmarks.memory import KINDS, bytes_a_span
from benchmarks.spans import measure
from benchmarks.workloads import WORKLOADS

SECTIONS = ("spans", "sampling", "memory", "imports", "reader")
MODULES = ("spancost", "spancost.installation", "openinference.instrumentation", "langfuse", "logfire", "traceloop.sdk")


def main(arguments: list[str] | None = None) -> int:
    """Print the chosen sections; the status is 1 only where spancost's set-ups did not do the work that was timed."""
    options = _parse(arguments)
    logging.disable(logging.ERROR)  # a peer that complains at each span would be timed complaining
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"{python}, {os.cpu_count()} cores, {platform.machine()}")
    started = time.monotonic()
    sections = (options.only,) if options.only else SECTIONS
    faults: list[str] = []
    if "spans" in sections:
        faults += _spans(options.rounds, options.spans)
    if "sampling" in sections:
        faults += _sampling(options.rounds, options.spans)
    if "memory" in sections:
        _memory(options.open_spans)
    if "imports" in sections:
        _imports(options.import_rounds)
    if "reader" in sections:
        _reader(options.file_spans)
    print(f"\n{time.monotonic() - started:.0f} s in all")
    for fault in faults:
        print(f"MEASURED NOTHING: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=SECTIONS, help="the one section to run")
    parser.add_argument("--rounds", type=int, default=120, help="rounds of each set-up and workload")
    parser.add_argument("--spans", type=int, default=256, help="spans a round")
    parser.add_argument("--open-spans", type=int, default=50_000, help="spans held open at once")
    parser.add_argument("--import-rounds", type=int, default=11, help="interpreters started for each import")
    parser.add_argument("--file-spans", type=int, default=300_000, help="spans of the files that are read back")
    return parser.parse_args(arguments)


def _spans(rounds: int, spans: int) -> list[str]:
    built, missing = _build({"bare SDK": cases.bare, "SDK + batch": cases.batch, **cases.SPANCOST, **peers.PEERS})
    print(
        f"\nCPU per span in microseconds: {rounds} rounds of {spans} spans, every set-up in every round.\n"
        "median, min: CPU of the thread that makes the spans (time.thread_time_ns), garbage collector off meanwhile;\n"
        "added, ratio: against the bare SDK of the same round, median over rounds; behind: CPU of all other threads\n"
        "and of the flush, exporting to nowhere. Langfuse exports model and agent spans only, as it does by default."
    )
    run = measure(built, WORKLOADS, rounds, spans)
    for line in (*report.span_tables(run, missing), "", *report.evidence(run), *report.span_verdicts(run)):
        print(line)
    return list(report.measured_nothing(run))


def _sampling(rounds: int, spans: int) -> list[str]:
    built, missing = _build({"bare SDK": cases.bare, **cases.SAMPLED})
    print("\nSampling: CPU per span that a sampler drops, in microseconds, measured as above; none is exported.")
    run = measure(built, WORKLOADS, rounds, spans)
    for line in (*report.span_tables(run, missing), "", *report.evidence(run)):
        print(line)
    return list(report.measured_nothing(run))


def _build(builders: dict[str, Builder]) -> tuple[list[Case], list[str]]:
    built: list[Case] = []
    missing: list[str] = []
    for name, build in builders.items():
        try:
            built.append(build())
        except ImportError:
            missing.append(name)
    return built, missing


def _memory(spans: int) -> None:
    print(f"\nMemory of an open span: Python's allocations (tracemalloc) over {spans:,} spans open at once")
    ours = next(iter(cases.SPANCOST.values()))
    held: dict[str, tuple[float, float | None]] = {}
    for kind in KINDS:
        try:
            with_spancost = bytes_a_span(ours, kind, spans)
        except ImportError:
            with_spancost = None
        held[kind] = bytes_a_span(cases.bare, kind, spans), with_spancost
    for line in report.memory_table(held):
        print(line)


def _imports(rounds: int) -> None:
    print(f"\nImport: CPU added to `import opentelemetry.sdk.trace`, median of {rounds} interleaved interpreters")
    found = [module for module in MODULES if find_spec(module.partition(".")[0]) and find_spec(module)]
    missing = [module for module in MODULES if module not in found]
    for line in report.import_table(added_milliseconds(found, rounds), missing):
        print(line)


def _reader(spans: int) -> None:
    print(
        f"\nReading back: `spancost report`, CPU of the one thread above the same on an empty file, the fastest of "
        f"{reader.RUNS} runs; agent trees of 16 spans"
    )
    with TemporaryDirectory() as folder:
        for line in reader.table(reader.readings(Path(folder), spans)):
            print(line)


if __name__ == "__main__":
    sys.exit(main())
