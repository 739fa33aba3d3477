"""The one guard around everything the host program calls: our faults are swallowed, counted and logged once.

The SDK passes an exception of a span processor on to the program that ended the span
(https://github.com/open-telemetry/opentelemetry-python/issues/5624); the specification forbids it
(error-handling: "MUST NOT throw unhandled exceptions at run time").
"""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

__all__ = ["HOOKS", "faults", "guarded", "swallow"]

P = ParamSpec("P")
R = TypeVar("R")

_logger = logging.getLogger(__name__)

HOOKS: Final[dict[str, Callable[..., Any]]] = {}
"""Every guarded hook by its name: span hooks, metric callbacks, atexit and fork handlers, import hooks."""

faults: Final[Counter[str]] = Counter()
"""Our own exceptions by hook, since the process began."""


def guarded(hook: str, otherwise: Any = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function safe to be called by the host: an Exception inside returns `otherwise`.

    KeyboardInterrupt and SystemExit belong to the host and pass.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        HOOKS[hook] = function

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except Exception as fault:  # noqa: BLE001 - this is the guard
                swallow(hook, fault)
                return otherwise

        return call

    return decorate


def swallow(hook: str, fault: Exception) -> None:
    """Count a fault of our own; log the first of each hook with its traceback, the message not included.

    A message may quote what a span carries (prompts, keys); the traceback's lines are our own code.
    """
    faults[hook] += 1
    if faults[hook] == 1:
        where = _frames(fault)
        _logger.error(
            "spancost: %s failed with %s; the program is not affected, its cost may be incomplete. Further faults of "
            "this hook are only counted (spancost.internal.errors).\n%s",
            hook,
            type(fault).__name__,
            where,
        )


def _frames(fault: Exception) -> str:
    lines: list[str] = []
    step = fault.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        lines.append(f"  {code.co_filename}:{step.tb_lineno} in {code.co_qualname}")
        step = step.tb_next
    return "\n".join(lines)
