"""How a name of the registry is spelled in Python."""

from __future__ import annotations

import re

from semconv_registry.model import Attribute, Registry, Signal

__all__ = ["attribute_constant", "constants", "signal_constant", "values_class"]


def _upper(name: str) -> str:
    return re.sub(r"\W", "_", name.removeprefix("spancost.")).upper()


def attribute_constant(attribute: Attribute) -> str:
    """Return `COST_DIRECT` for `spancost.cost.direct`, `GEN_AI_AGENT_NAME` for `gen_ai.agent.name`."""
    return _upper(attribute.key)


def signal_constant(signal: Signal) -> str:
    """Return `METRIC_COST` for the metric `spancost.cost`, `EVENT_BUDGET_BREACH` for the event."""
    return f"{signal.sort.upper()}_{_upper(signal.name)}"


def values_class(attribute: Attribute) -> str:
    """Return the last two parts as one word: `PricingStatus` for `spancost.pricing.status`."""
    return "".join(word.title() for part in attribute.key.split(".")[-2:] for word in part.split("_"))


def constants(registry: Registry) -> list[tuple[str, str]]:
    """Return (Python name, name of the registry) of everything that is generated."""
    attributes = (*registry.attributes, *registry.upstream)
    return [
        *((attribute_constant(attribute), attribute.key) for attribute in attributes),
        *((signal_constant(signal), signal.name) for signal in registry.of("metric") + registry.of("event")),
        *((values_class(attribute), attribute.key) for attribute in attributes if attribute.members),
    ]
