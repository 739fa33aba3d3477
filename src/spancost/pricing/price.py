"""What one call costs, or why nobody can say."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Price"]


class Price(NamedTuple):
    """The price of one call; a tuple because one is made on every model span."""

    amount: int | None
    """Pico-USD; None where the call is unpriced, never 0 for "don't know"."""
    status: str
    """`exact`, `alias` (a moving name such as `-latest`), `override`, `partial` (a lower bound) or `unpriced`."""
    model: str
    """The matched entry as `provider:model`, such as `openai:gpt-5.2`; empty if there is none."""
    version: str
    """Version of the table the price is from, such as `genai-prices 0.2.3`, or `override`."""
    reason: str
    """Why it is unpriced: `invalid_usage`, `unknown_model`, `unknown_provider` or `no_price`; or partial:
    `no_class_price`; else empty."""
