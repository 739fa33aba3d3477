"""The entry points: standard library only, for an ImportError here would stop every other instrumentation."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, Final

__all__ = ["SpancostInstrumentor", "pre_instrument"]

_logger = logging.getLogger(__name__)

_ASKED_BY_EVERY_DOOR: Final = frozenset({"skip_dep_check", "raise_exception_on_conflict"})
"""Options that opentelemetry-instrumentation gives every instrumentor."""

_failed = False


def pre_instrument() -> None:
    """Install spancost; called by `opentelemetry-instrument` when its SDK is set up and nothing is instrumented yet.

    Where the configuration is wrong under SPANCOST_STRICT=true the process ends here with status 78.
    """
    _install()


class SpancostInstrumentor:
    """The same install by the instrumentor's door, for configuration files that list instrumentations."""

    def __init__(self, **_: object) -> None:
        pass

    def instrument(self, **options: Any) -> None:
        """Install spancost, if it isn't yet; the one option read is `tracer_provider`, to be counted as well."""
        provider = options.pop("tracer_provider", None)
        if unread := sorted(options.keys() - _ASKED_BY_EVERY_DOOR):
            told = ", ".join(unread)
            _tell(f"the instrumentation's options {told} are not read; set SPANCOST_ variables, or SPANCOST_CONFIG")
        _install(provider)

    def uninstrument(self, **_: object) -> None:
        """Switch cost tracking off for spans that start from now on."""
        try:
            from spancost.installation import uninstall

            uninstall()
        except Exception:  # noqa: BLE001 - the guard of this door
            _tell("could not be uninstalled", logging.ERROR)

    def instrumentation_dependencies(self) -> tuple[str, ...]:
        """Return what must be there for this to apply."""
        return ("opentelemetry-sdk >= 1.40",)


def _install(provider: object = None) -> None:
    global _failed  # noqa: PLW0603 - two doors lead here, and what failed at one is not tried again at the other
    if _failed:
        return
    try:
        from spancost.installation import install

        setup = install()
        if setup is not None:
            setup.attach(provider)
    except SystemExit as stop:
        if not _python_is_starting():
            raise
        # Python would report a SystemExit out of `sitecustomize` as a fatal error, with status 1.
        sys.stderr.flush()
        os._exit(stop.code if isinstance(stop.code, int) else 1)
    except Exception:  # noqa: BLE001
        # The guard of this door: everything else has guards of its own, but may not be importable.
        _failed = True
        _tell("could not be installed; the program runs without cost tracking", logging.ERROR)


def _tell(message: str, level: int = logging.WARNING) -> None:
    """Log, with the exception that is being handled; to stderr where a log handler of the program's raises."""
    try:
        _logger.log(level, "spancost: %s", message, exc_info=level >= logging.ERROR)
    except Exception:  # noqa: BLE001 - theirs, not ours
        print(f"spancost: {message}", file=sys.stderr or sys.stdout)


def _python_is_starting() -> bool:
    """Tell whether `site` is still being imported, as it is where `opentelemetry-instrument` sets a program up."""
    return bool(getattr(getattr(sys.modules.get("site"), "__spec__", None), "_initializing", False))
