"""Run the examples under opentelemetry-instrument and show what they cost, from spans received over OTLP.

Every amount is compared with the provider's ledger times its price; any difference makes the exit status 1. With
DEMO_PROVIDER=real, OPENAI_API_KEY and, if there is one, ANTHROPIC_API_KEY, the examples talk to the real providers,
whose ledger nobody sees here. With OTEL_EXPORTER_OTLP_ENDPOINT, what the examples send is passed on to it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(_ROOT / "tools"))

from budget_state import budget_differences, show_budgets  # noqa: E402
from cost_tree import cost_trees, differences, price_of, render, spent_by_agent, usd  # noqa: E402
from otlp_receiver import Receiver  # noqa: E402
from provider import Provider  # noqa: E402

_TIMEOUT = 300
"""Seconds an example may take."""

_SAME_IN_A_BACKEND = """\
The same in Jaeger, from this terminal:
  docker run --rm -d -p 16686:16686 -p 4318:4318 jaegertracing/jaeger
  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 make demo
  then open http://localhost:16686, service research_team, tag spancost.cost.bucket="<0.1"
In Tempo, the agents that cost more than a cent (the quotes matter):
  { span."spancost.cost.total" > 0.01 }"""


@dataclass(frozen=True, slots=True)
class Example:
    """A program, the team it is run for, and the budgets it is watched with."""

    name: str
    about: str
    team: str
    budgets: str
    key_variable: str = "OPENAI_API_KEY"


EXAMPLES = (
    Example(
        name="research_team",
        about="pydantic-ai: a coordinator, its sub-agents and theirs, models of two providers",
        team="research",
        budgets="team=0.03/day; agent=0.02/day",
    ),
    Example(
        name="support_desk",
        about="openai-agents, and beside it the plain client",
        team="support",
        budgets="team=1/month; agent=0.01/day",
        key_variable="SUPPORT_DESK_KEY",
    ),
)


def main() -> int:
    """Run the examples and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="EXAMPLE", help=" or ".join(example.name for example in EXAMPLES))
    names = parser.parse_args().names or [example.name for example in EXAMPLES]
    faults = [fault for example in EXAMPLES if example.name in names for fault in run(example)]
    print(f"\n{_SAME_IN_A_BACKEND}")
    return 1 if faults else 0


def run(example: Example) -> list[str]:
    """Run an example, show what it cost, and return what is wrong with that."""
    print(f"\n== {example.name}: {example.about}\n")
    real = os.environ.get("DEMO_PROVIDER") == "real"
    with Receiver(forward_to=os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")) as receiver, Provider() as provider:
        status = _start(example, {**_models(example, None if real else provider), **_telemetry(example, receiver)})
        spans, points, bills = receiver.spans(), receiver.points(), provider.ledger()
        trees = cost_trees(spans)
        reports = sum("gen_ai.response.id" in span.attributes for span in spans)
        print(f"\nWhat it cost, by {len(spans)} spans received over OTLP, {reports} of them of a model call:\n")
        print(f"{render(trees)}\n")
        records = receiver.records()
        print("\n".join(show_budgets(points, records)) + "\n")
        for url, error in receiver.not_forwarded.items():
            print(f"Not passed on to {url}: {error}")
    faults = [f"{example.name} ended with status {status}"] if status else []
    if not trees:
        faults.append("no cost arrived on any span")
    if not real:
        team = {example.team: list(map(price_of, bills))}
        faults += differences(spans, points, bills)
        faults += budget_differences(points, records, {"team": team, "agent": spent_by_agent(spans, bills)})
    for fault in faults:
        print(f"WRONG: {fault}")
    if real:
        print("Not compared with a ledger: the real provider's is in its console.")
        return faults
    verdict = f"{len(faults)} things are wrong." if faults else "Every amount above is the same, to the pico-dollar."
    print(f"The provider's ledger times price: {len(bills)} calls, {usd(sum(map(price_of, bills)))}. {verdict}")
    return faults


def _start(example: Example, environment: Mapping[str, str]) -> int:
    """Run the program as a person would, show what it prints, and return its exit status."""
    command = ["opentelemetry-instrument", "python", f"examples/{example.name}/app.py"]
    shown = " ".join(f"{name}={environment[name]!r}" for name in ("SPANCOST_BUDGETS", "OTEL_RESOURCE_ATTRIBUTES"))
    print(f"$ {shown} {' '.join(command)}")
    done = subprocess.run(
        command, env=environment, cwd=_ROOT, stdout=subprocess.PIPE, text=True, timeout=_TIMEOUT, check=False
    )
    print(textwrap.indent(done.stdout, "  | "), end="")
    return done.returncode


def _models(example: Example, provider: Provider | None) -> dict[str, str]:
    """Return the caller's environment with where the models are, and the keys under the names the program reads."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "SPANCOST_"))}
    # The receiver and the provider are on loopback, where no proxy leads.
    for variable in ("NO_PROXY", "no_proxy"):
        kept[variable] = ",".join(filter(None, (kept.get(variable), "127.0.0.1", "localhost")))
    key = kept.pop("OPENAI_API_KEY", None)
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    if provider is not None:
        places = {"OPENAI_BASE_URL": f"{provider.url}/v1", "ANTHROPIC_BASE_URL": provider.url}
        return {**kept, **places, "PATH": path, example.key_variable: "none", "ANTHROPIC_API_KEY": "none"}
    if key is None:
        sys.exit("DEMO_PROVIDER=real needs OPENAI_API_KEY, and takes ANTHROPIC_API_KEY")
    return {**kept, "PATH": path, example.key_variable: key}


def _telemetry(example: Example, receiver: Receiver) -> dict[str, str]:
    """Return what a person sets for OpenTelemetry and for spancost."""
    return {
        "OTEL_SERVICE_NAME": example.name,
        "OTEL_RESOURCE_ATTRIBUTES": f"spancost.team={example.team}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "SPANCOST_BUDGETS": example.budgets,
    }


if __name__ == "__main__":
    sys.exit(main())
