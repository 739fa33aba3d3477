"""Charges rolled up the tree of spans, each counted once."""

from __future__ import annotations

from spancost.rollup.charge import Charge
from spancost.rollup.dedup import ResponseIds
from spancost.rollup.node import Node
from spancost.rollup.sums import Amounts, Totals
from spancost.rollup.tree import Tree

__all__ = ["Amounts", "Charge", "Node", "ResponseIds", "Totals", "Tree"]
