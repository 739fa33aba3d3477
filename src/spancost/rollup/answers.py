"""Answers that a library kept from a call that was billed, and tells of as of a call when it gives them again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from spancost.rollup.evidence import differ_in_id, share_model
from spancost.rollup.units import final

if TYPE_CHECKING:
    from spancost.calls.read import Call
    from spancost.rollup.charge import Charge

__all__ = ["Answers"]

_ANSWERS: Final = 4_096
"""Calls remembered: the window within which an answer is known to be one of theirs."""

_FROM_MEMORY_NS: Final = 2_000_000
"""No request and answer over HTTP take Python less; to look an answer up takes LangChain less than one."""

_LOOKED_UP_NS: Final = 50_000_000
"""How long it may take where the id, which the call had, is missing: some keep the words, and not what came along."""

_MODELS: Final = 8
"""Models remembered of which a call told the same."""

_Key = tuple[str, int, int]
"""Operation, input and output."""


class Answers:
    """The last calls that instrumentations of such libraries told of, bounded, by what they told.

    A span alone is no evidence, however short: it must tell what a whole one before it told, of the same model, that
    was as long as a call takes and had ended. It may take longer where it has lost that one's id. Or it must say that
    it cost nothing, where that one cost something. A response id of its own speaks against both.
    """

    def __init__(self, most: int = _ANSWERS) -> None:
        self._calls: dict[_Key, tuple[Charge, ...]] = {}
        self._order: deque[_Key] = deque()
        self._most = most

    def kept_from(self, record: Charge) -> Charge | None:
        """Return the charge whose answer a record gives again; remember it as a call where it is one."""
        usage, told = record.told, record.call
        if usage is None or told.partial:
            return None
        key = told.operation, usage.input, usage.output
        calls = self._calls.get(key, ())
        call = next((each for each in calls if _may_be_its_answer(record, each)), None)
        # One that its library had made up is no loss.
        had_id = call is not None and call.call.response_id and not call.emitter.invents_ids
        lost_its_id = had_id and not told.response_id
        if record.end_ns - record.start_ns < (_LOOKED_UP_NS if lost_its_id else _FROM_MEMORY_NS):
            return None if call is None else final(call)
        if told.is_free and call is not None and call.call.stated_cost:
            return final(call)
        if len(calls) < _MODELS and not any(_may_be_of_one_model(told, each.call) for each in calls):
            self._calls[key] = (*calls, record)
            self._order.append(key)
            if len(self._order) > self._most:
                self._forget_oldest()
        return None

    def _forget_oldest(self) -> None:
        key = self._order.popleft()
        if later := self._calls.pop(key, ())[1:]:
            self._calls[key] = later

    def __len__(self) -> int:
        return len(self._order)


def _may_be_its_answer(record: Charge, call: Charge) -> bool:
    told, given = record.call, call.call
    return call.end_ns <= record.start_ns and not differ_in_id(told, given) and _may_be_of_one_model(told, given)


def _may_be_of_one_model(told: Call, call: Call) -> bool:
    # An answer out of a cache may name no model, and none of its ids.
    return not told.models or not call.models or share_model(told, call)
