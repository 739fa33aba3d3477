"""The one guard around everything the host program calls: our faults are swallowed, counted and logged once.

The SDK passes an exception of a span processor on to the program that ended the span
(https://github.com/open-telemetry/opentelemetry-python/issues/5624); the specification forbids it
(error-handling: "MUST NOT throw unhandled exceptions at run time").
"""

from __future__ import annotations

import functools
import inspect
import logging
import signal
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Final, ParamSpec, TypeVar, cast

__all__ = ["HOOKS", "Stack", "faults", "forget", "guarded", "leave_to_host", "say", "swallow"]

P = ParamSpec("P")
R = TypeVar("R")

_logger = logging.getLogger(__name__)

HOOKS: Final[dict[str, Callable[..., Any]]] = {}
"""Every guarded hook by its name: span hooks, metric callbacks, atexit and fork handlers, import hooks."""

faults: Final[Counter[str]] = Counter()
"""Our own exceptions by hook, since the process began."""


class Stack:
    """Faults that were not even counted by hook: where the program's stack is full, nothing can be called."""

    full: int = 0
    """How many; an attribute, for no call is needed to add to it."""


def forget() -> None:
    """Start counting anew, as a forked child must."""
    faults.clear()
    Stack.full = 0


def guarded(hook: str, otherwise: Any = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function safe to be called by the host: an Exception inside returns `otherwise`.

    KeyboardInterrupt, SystemExit and what a signal handler of the host's raises meanwhile belong to it and pass.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        HOOKS[hook] = function

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except Exception as fault:  # noqa: BLE001 - this is the guard
                try:
                    swallow(hook, fault)
                except RecursionError as full:
                    if full is fault:
                        raise
                    Stack.full += 1
                return otherwise

        return call

    return decorate


def swallow(hook: str, fault: BaseException) -> None:
    """Count a fault of our own; log the first of each hook with its traceback, the message not included.

    A message may quote what a span carries (prompts, keys); the traceback's lines are our own code. Raises the fault
    itself where it is the host's, and RecursionError where the stack has no room for a call: whoever calls this from
    within an `except` must be ready for that.
    """
    leave_to_host(fault)
    faults[hook] += 1
    if faults[hook] == 1:
        where = _frames(fault)
        say(
            _logger,
            logging.ERROR,
            "spancost: %s failed with %s; the program is not affected, its cost may be incomplete. Further faults of "
            "this hook are only counted (spancost.internal.errors).\n%s",
            hook,
            type(fault).__name__,
            where,
        )


def say(logger: logging.Logger, level: int, message: str, *values: object) -> None:
    """Log, where a handler or a filter of the program's may raise: that is counted under `log`."""
    try:
        logger.log(level, message, *values)
    except Exception as fault:  # noqa: BLE001 - theirs, not ours
        leave_to_host(fault)
        faults["log"] += 1


def leave_to_host(fault: BaseException) -> None:
    """Raise an exception on where a signal handler of the program's made it, in the middle of our code.

    To be called first wherever an exception is caught on the way of a span: what is caught for a reason of ours may be
    the program's all the same.
    """
    handlers = {_code_of(signal.getsignal(number)) for number in signal.valid_signals()}
    step = fault.__traceback__
    while step is not None:
        if step.tb_frame.f_code in handlers or _has_what_it_interrupted(step.tb_frame):
            raise fault
        step = step.tb_next


def _has_what_it_interrupted(frame: FrameType) -> bool:
    """Tell whether a function was handed a signal and its caller's frame, as a handler is that is none any more."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
    given: list[object] = []
    for name in code.co_varnames[:count]:
        value = frame.f_locals.get(name)
        given += cast("tuple[object, ...]", value) if type(value) is tuple else (value,)
    caller = frame.f_back
    return caller is not None and any(each is caller for each in given) and any(type(each) is int for each in given)


def _code_of(handler: object) -> CodeType | None:
    """Return the code that runs when a handler is called, None for those of the system and of C."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    if not callable(handler) or isinstance(handler, int):
        return None
    # A method passes on what its function has; an object of a class of its own is called by its class's method.
    called = handler if hasattr(handler, "__code__") else type(handler).__call__
    code = getattr(called, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _frames(fault: BaseException) -> str:
    lines: list[str] = []
    step = fault.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        lines.append(f"  {code.co_filename}:{step.tb_lineno} in {code.co_qualname}")
        step = step.tb_next
    return "\n".join(lines)
