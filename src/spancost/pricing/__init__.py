"""What a model call costs: a table of prices, the user's own on top, compiled to integer functions."""

from __future__ import annotations

from spancost.pricing.book import PriceBook
from spancost.pricing.overrides import Override
from spancost.pricing.price import Price

__all__ = ["Override", "Price", "PriceBook"]
