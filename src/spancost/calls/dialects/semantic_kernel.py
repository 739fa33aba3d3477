"""Semantic Kernel's own spans: the conventions' names, without cached tokens and reasoning."""

from __future__ import annotations

from typing import Final

from spancost.calls.dialects.table import Dialect, Emitter

__all__ = ["SEMANTIC_KERNEL"]

_SCOPE: Final = "semantic_kernel.utils.telemetry"
_PACKAGE: Final = "semantic-kernel"

SEMANTIC_KERNEL: Final = Dialect(
    name="semantic_kernel",
    markers=frozenset(),
    operations={},
    fields={},
    emitters=(
        Emitter(
            f"{_SCOPE}.model_diagnostics.decorators",
            hides_cache_in_input=True,
            recorded="semantickernel__native__delegate",
            package=_PACKAGE,
        ),
        Emitter(
            f"{_SCOPE}.agent_diagnostics.decorators", recorded="semantickernel__native__delegate", package=_PACKAGE
        ),
    ),
)
