"""The example programs as they are, without any telemetry, and the demo that runs them with it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import provider
from provider import Provider

_EXAMPLES = Path(provider.__file__).parent
# The environment of `make demo`, which `make test` makes first: the frameworks are not among the tools of the tests.
_PYTHON = _EXAMPLES.parent / ".venv-demo" / "bin" / "python"


def _run(name: str, running: Provider) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SPANCOST_"))}
    places = {"OPENAI_BASE_URL": f"{running.url}/v1", "ANTHROPIC_BASE_URL": running.url}
    keys = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "SUPPORT_DESK_KEY"), "none")
    if name == "support_desk":
        del keys["OPENAI_API_KEY"]
    command = [str(_PYTHON), str(_EXAMPLES / name / "app.py")]
    done = subprocess.run(
        command, env={**kept, **places, **keys}, capture_output=True, text=True, timeout=120, check=False
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_the_research_team_delegates() -> None:
    """Eight agents of two providers answer in 14 calls, some of them streamed, each with its usage told."""
    with Provider(latency=0) as running:
        printed = _run("research_team", running)
    bills = running.ledger()
    assert "checkout failed most, 412 times" in printed
    agents = {"coordinator", "code_agent", "syntax_analyzer", "code_generator", "data_agent", "query_planner"}
    assert {*agents, "result_formatter", "explainer_agent"} == {bill.agent for bill in bills}
    assert {"openai", "anthropic"} == {bill.provider for bill in bills}
    assert {True, False} == {bill.stream for bill in bills}
    assert (14, True) == (len(bills), all(bill.told for bill in bills))
    usages = [bill.usage for bill in bills]
    assert all(any(getattr(usage, kind) for usage in usages) for kind in ("cache_read", "cache_write_1h", "reasoning"))


def test_the_support_desk_answers() -> None:
    """Three agents, a bare call and a call inside a tool answer a letter in 7 calls."""
    with Provider(latency=0) as running:
        printed = _run("support_desk", running)
    bills = running.ledger()
    assert "Answer of refund_agent: Sorry about the lamp" in printed
    assert ["mail_sorter", "order_summary", "policy_agent", "refund_agent", "support_agent"] == sorted(
        {bill.agent or "" for bill in bills}
    )
    assert {"chat/completions": 2, "responses": 5} == {
        api: sum(bill.api == api for bill in bills) for api in ("chat/completions", "responses")
    }


def test_the_demo_finds_no_amount_that_differs_from_the_ledger() -> None:
    """Both programs under `opentelemetry-instrument`: what a receiver got equals what the provider billed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SPANCOST_"))}
    done = subprocess.run(
        [str(_PYTHON), str(_EXAMPLES / "demo.py")], env=kept, capture_output=True, text=True, timeout=300, check=False
    )
    assert 0 == done.returncode, done.stderr
    assert 2 == done.stdout.count("Every amount above is the same, to the pico-dollar.")
    assert "└── explainer_agent  $0.0046" in done.stdout
