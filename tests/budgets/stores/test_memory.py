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


def test_a_booking_tells_what_it_passed() -> None:
    """Bit n for trigger n, once; nothing to tell is None."""
    store = MemoryStore()
    key = ("b", "v")
    told = [store.book(key, _TODAY, amount, (75, 90, 100), 100) for amount in (74, 1, 20, 5, 50)]
    assert [None, Booking(75, 0b1, False), Booking(95, 0b10, False), Booking(100, 0b100, False), None] == told
    assert [Spend(key, _TODAY, 150)] == list(store.spends(NOW))


def test_all_triggers_at_once() -> None:
    """One large amount passes all of them."""
    assert Booking(500, 0b111, False) == MemoryStore().book(("b", "v"), _TODAY, 500, (75, 90, 100), 100)


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
    assert Booking(80, 0b1, True) == store.book(("b", "v"), _TOMORROW, 80, (75,), 100)
    assert store.book(("b", "v"), _TOMORROW, 1, (75,), 100) is None


def test_a_past_window_counts_as_nothing_spent() -> None:
    """Who spent yesterday has spent nothing today, until the next charge."""
    store = MemoryStore()
    store.book(("b", "v"), _TODAY, 50, (), 100)
    assert [50] == [spend.usage for spend in store.spends(NOW)]
    assert [0] == [spend.usage for spend in store.spends(NOW + _DAY)]


def test_accounts_are_bounded() -> None:
    """Beyond the bound a tenth goes, those that began to spend longest ago, and it is counted."""
    store = MemoryStore(most_keys=100)
    for number in range(1000):
        store.book(("b", str(number)), _TODAY, 1, (), 100)
        assert 100 >= len(list(store.spends(NOW)))
    assert 1000 == store.evictions + len(list(store.spends(NOW)))
    assert "999" in {spend.key[1] for spend in store.spends(NOW)}


def test_those_of_past_windows_go_first() -> None:
    """Room is made of what no longer counts before anything that does; a month goes on past its days."""
    store = MemoryStore(most_keys=10)
    store.book(("month", "v"), _MONTH, 1, (), 100)
    for number in range(8):
        store.book(("day", str(number)), _TODAY, 1, (), 100)
    for number in range(3):
        store.book(("day", f"new {number}"), _TOMORROW, 1, (), 100)
    assert {("month", "v"), *(("day", f"new {number}") for number in range(3))} == {
        spend.key for spend in store.spends(NOW + _DAY)
    }
    assert 8 == store.evictions


def test_overruns_outlive_the_accounts_they_were_counted_on() -> None:
    """A counter that left can't be taken back: who makes room for others has overrun the budget all the same."""
    store = MemoryStore(most_keys=10)
    for number in range(30):
        store.book(("b", str(number)), _TODAY, 101, (), 100)
    store.book(("b", "0"), _TODAY, 101, (), 100)
    assert {("b", str(number)): 1 + (number == 0) for number in range(30)} == store.overruns()


def test_the_values_whose_overruns_are_told_are_bounded() -> None:
    """A hundred of each budget are counted apart, the rest together, and none of it ever falls."""
    store = MemoryStore(most_keys=10)
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
    assert [20_000] == [spend.usage for spend in store.spends(NOW)]
    (booking,) = told
    # It tells the sum as it stands when it looks, and each of the other three may have booked once more by then.
    assert (0b1, False, True) == (booking.crossed, booking.recovered, 15_000 <= booking.usage <= 15_003)
