"""Where the spend of each budget is kept: one protocol, one store a file."""

from __future__ import annotations

from spancost.budgets.stores.memory import MemoryStore
from spancost.budgets.stores.protocol import Booking, Key, Spend, Store

__all__ = ["Booking", "Key", "MemoryStore", "Spend", "Store"]
