"""SPANCOST_CONSOLE and current_cost(): the cost without any backend."""

from __future__ import annotations

from decimal import Decimal

from zero_code.accounts import faults, priced
from zero_code.stage import Stage

from spancost.money import format_usd


def _usd(amount: Decimal) -> str:
    return format_usd(int(amount * 10**12))


def test_the_tree_is_printed_at_exit(stage: Stage) -> None:
    """A line for each job, dearest first, and the sum, on stderr: the program's stdout is its own."""
    finished = stage.instrumented("so_far.py", SPANCOST_CONSOLE="tree")

    bills = stage.provider.ledger()
    first, second, every = priced(bills[:2]), priced(bills[2:]), priced(bills)
    jobs = sorted((("first", first), ("second", second)), key=lambda job: job[1], reverse=True)
    assert [
        *(f"{name}  {_usd(cost)}" for name, cost in jobs),
        f"spancost: {_usd(every)}, priced 4 of 4 calls",
    ] == finished.stderr.splitlines()
    assert [] == faults(stage)


def test_the_tree_shows_who_delegated_to_whom(stage: Stage) -> None:
    """A sub-agent stands under its agent, whose own part of the cost is named."""
    finished = stage.instrumented("agent.py", SPANCOST_CONSOLE="tree")

    bills = stage.provider.ledger()
    own = priced(bill for bill in bills if bill.agent == "data_agent")
    below = priced(bill for bill in bills if bill.agent == "query_planner")
    assert [
        f"data_agent  {_usd(own + below)}  (direct {_usd(own)})",
        f"└── query_planner  {_usd(below)}",
        f"spancost: {_usd(own + below)}, priced {len(bills)} of {len(bills)} calls",
    ] == finished.stderr.splitlines()


def test_the_summary_is_one_line(stage: Stage) -> None:
    """What the process spent and on how many calls, and nothing else."""
    finished = stage.instrumented("hurried.py", SPANCOST_CONSOLE="summary")

    expected = f"spancost: {_usd(priced(stage.provider.ledger()))}, priced 1 of 1 calls"
    assert [expected] == finished.stderr.splitlines()


def test_the_cost_so_far_is_known_while_the_program_runs(stage: Stage) -> None:
    """Inside a trace it is the trace's, outside of one the process's, to the last digit."""
    finished = stage.instrumented("so_far.py")

    bills = stage.provider.ledger()
    parts = [bills[:1], bills[:2], bills[2:3], bills[2:], bills]
    assert [priced(part) for part in parts] == [Decimal(line) for line in finished.stdout.split()]
