"""Groups of records: evidence goes before numbers, and numbers make as few calls as they can."""

from __future__ import annotations

from collections.abc import Container, Iterable

import pytest
from support import record

from spancost.rollup import Charge
from spancost.rollup.grouping import Near, Plan, joined, parted, tied
from spancost.rollup.units import Records, final

_CLIENT, _FRAMEWORK = "client", "framework"


def _merge(charge: Charge, *others: Charge) -> None:
    charge.others = (*charge.others, *others)
    for each in others:
        each.merged = charge


def _near(*pairs: tuple[Charge, Charge]) -> Near:
    """Say which records are near each other."""

    def near(records: Records, wanted: Container[Charge]) -> list[Charge]:
        found = [pair[1 - side] for pair in pairs for side in (0, 1) if pair[side] in records]
        return [each for each in found if final(each) not in wanted]

    return near


def _sets(plan: Plan) -> list[set[Charge]]:
    return [set(each) for each in plan.charges]


def _firsts(plan: Plan) -> Iterable[Charge]:
    return [each[0] for each in plan.charges]


# -- What numbers say ---------------------------------------------------------------------------------------------


def test_a_record_is_of_a_charge_near_it_that_its_instrumentation_has_not_told_of() -> None:
    """The charge stays the charge."""
    client, framework = record(_CLIENT), record(_FRAMEWORK)
    assert [(client, framework)] == joined(framework, _near((framework, client))).charges
    assert [] == joined(framework, _near()).charges


def test_a_record_in_the_way_moves_to_a_charge_with_room() -> None:
    """Two calls at once: the first framework's record took the only client's that the second's can be of."""
    one, other = record(_CLIENT), record(_CLIENT)
    first, second = record(_FRAMEWORK), record(_FRAMEWORK)
    _merge(one, first)
    plan = joined(second, _near((second, one), (first, other)))
    assert [{other, first}, {one, second}] == _sets(plan)
    assert [other, one] == _firsts(plan)


def test_a_charge_in_the_way_moves_too_and_leaves_its_place_to_the_record() -> None:
    """It ended first, so it is the charge; where it goes there is one already, and the newcomer is one."""
    framework, client, other = record(_FRAMEWORK), record(_CLIENT), record(_CLIENT)
    _merge(framework, client)
    newcomer = record(_FRAMEWORK)
    newcomer.entered = False
    plan = joined(newcomer, _near((newcomer, client), (framework, other)))
    assert [{other, framework}, {client, newcomer}] == _sets(plan)
    assert [other, newcomer] == _firsts(plan)


def test_where_nothing_can_move_a_record_is_a_call_of_its_own() -> None:
    """Each client's record is taken, and no other is near."""
    client, first, second = record(_CLIENT), record(_FRAMEWORK), record(_FRAMEWORK)
    _merge(client, first)
    assert [] == joined(second, _near((second, client))).charges


def test_a_record_that_evidence_ties_does_not_move_alone() -> None:
    """Whoever wants its place would have to be of the call that evidence says it is a record of."""
    client, first, second = record(_CLIENT), record(_FRAMEWORK), record(_FRAMEWORK)
    _merge(client, first)
    first.tied = client
    assert [] == joined(second, _near((second, client), (first, record(_CLIENT)))).charges


def test_two_ids_are_two_calls() -> None:
    """Whatever else is alike."""
    one, other = record(_CLIENT, response_id="chatcmpl-1"), record(_FRAMEWORK, response_id="chatcmpl-2")
    assert [] == joined(other, _near((one, other))).charges


# -- What evidence says -------------------------------------------------------------------------------------------


def test_evidence_puts_out_whom_only_numbers_made_a_record_of_the_call() -> None:
    """The framework's span around the client's has ended: another's was taken for it, and is a call now."""
    client, another, around = record(_CLIENT), record(_FRAMEWORK), record(_FRAMEWORK)
    _merge(client, another)
    plan = tied(around, client)
    assert [(client, around), (another,)] == plan.charges
    assert (around, client) == plan.tie


def test_evidence_takes_a_record_from_a_charge_that_only_numbers_made_its() -> None:
    """The client's span lies inside that of another framework's call, which is the charge of it now."""
    another, client, around = record(_FRAMEWORK), record(_CLIENT), record(_FRAMEWORK)
    around.entered = False
    _merge(another, client)
    plan = tied(around, client)
    assert [(around, client), (another,)] == plan.charges
    assert (client, around) == plan.tie


def test_what_may_still_be_of_the_call_stays() -> None:
    """A gateway's record in a trace of its own says nothing against the framework's."""
    client, gateway, around = record(_CLIENT), record("gateway"), record(_FRAMEWORK)
    _merge(client, gateway)
    assert [{client, gateway, around}] == _sets(tied(around, client))


@pytest.mark.parametrize("is_one_call_already", [False, True])
def test_two_charges_that_are_one_call_are_one_charge(is_one_call_already: bool) -> None:
    """An id says so, or says so again: the other charge's records come along."""
    one, other, framework = record(_CLIENT), record("gateway"), record(_FRAMEWORK)
    _merge(other, framework)
    if is_one_call_already:
        _merge(one, other, framework)
    plan = tied(other, one)
    assert {one, other, framework} == set(plan.charges[0])
    assert one is plan.charges[0][0]
    assert (other, one) == plan.tie


def test_a_sum_of_several_requests_has_them_all() -> None:
    """Each of them has records of the same instrumentations."""
    whole = record(_FRAMEWORK, (2000, 200), calls=2)
    parts = [record(_CLIENT), record(_CLIENT)]
    for part in parts:
        plan = tied(part, whole)
        _merge(whole, part)
        part.tied = whole
        assert 1 == len(plan.charges)
    assert [whole, *parts] == list(plan.charges[0])


def test_what_was_one_with_an_agents_word_is_a_call_of_its_own_without_it() -> None:
    """The word is superfluous: calls below the agent have told of themselves."""
    word, client, gateway = record(_FRAMEWORK), record(_CLIENT), record("gateway")
    _merge(word, client, gateway)
    gateway.tied = client
    assert [(client, gateway)] == parted(word).charges
