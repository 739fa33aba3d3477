"""How old rows are for processes whose clocks are right, ahead, behind, or set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from ledger.keeping import Kept
from support import Clock, call

from spancost.ledger.ageing import Ageing

_DAY = 86_400 * 10**9
_KEEP = timedelta(days=90)


class _Time:
    """Days that pass, and clocks that are ahead of them by so many."""

    def __init__(self) -> None:
        self.passed = 0
        self._started = Clock().now_ns

    def elapsed(self) -> int:
        return self.passed * _DAY

    def clock(self, ahead: int = 0) -> Callable[[], int]:
        return lambda: self._started + (self.passed + ahead) * _DAY


class _Programs:
    """Programs that keep their charges in one ledger; each call has another number of tokens."""

    def __init__(self, path: Path) -> None:
        self.time = _Time()
        self._path = path
        self._calls = 0

    def start(self, ahead: int = 0, clock: Callable[[], int] | None = None) -> Kept:
        """Start one, which takes out what is too old."""
        clock = clock or self.time.clock(ahead)
        program = Kept(self._path, keep=_KEEP, clock=clock, elapsed=self.time.elapsed)
        assert program.worker.drain(10)
        return program

    def call(self, program: Kept, at: int) -> None:
        """Have one make a call, so many days after the first."""
        self.time.passed = at
        self._calls += 1
        program.play(call(self._calls, 0), trace_id=self._calls)
        assert program.keeper.flush(10)

    def kept(self, program: Kept) -> list[int]:
        """Return which of the calls are still there, once it has taken out what is too old."""
        program.prune()
        return sorted(row["input"] for row in program.rows())


@pytest.fixture
def programs(tmp_path: Path) -> _Programs:
    """Programs without any charge."""
    return _Programs(tmp_path / "ledger.db")


def test_a_clock_that_is_months_ahead_takes_nothing_of_others(programs: _Programs) -> None:
    """Neither at its start nor after calls of its own, nor after others' since."""
    right, wrong = programs.start(), None
    for day in range(3):
        programs.call(right, at=day)
    wrong = programs.start(ahead=200)
    assert [1, 2, 3] == programs.kept(wrong)
    programs.call(wrong, at=3)
    programs.call(right, at=4)
    assert [1, 2, 3, 4, 5] == programs.kept(wrong)
    assert [1, 2, 3, 4, 5] == programs.kept(right), "nor is what it told believed"
    assert [1, 2, 3, 4, 5] == programs.kept(programs.start(ahead=200)), "by another such either"


def test_a_clock_that_is_set_forward_makes_nothing_old(programs: _Programs) -> None:
    """Of its own calls either: no time has passed."""
    clock = Clock()
    program = programs.start(clock=clock)
    programs.call(program, at=0)
    clock.now_ns += 200 * _DAY
    programs.call(program, at=0)
    assert [1, 2] == programs.kept(program)


def test_a_program_that_runs_for_months_takes_out_its_own(programs: _Programs) -> None:
    """By its own clock, with nobody else there."""
    program = programs.start()
    for day in (0, 50, 100, 150):
        programs.call(program, at=day)
    assert [3, 4] == programs.kept(program)


def test_what_was_kept_before_a_long_silence_goes_as_time_is_seen_to_pass(programs: _Programs) -> None:
    """The first program after it can't tell the silence from a clock that is ahead; the next one can."""
    first = programs.start()
    programs.call(first, at=0)
    programs.time.passed = 200
    second = programs.start()
    assert [1] == programs.kept(second)
    programs.call(second, at=200)
    assert [1, 2] == programs.kept(second)
    assert [2] == programs.kept(programs.start())


def test_a_program_alone_after_a_silence_takes_out_what_others_left(programs: _Programs) -> None:
    """As soon as it has run for as long as they are kept."""
    programs.call(programs.start(), at=0)
    programs.time.passed = 200
    program = programs.start()
    programs.time.passed = 290
    assert [1] == programs.kept(program)
    programs.time.passed = 291
    assert [] == programs.kept(program)


def test_a_clock_that_is_behind_takes_nothing(programs: _Programs) -> None:
    """Until it is set right it can't know what is old."""
    program = programs.start()
    programs.call(program, at=0)
    programs.call(program, at=100)
    assert [1, 2] == programs.kept(programs.start(ahead=-50))
    assert [2] == programs.kept(programs.start())


def test_where_nobody_has_told_anything_there_is_nothing_old() -> None:
    """Not even by a clock at the end of time."""
    ageing = Ageing(lambda: 2**63 - 1, lambda: 0)
    assert 0 == ageing.others(None)
    assert 5 == ageing.others(5) == ageing.others(None)
