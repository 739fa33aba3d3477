"""The store in memory: exact, bounded, and each method one step."""

from __future__ import annotations

from datetime import UTC

from support import NOW, run_at_once

from spancost.budgets.stores import Booking, MemoryStore, Spend
from spancost.budgets.stores.memory import OTHER
from spancost.budgets.windows import window_at

_DAY = 86_400 * 10**9
_TODAY = window_at("day", UTC, NOW)
_TOMORROW = window_at("day", UTC, NOW + _DAY)
_MONTH = window_at("month", UTC, NOW)


def _spends(store: MemoryStore, now_ns: int = NOW, budget: str = "b") -> list[Spend]:
    return list(store.largest(budget, now_ns, 10**6))


def test_a_booking_tells_what_it_passed() -> None:
    """Bit n for trigger n, once; nothing to tell is None."""
    store = MemoryStore()
    key = ("b", "v")
    told = [store.book(key, _TODAY, amount, (75, 90, 100), 100) for amount in (74, 1, 20, 5, 50)]
    assert [
        None,
        Booking(75, 0b1, False, _TODAY),
        Booking(95, 0b10, False, _TODAY),
        Booking(100, 0b100, False, _TODAY),
        None,
    ] == told
    assert [Spend(key, _TODAY, 150)] == _spends(store)


def test_all_triggers_at_once() -> None:
    """One large amount passes all of them."""
    assert Booking(500, 0b111, False, _TODAY) == MemoryStore().book(("b", "v"), _TODAY, 500, (75, 90, 100), 100)


def test_the_limit_may_be_spent() -> None:
    """Spending exactly the limit is no overrun; a pico-dollar more is one, once a window."""
    store = MemoryStore()
    for amount, overruns in ((100, {}), (1, {("b", "v"): 1}), (1, {("b", "v"): 1})):
        store.book(("b", "v"), _TODAY, amount, (), 100)
        assert overruns == store.overruns()
    store.book(("b", "v"), _TOMORROW, 101, (), 100)
    assert {("b", "v"): 2} == store.overruns()


def test_a_new_window_forgets_the_old_and_tells_of_a_breach_before() -> None:
    """Usage, triggers and breach begin anew; that it recovered is told once."""
    store = MemoryStore()
    store.book(("b", "v"), _TODAY, 101, (75,), 100)
    assert Booking(80, 0b1, True, _TOMORROW) == store.book(("b", "v"), _TOMORROW, 80, (75,), 100)
    assert store.book(("b", "v"), _TOMORROW, 1, (75,), 100) is None


def test_a_past_window_counts_as_nothing_spent() -> None:
    """Who spent yesterday has spent nothing today, until the next charge."""
    store = MemoryStore()
    store.book(("b", "v"), _TODAY, 50, (), 100)
    assert [50] == [spend.usage for spend in _spends(store)]
    assert [0] == [spend.usage for spend in _spends(store, NOW + _DAY)]


def test_a_breach_that_a_correction_took_back_is_still_told_to_have_recovered() -> None:
    """It was told; whoever was told hears in the next window that it is over."""
    store = MemoryStore()
    store.book(("b", "v"), _TODAY, 100, (75, 100), 100)
    store.book(("b", "v"), _TODAY, -50, (75, 100), 100)
    assert Booking(1, 0, True, _TOMORROW) == store.book(("b", "v"), _TOMORROW, 1, (75, 100), 100)


def test_what_comes_from_an_earlier_window_is_booked_to_the_running_one() -> None:
    """A clock set back over midnight, or a thread that midnight overtook: the booking says where it went."""
    store = MemoryStore()
    store.book(("b", "v"), _TOMORROW, 70, (75,), 100)
    assert Booking(80, 0b1, False, _TOMORROW) == store.book(("b", "v"), _TODAY, 10, (75,), 100)
    assert store.book(("b", "v"), _TOMORROW, 1, (75,), 100) is None


def test_the_values_that_spent_most_are_told_first() -> None:
    """As many as are asked for, of the budget that is asked about."""
    store = MemoryStore()
    for number in range(10):
        store.book(("b", str(number)), _TODAY, number * 7 % 10 + 1, (), 100)
        store.book(("other", str(number)), _TODAY, 1, (), 100)
    assert [("7", 10), ("4", 9), ("1", 8)] == [(each.key[1], each.usage) for each in store.largest("b", NOW, 3)]
    assert [] == store.largest("nobody's", NOW, 3)


