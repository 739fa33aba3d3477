"""Frameworks that are silent by default, switched on as auto-instrumentation would: without prompt content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

import wrapt

from spancost.faults import guarded

__all__ = ["KNOWN", "switch_on"]


def _pydantic_ai(module: Any) -> None:
    # https://ai.pydantic.dev/logfire/: nothing is told until `Agent.instrument_all` is called.
    agent = module.Agent
    if agent._instrument_default is False:  # noqa: SLF001 - the program has not set it
        settings = import_module("pydantic_ai.models.instrumented").InstrumentationSettings
        agent.instrument_all(settings(include_content=False))


KNOWN: Final[Mapping[str, tuple[str, Callable[[Any], None]]]] = {
    # Not `pydantic_ai.agent`: when that is imported the package is not, and its settings ask the package for a version.
    "pydantic-ai": ("pydantic_ai", _pydantic_ai),
}
"""Name -> the module whose import makes it known, and how its own telemetry is switched on."""


def switch_on(names: tuple[str, ...] | None) -> None:
    """Switch frameworks on as they are imported; None is every one we know."""
    for name in KNOWN if names is None else names:
        module, switch = KNOWN[name]
        wrapt.register_post_import_hook(guarded(f"framework {name}", otherwise=None)(switch), module)
