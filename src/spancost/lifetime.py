"""What a process goes through, followed: providers made, forks, children of multiprocessing, the exit."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from threading import Thread
from typing import Any, Final, Protocol

import wrapt

from spancost.faults import guarded

__all__ = ["Followed", "follow", "leave"]

_PROVIDERS: Final = {
    "opentelemetry.sdk.trace": "TracerProvider",
    "opentelemetry.sdk.metrics": "MeterProvider",
    "opentelemetry.sdk._logs": "LoggerProvider",
}
"""Module -> the class in it whose objects shut down by exit handlers of their own."""

_FIRST: Final = 100
"""Priority of a finalizer: those of multiprocessing itself are at most 10."""

_PATIENCE: Final = 5.0
"""Seconds that a child's exit waits for exporters."""


class Followed(Protocol):
    """Whoever is told what the process goes through."""

    def attach(self, provider: object) -> None:
        """Be told of each provider of any signal that was made."""
        ...

    def at_exit(self) -> None:
        """Be told that the process ends, before any provider is."""
        ...

    def before_fork(self) -> None:
        """Be told that the process is about to fork."""
        ...

    def after_fork_in_parent(self) -> None:
        """Be told, in the parent, that it has forked."""
        ...

    def after_fork(self) -> None:
        """Be told, in a child, that it was forked."""
        ...

    def flush_providers(self) -> None:
        """Be told that a child ends whose exit handlers will not run."""
        ...


_followed: Final[list[Followed]] = []
_hung_in = False


def follow(setup: Followed) -> None:
    """Call a set-up's methods when their time comes, from now to the end of the process."""
    global _hung_in  # noqa: PLW0603 - a program may make a set-up a tenant: what is hung into others is there once
    _followed.append(setup)
    if _hung_in:
        return
    _hung_in = True
    atexit.register(_at_exit)
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork)
    for module in _PROVIDERS:
        wrapt.register_post_import_hook(_wrap_provider, module)
    wrapt.register_post_import_hook(_wrap_setter, "opentelemetry.trace")
    wrapt.register_post_import_hook(_follow_children, "multiprocessing.util")


def leave(setup: Followed) -> None:
    """Call a set-up's methods no more."""
    if setup in _followed:
        _followed.remove(setup)


@guarded("exit handler")
def _at_exit() -> None:
    for setup in tuple(reversed(_followed)):
        setup.at_exit()


@guarded("fork handler before")
def _before_fork() -> None:
    for setup in tuple(_followed):
        setup.before_fork()


@guarded("fork handler in the parent")
def _after_fork_in_parent() -> None:
    for setup in tuple(_followed):
        setup.after_fork_in_parent()


@guarded("fork handler")
def _after_fork() -> None:
    for setup in tuple(_followed):
        setup.after_fork()


@guarded("import of providers")
def _wrap_provider(module: Any) -> None:
    wrapt.wrap_function_wrapper(module, f"{_PROVIDERS[module.__name__]}.__init__", _init)


@guarded("import of the API")
def _wrap_setter(module: Any) -> None:
    """See a provider that was made before, when it is set: by the function that every way of setting one calls."""
    wrapt.wrap_function_wrapper(module, "_set_tracer_provider", _set)


def _set(wrapped: Callable[..., None], _: object, args: Any, kwargs: Any) -> None:
    wrapped(*args, **kwargs)
    for provider in args[:1]:
        _made(provider)


def _init(wrapped: Callable[..., None], instance: object, args: Any, kwargs: Any) -> None:
    wrapped(*args, **kwargs)
    _made(instance)


@guarded("provider made")
def _made(provider: object) -> None:
    for setup in tuple(_followed):
        setup.attach(provider)
    # Exit handlers run last in, first out: ours must come before this provider's shutdown.
    atexit.unregister(_at_exit)
    atexit.register(_at_exit)


@guarded("import of multiprocessing")
def _follow_children(module: Any) -> None:
    """Have forked children of `multiprocessing`, which run no exit handlers, flush by its finalizers."""
    module.register_after_fork(_children, _finalize)


@guarded("multiprocessing start")
def _finalize(followed: _Children) -> None:
    from multiprocessing.util import Finalize

    for setup in tuple(followed.setups):
        Finalize(None, _child_exit, args=(setup,), exitpriority=_FIRST)


class _Children:
    """What `multiprocessing` holds, weakly, of us."""

    setups = _followed


_children: Final = _Children()


@guarded("multiprocessing exit")
def _child_exit(setup: Followed) -> None:
    setup.at_exit()
    # On a thread and for so long: the SDK leaves its readers' locks as they were at the fork, and one that was held
    # then is held for ever (https://github.com/open-telemetry/opentelemetry-python/issues/3307).
    flushing = Thread(target=_flush, args=(setup,), name="spancost-exit", daemon=True)
    flushing.start()
    flushing.join(_PATIENCE)


@guarded("multiprocessing flush")
def _flush(setup: Followed) -> None:
    from opentelemetry import _logs, metrics

    setup.flush_providers()
    # Metrics last: theirs are the locks.
    for provider in (_logs.get_logger_provider(), metrics.get_meter_provider()):
        flush = getattr(provider, "force_flush", None)
        if flush is not None:
            flush()
