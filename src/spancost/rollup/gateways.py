"""Libraries that keep answers and ask through another, as DSPy does through LiteLLM: silence tells what was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spancost.calls.dialects import Layer

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge
    from spancost.rollup.node import Node

__all__ = ["Gateways"]


class Gateways:
    """The scopes of such libraries inside whose spans a gateway's instrumentation has told of a call.

    It needs no lock: each is added once. A call it tells of later is counted by its own word.
    """

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def had_kept(self, record: Charge, node: Node) -> bool:
        """Tell whether a span without usage tells of an answer that was kept: the others' gateway heard nothing."""
        if not record.emitter.keeps_answers or record.call.usage is not None or record.error:
            return False
        inner = () if node.below is None else node.below.inner
        if any(each.emitter.layer == Layer.GATEWAY for charge in inner for each in (charge, *charge.others)):
            self._asked.add(record.emitter.scope)
        return not inner and record.emitter.scope in self._asked
