"""What can go wrong, and the one place where our own faults are swallowed.

SpancostError
 └── ConfigError      a wrong environment variable, file or budget
"""

from __future__ import annotations

__all__ = ["ConfigError", "SpancostError"]


class SpancostError(Exception):
    """Base of every error spancost raises on purpose."""


class ConfigError(SpancostError):
    """A setting that can't be used: what it is, where it stands and what to write instead."""
