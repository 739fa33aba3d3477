"""The version of this package, as its scope tells it."""

from __future__ import annotations

from typing import Final

__all__ = ["VERSION"]

VERSION: Final = "0.1.0"
"""Kept equal to pyproject.toml by a test."""
