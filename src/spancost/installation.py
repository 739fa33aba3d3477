"""One set-up a process, made once by whichever door comes first, and its settings' problems told."""

from __future__ import annotations

import logging
import os
from time import time_ns
from typing import Final

from opentelemetry import trace

from spancost import frameworks, lifetime
from spancost.config import Config, load
from spancost.errors import MOST_PROBLEMS, Problem
from spancost.faults import guarded, leave_to_host, say
from spancost.setup import Setup
from spancost.telemetry.events import config_told

__all__ = ["install", "setup_of", "uninstall"]

_logger = logging.getLogger(__name__)

_WRONG_CONFIGURATION: Final = 78
"""EX_CONFIG of sysexits.h."""

_setup: Setup | None = None
_is_broken = False
"""Whether a set-up couldn't be made: what a program calls by itself doesn't try again each time."""

_first: Final[dict[str, Setup]] = {}
"""The set-up that was made first, from when it was."""


def setup_of() -> Setup | None:
    """Return the process's set-up, installing it where nobody has; None where it can't be made."""
    return _setup or install()


@guarded("install")
def install(config: Config | None = None) -> Setup | None:
    """Track cost in this process from now on; calling it again, by whichever door, changes nothing.

    Returns None where a part of us can't be made, of prices, exporters or the SDK: the program goes on without. Raises
    SystemExit 78 where the configuration is wrong and SPANCOST_STRICT is true, nothing else.
    """
    global _setup, _is_broken  # noqa: PLW0603 - one set-up a process
    if _is_broken:
        return None
    if _setup is not None:
        if not _setup.active and not _setup.config.disabled:
            _setup.switch(active=True)
        return _setup
    try:
        config = config or load(os.environ)
        if config.log_level:
            logging.getLogger("spancost").setLevel(config.log_level)
        made = Setup(config)
    except Exception as fault:
        leave_to_host(fault)
        _is_broken = True
        raise
    # One atomic step: of threads that come here at once one begins, and the others have what it made.
    setup = _first.setdefault("setup", made)
    if setup is not made:
        if setup.config.strict and any(problem.is_error for problem in setup.config.problems):
            raise SystemExit(_WRONG_CONFIGURATION)
        return setup
    try:
        _report(config)
    except SystemExit:
        _first.clear()
        raise
    _setup = setup
    if setup.active:
        _begin(setup)
    return setup


def uninstall() -> None:
    """Take the processors off, until the next `install`; what was counted stays counted."""
    if _setup is not None:
        _setup.switch(active=False)


@guarded("begin")
def _begin(setup: Setup) -> None:
    # First, for spans may end as soon as a provider is attached to.
    setup.exporter.start()
    if setup.keeper is not None:
        setup.keeper.start()
    setup.attach(trace.get_tracer_provider())
    setup.exporter.install()
    for problem in setup.config.problems:
        if problem.is_error:
            setup.exporter.tell(config_told(problem, time_ns()))
    frameworks.switch_on(setup.config.frameworks)
    lifetime.follow(setup)
    setup.warn_soon_if_blind()


def _report(config: Config) -> None:
    """Log each problem once, as one ERROR or WARNING; under SPANCOST_STRICT an error ends the start."""
    for problem in config.problems:
        say(_logger, logging.ERROR if problem.is_error else logging.WARNING, "spancost: %s", _line(problem))
    errors = [problem for problem in config.problems if problem.is_error]
    if errors and config.strict:
        told = "spancost: SPANCOST_STRICT is true and the configuration is wrong: the program does not start"
        say(_logger, logging.CRITICAL, told)
        raise SystemExit(_WRONG_CONFIGURATION)
    if len(config.problems) >= MOST_PROBLEMS:
        say(
            _logger,
            logging.WARNING,
            "spancost: of each part of the settings no more than %d problems are told",
            MOST_PROBLEMS,
        )
    if errors:
        say(_logger, logging.WARNING, "spancost: no budget is watched until this is corrected; costs are tracked")


def _line(problem: Problem) -> str:
    # One record, one line: a file may hold line breaks to forge others with.
    where = f" (line {problem.line})" if problem.line and f"line {problem.line}" not in problem.message else ""
    return str(problem).encode("unicode_escape").decode() + where
