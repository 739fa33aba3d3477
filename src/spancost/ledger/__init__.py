"""Charges at rest: read back from files of OTLP spans, and added up by whatever key is asked for."""

from __future__ import annotations

from spancost.ledger.files import Damage, read_spans
from spancost.ledger.order import by_start
from spancost.ledger.replay import Replay
from spancost.ledger.report import Report, Sums
from spancost.ledger.spans import Span, wanted

__all__ = ["Damage", "Replay", "Report", "Span", "Sums", "by_start", "read_spans", "wanted"]
