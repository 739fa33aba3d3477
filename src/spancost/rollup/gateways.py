"""Libraries that keep answers and ask through another, as DSPy does through LiteLLM: silence tells what was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import Layer

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge
    from spancost.rollup.node import Node

__all__ = ["Gateways"]

_CLASSES: Final = 64
"""Scopes and names remembered; beyond them a span is believed, and counts."""


class Gateways:
    """The spans of such libraries, by scope and name, inside which a gateway's instrumentation has told of a call.

    The name is the class that asks: one of the program's own may ask no gateway. It needs no lock: each is added once.
    A call it tells of later is counted by its own word.
    """

    def __init__(self) -> None:
        self._asked: set[tuple[str, str]] = set()

    def had_kept(self, record: Charge, node: Node) -> bool:
        """Tell whether a span without usage tells of an answer that was kept: the others' gateway heard nothing."""
        if not record.emitter.keeps_answers or record.call.usage is not None or record.error:
            return False
        inner = () if node.below is None else node.below.inner
        is_heard = any(each.emitter.layer == Layer.GATEWAY for charge in inner for each in (charge, *charge.others))
        if is_heard and len(self._asked) < _CLASSES:
            self._asked.add((record.emitter.scope, node.name))
        return not inner and (record.emitter.scope, node.name) in self._asked
