"""Open spans that may still turn out to report a call in another trace: a charge's counters wait for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spancost.calls.dialects import ANYBODY, EMITTERS, Emitter, Kind, Layer, emitter_of

if TYPE_CHECKING:
    from spancost.rollup.charge import Charge
    from spancost.rollup.node import Node

__all__ = ["Claimants"]

_SCOPES: Final = 64
"""Instrumentations followed: those we know, and those that turned out to report calls."""

_OPEN: Final = 10_000
"""Open spans followed of one instrumentation; with more of them, they are spans that nobody ends."""

_NO_CALLS: Final = frozenset({Kind.AGENT, Kind.WORKFLOW, Kind.TOOL, Kind.STEP, Kind.OTHER})


class Claimants:
    """The open spans of instrumentations that lie around clients. Without a lock: each step is atomic by itself."""

    def __init__(self) -> None:
        self.scopes: dict[str, set[Node]] = {
            scope: set() for scope, emitter in EMITTERS.items() if emitter.layer > Layer.CLIENT
        }
        """Scope -> its open spans that are not known to be no calls."""
        # Layer and spans of those that have had one, replaced whole: most programs have one framework, or none.
        self._seen: dict[str, tuple[int, set[Node]]] = {}

    def follow(self, emitter: Emitter) -> None:
        """Hear that an instrumentation reports calls: from now on its spans are followed."""
        if emitter.layer > Layer.CLIENT and emitter is not ANYBODY and len(self.scopes) < _SCOPES:
            self.scopes.setdefault(emitter.scope, set())

    def start(self, scope: str, node: Node) -> None:
        """Hear that a span of one of the scopes has started."""
        if node.kind in _NO_CALLS:
            return
        spans = self.scopes[scope]
        if scope not in self._seen:
            self._seen = {**self._seen, scope: (emitter_of(scope).layer, spans)}
        elif len(spans) >= _OPEN:
            spans.clear()
        spans.add(node)

    def may_claim(self, charge: Charge) -> bool:
        """Tell whether an open span may turn out to be a further record of a charge."""
        if charge.emitter is ANYBODY:
            return False
        for scope, (layer, spans) in self._seen.items():
            if spans and layer >= charge.emitter.layer and charge.record_of(scope) is None:
                return True
        return False

    def forget_dropped(self) -> None:
        """Let go of spans that the program has dropped without ending them."""
        for _, spans in self._seen.values():
            for node in spans.copy():
                if node.live is not None and node.live() is None:
                    spans.discard(node)
