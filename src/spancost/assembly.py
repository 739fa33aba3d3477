"""Settings -> an engine: the prices, budgets and dimensions a Config asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import time_ns

from spancost.budgets import Budgets
from spancost.calls.who import NAMES
from spancost.config import Config, load
from spancost.engine import Engine
from spancost.pricing import PriceBook
from spancost.telemetry.reading import baggage_of, inside

__all__ = ["engine_of"]


def engine_of(config: Config | None = None, clock: Callable[[], int] = time_ns) -> Engine:
    """Return an engine for live spans with these settings, with those of the environment where none are given."""
    config = config or load(os.environ)
    book = PriceBook(config.prices)
    if not config.disabled:
        # Ahead of the first call: no file is read inside a span's hook.
        book.load()
    return Engine(
        book,
        Budgets(config.budgets, None, clock),
        dimensions=config.dimensions,
        # A ledger keeps all that is known of whom a call is for.
        kept=(*NAMES, *(config.attribution or ())) if config.ledger else (),
        attribution=config.attribution,
        clock=clock,
        inside=inside,
        baggage=baggage_of,
    )
