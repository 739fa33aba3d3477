"""The entry points: standard library only, for an ImportError here would stop every other instrumentation."""

from __future__ import annotations

import logging
import os

__all__ = ["SpancostInstrumentor", "pre_instrument"]

_logger = logging.getLogger(__name__)


def pre_instrument() -> None:
    """Install spancost; called by `opentelemetry-instrument` when its SDK is set up and nothing is instrumented yet.

    The one exception that leaves is SystemExit 78, for a wrong configuration under SPANCOST_STRICT=true.
    """
    off = os.environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "")
    if "spancost" in (name.strip() for name in off.split(",")):
        return
    try:
        from spancost.installation import install

        install()
    except Exception:
        # The guard of this door: everything else has guards of its own, but may not be importable.
        _logger.exception("spancost: could not be installed; the program runs without cost tracking")


class SpancostInstrumentor:
    """The same install by the instrumentor's door, for configuration files that list instrumentations."""

    def __init__(self, **_: object) -> None:
        pass

    def instrument(self, **_: object) -> None:
        """Install spancost, if it isn't yet."""
        pre_instrument()

    def uninstrument(self, **_: object) -> None:
        """Switch cost tracking off for spans that start from now on."""
        try:
            from spancost.installation import uninstall

            uninstall()
        except Exception:
            _logger.exception("spancost: could not be uninstalled")

    def instrumentation_dependencies(self) -> tuple[str, ...]:
        """Return what must be there for this to apply."""
        return ("opentelemetry-sdk >= 1.40",)
