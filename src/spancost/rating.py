"""Rating: a span's attributes become a charge, read, priced, and said whose it is."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Final, Protocol

from spancost.calls import LAST_REQUEST, read_call
from spancost.calls.dialects import ANYBODY
from spancost.calls.guesses import STREAM
from spancost.calls.iterations import ITERATING, with_iterations
from spancost.calls.plain import plain, plainly
from spancost.calls.refusals import RESENT, kind_of_error, resent, was_refused
from spancost.calls.turns import Turn, beyond, sums_turn
from spancost.faults import leave_to_host
from spancost.pricing.price import Price
from spancost.rollup import Charge, Node

if TYPE_CHECKING:
    from spancost.calls import Attributes, Call, Usage
    from spancost.calls.dialects import Emitter
    from spancost.rollup.attribution import Attribution

__all__ = ["Pricer", "Rating"]

_WITHOUT_REQUEST_NS: Final = 5_000_000
"""No call takes less in a library that keeps answers and tells no usage either way: DSPy works long on each."""

_NOTHING_OF_ITS_OWN: Final[Attributes] = {}


class Pricer(Protocol):
    """What prices calls."""

    def price(self, provider: str, models: tuple[str, ...], usage: Usage, at_ns: int) -> Price:
        """Return an amount or a reason; never raises."""
        ...


class Rating:
    """Makes charges out of what spans tell. It keeps nothing but, on the span around them, the last call of a turn."""

    def __init__(self, pricer: Pricer, attribution: Attribution, clock: Callable[[], int]) -> None:
        self._pricer = pricer
        self._attribution = attribution
        self._clock = clock

    def call(
        self,
        node: Node,
        attributes: Attributes,
        start_ns: int,
        resource: Attributes,
        emitter: Emitter = ANYBODY,
        end_ns: int = 0,
        error: str | None = None,
    ) -> Charge | None:
        """Return the charge of a call's span; None where nothing was billed, or another span tells of it."""
        if emitter.kept_beside and plain(attributes.get(emitter.kept_beside)) is True:
            return None
        call, attributes = _read(attributes, emitter, error)
        if emitter in ITERATING:
            call = with_iterations(call, emitter, attributes)
        calls = 1
        if node.below is not None:
            calls = node.below.steps or 1
            if (
                emitter.asks_again
                and node.below.ran_tool
                and call.usage is not None
                and node.name not in emitter.one_request
            ):
                # What the requests before the last one used, no span tells.
                call = call._replace(partial=True, reason=LAST_REQUEST)
        if emitter.sums_turn_without and call.usage and node.parent and sums_turn(emitter, attributes):
            call = _own(call, call.usage, node.parent)
        if call.usage is None:
            was_none = (
                _was_not_made(call, emitter, attributes, start_ns, end_ns)
                if error is None
                else was_refused(attributes, error)
            )
            if call.reason == "no_usage" and was_none:
                return None
            price = Price(None, "unpriced", "", "", call.reason)
        else:
            price = self._pricer.price(call.provider, call.models, call.usage, start_ns)
        charge = Charge(node, call, price, emitter, start_ns, end_ns, self._clock(), calls)
        charge.who, charge.agent_path, charge.rank = self._attribution.resolve(attributes, node, resource)
        charge.told_who = charge.who
        if error is not None:
            charge.error = kind_of_error(attributes, error)
        if RESENT in attributes:
            charge.resent = resent(attributes)
        return charge

    def agent(
        self,
        agent: Node,
        attributes: Attributes,
        start_ns: int,
        resource: Attributes,
        emitter: Emitter,
        end_ns: int,
    ) -> Charge | None:
        """Return the charge of what an agent says its calls used, None where it says nothing."""
        call, _ = _read(attributes, emitter, None)
        if call.usage is None:
            return None
        price = self._pricer.price(call.provider, call.models, call.usage, start_ns)
        charge = Charge(agent, call, price, emitter, start_ns, end_ns, self._clock())
        charge.booked = agent
        inside = Node(agent.trace_id, agent.span_id, agent, "", None, None, agent.baggage)
        charge.who, charge.agent_path, charge.rank = self._attribution.resolve(_NOTHING_OF_ITS_OWN, inside, resource)
        charge.told_who = charge.who
        return charge

    def with_reasoning(self, record: Charge, repeated: Usage) -> Charge | None:
        """Return a record that knows which of its tokens were reasoning, None where the numbers are another call's."""
        usage = record.call.usage
        if usage is None or usage.reasoning or usage[:2] != repeated[:2]:
            return None
        known = usage._replace(reasoning=repeated.reasoning)
        told, call = copy(record), record.call._replace(usage=known)
        told.tell(call, self._pricer.price(call.provider, call.models, known, record.start_ns))
        return told


def _read(attributes: Attributes, emitter: Emitter, error: str | None) -> tuple[Call, Attributes]:
    """Return the call that a span tells of, and the attributes it was read from."""
    try:
        return read_call(attributes, emitter, error), attributes
    except Exception as fault:  # noqa: BLE001 - whatever values of the host's own classes raise
        leave_to_host(fault)
        attributes = plainly(attributes)
        return read_call(attributes, emitter, error), attributes


def _own(call: Call, told: Usage, around: Node) -> Call:
    """Return a call with what it used itself, where it may tell the sum of the calls below the span around it."""
    below = around.below
    if below is None:
        return call
    before = below.turn
    goes_on = before is not None and before.model == call.request_model and below.ran_tool
    own = beyond(told, before) if before is not None and goes_on else told
    below.turn = Turn(call.request_model, told, own)
    # Only what a tool ran before it goes on.
    below.ran_tool = False
    return call if own is told else call._replace(usage=own, estimated=True)


def _was_not_made(call: Call, emitter: Emitter, attributes: Attributes, start_ns: int, end_ns: int) -> bool:
    """Tell whether a call without usage is a stream that is told of afterwards, or was answered from memory."""
    length = end_ns - start_ns
    # The id comes with the answer.
    is_told_after = emitter.tells_after and length > 0 and not call.response_id and attributes.get(STREAM) is not False
    return is_told_after or (emitter.keeps_answers and 0 <= length < _WITHOUT_REQUEST_NS)