def test_accounts_are_bounded() -> None:
    """Of each budget those that spent last are kept, and the forgotten are counted."""
    store = MemoryStore(most_accounts=100)
    for number in range(1000):
        store.book(("b", str(number)), _TODAY, 1, (), 100)
        assert 100 >= len(_spends(store))
    assert {str(number) for number in range(900, 1000)} == {spend.key[1] for spend in _spends(store)}
    assert 900 == store.evictions


def test_one_budgets_values_make_no_room_for_anothers() -> None:
    """A crowd of users takes nothing from what a team has spent."""
    store = MemoryStore(most_accounts=10)
    store.book(("team", "search"), _MONTH, 80, (75,), 100)
    for number in range(1000):
        store.book(("user", str(number)), _TODAY, 1, (), 100)
    assert store.book(("team", "search"), _MONTH, 21, (75,), 100) is None
    assert [101] == [spend.usage for spend in _spends(store, budget="team")]
    assert {("team", "search"): 1} == store.overruns()


def test_whoever_goes_on_spending_is_kept() -> None:
    """However long ago it began: its spend is not forgotten and its thresholds are not told twice."""
    store = MemoryStore(most_accounts=10)
    told = 0
    for number in range(1000):
        told += store.book(("user", "ada"), _TODAY, 1, (75,), 100) is not None
        store.book(("user", str(number)), _TODAY, 1, (), 100)
    assert 1 == told
    assert 1000 == _spends(store, budget="user")[0].usage


def test_whoever_was_told_of_is_not_told_of_again() -> None:
    """However many values spend a little afterwards, one of whom a threshold was told is forgotten last."""
    store = MemoryStore(most_accounts=100)
    assert store.book(("b", "ada"), _TODAY, 80, (75, 90), 100) is not None
    for number in range(1000):
        store.book(("b", f"user-{number}"), _TODAY, 1, (75, 90), 100)
    assert store.book(("b", "ada"), _TODAY, 1, (75, 90), 100) is None
    assert Spend(("b", "ada"), _TODAY, 81) in _spends(store)
    # Where everybody was told of, somebody has to go all the same.
    for number in range(1000):
        store.book(("b", f"dear-{number}"), _TODAY, 95, (75, 90), 100)
    assert 100 == len(_spends(store))


def test_overruns_outlive_the_accounts_they_were_counted_on() -> None:
    """A counter that left can't be taken back: who makes room for others has overrun the budget all the same."""
    store = MemoryStore(most_accounts=10)
    for number in range(30):
        store.book(("b", str(number)), _TODAY, 101, (), 100)
    store.book(("b", "0"), _TODAY, 101, (), 100)
    assert {("b", str(number)): 1 + (number == 0) for number in range(30)} == store.overruns()


def test_the_values_whose_overruns_are_told_are_bounded() -> None:
    """A hundred of each budget are counted apart, the rest together, and none of it ever falls."""
    store = MemoryStore(most_accounts=10)
    for number in range(1000):
        store.book(("b", str(number)), _TODAY, 101, (), 100)
        store.book(("other", "v"), _TODAY, 101, (), 100)
    told = store.overruns()
    assert (102, 900, 1) == (len(told), told["b", OTHER], told["b", "99"])


def test_threads_lose_nothing() -> None:
    """Sums are exact and the one trigger is told once, however many threads book."""
    store = MemoryStore()
    told: list[Booking] = []

    def book() -> None:
        for _ in range(5000):
            booking = store.book(("b", "v"), _TODAY, 1, (15_000,), 10**9)
            if booking is not None:
                told.append(booking)

    run_at_once([book] * 4)
    assert [20_000] == [spend.usage for spend in _spends(store)]
    (booking,) = told
    # It tells the sum as it stands when it looks, and each of the other three may have booked once more by then.
    assert (0b1, False, True) == (booking.crossed, booking.recovered, 15_000 <= booking.usage <= 15_003)
