"""Import time: the CPU an interpreter takes to start with a module, above starting with the SDK alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from statistics import median

SDK = "opentelemetry.sdk.trace"


def added_milliseconds(modules: Sequence[str], rounds: int) -> dict[str, tuple[float, float]]:
    """Import each module after the SDK in fresh interpreters, interleaved; give the median and least added CPU.

    The SDK's own row is what it adds to an interpreter that imports nothing. Bytecode is cached before the first round.
    """
    programs = {"": "", SDK: f"import {SDK}"} | {module: f"import {SDK}, {module}" for module in modules}
    for program in programs.values():
        _milliseconds(program)
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            taken[name].append(_milliseconds(program))
    added: dict[str, tuple[float, float]] = {}
    for name in programs:
        if name:
            below = taken[""] if name == SDK else taken[SDK]
            paired = [mine - its for mine, its in zip(taken[name], below, strict=True)]
            added[name] = (median(paired), min(taken[name]) - min(below))
    return added


def _milliseconds(program: str) -> float:
    child = subprocess.Popen([sys.executable, "-c", program])
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"python -c {program!r} ended with status {child.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000
