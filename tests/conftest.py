"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# No test is timed: the machine may be busy.
settings.register_profile("spancost", deadline=None)
settings.load_profile("spancost")
