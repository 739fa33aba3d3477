"""What AI agents cost, from OpenTelemetry spans: priced calls, rolled-up agents, budgets, in any OTLP backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spancost.api import attribute, cost_of, current_cost, flush, record_call, report
    from spancost.calls import Usage
    from spancost.errors import ConfigError, LedgerError, SpancostError
    from spancost.exporter import CostExporter
    from spancost.installation import install
    from spancost.own_setup import CostSpanProcessor
    from spancost.sampler import CostSampler

__all__ = [
    "ConfigError",
    "CostExporter",
    "CostSampler",
    "CostSpanProcessor",
    "LedgerError",
    "SpancostError",
    "Usage",
    "attribute",
    "cost_of",
    "current_cost",
    "flush",
    "install",
    "record_call",
    "report",
]

# Name -> module: imported when first asked for, so that `import spancost` costs a program next to nothing.
_HOMES = {
    "ConfigError": "spancost.errors",
    "CostExporter": "spancost.exporter",
    "CostSampler": "spancost.sampler",
    "CostSpanProcessor": "spancost.own_setup",
    "LedgerError": "spancost.errors",
    "SpancostError": "spancost.errors",
    "Usage": "spancost.calls",
    "attribute": "spancost.api",
    "cost_of": "spancost.api",
    "current_cost": "spancost.api",
    "flush": "spancost.api",
    "install": "spancost.installation",
    "record_call": "spancost.api",
    "report": "spancost.api",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from spancost.version import VERSION

        return VERSION
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
