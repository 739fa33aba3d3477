"""A process keeps its engine while a span of it is open, and the number of engines stays bounded."""

from __future__ import annotations

from support import BOOK, agent

from spancost.budgets import Budgets
from spancost.engine import Engine
from spancost.ledger.otlp.processes import Processes


def _processes(most_open: int, most_closed: int) -> Processes:
    return Processes(lambda: Engine(BOOK, Budgets((), None, lambda: 0), clock=lambda: 0), most_open, most_closed)


def _engine(processes: Processes, number: int) -> Engine:
    return processes.engine({"process.pid": number, "host.name": "one"}, 0)


def _start(engine: Engine, number: int) -> None:
    engine.start(number, number, None, "invoke_agent", agent("boss"))


def _end(engine: Engine, number: int) -> None:
    engine.end(number, number, None, "invoke_agent", agent("boss"), 0, {}, "", 1)


def test_a_process_with_an_open_span_is_not_let_go() -> None:
    """However many others are met meanwhile, and however few are held."""
    processes = _processes(most_open=100, most_closed=5)
    engines = {number: _engine(processes, number) for number in range(1, 50) if number % 10 == 0}
    for number, engine in engines.items():
        _start(engine, number)
    for number in range(100, 300):
        _engine(processes, number)
    assert engines == {number: _engine(processes, number) for number in engines}
    assert not processes.crowded


def test_processes_without_an_open_span_are_let_go_the_most_silent_first() -> None:
    """One that is heard of again and again stays."""
    processes = _processes(most_open=100, most_closed=50)
    first = _engine(processes, 1)
    for number in range(2, 500):
        _engine(processes, number)
        assert first is _engine(processes, 1)
    assert 50 >= len(processes)


def test_processes_beyond_the_bound_are_counted_as_one_and_it_is_told() -> None:
    """No span loses the one above it; once all of them have ended there is room again."""
    processes = _processes(most_open=3, most_closed=2)
    for number in (1, 2, 3):
        _start(_engine(processes, number), number)
    assert not processes.crowded
    crowd = _engine(processes, 4)
    _start(crowd, 4)
    assert processes.crowded
    _end(_engine(processes, 1), 1)
    assert crowd is _engine(processes, 4)
    _end(crowd, 4)
    assert crowd is not _engine(processes, 5)
    assert 3 >= len(processes)
