"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from spancost.ledger.period import length_of, moment_of, period_of

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
_DAY = 86_400 * 10**9


@pytest.mark.parametrize(
    ("text", "length"),
    [("90s", timedelta(seconds=90)), (" 24h ", timedelta(days=1)), ("2w", timedelta(weeks=2)), ("0d", timedelta())],
)
def test_a_length_of_time(text: str, length: timedelta) -> None:
    """A number and a unit."""
    assert length == length_of(text)


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "1.5h", "1y", "9999999d", "24h and more"])
def test_what_is_no_length_of_time(text: str) -> None:
    """The error says what is one."""
    with pytest.raises(ValueError, match="such as 24h"):
        length_of(text)


def test_a_moment_without_a_zone_is_in_utc() -> None:
    """As the windows of budgets are."""
    assert datetime(2026, 1, 31, tzinfo=UTC) == moment_of("2026-01-31")
    assert datetime(2026, 1, 31, 10, tzinfo=UTC) == moment_of("2026-01-31T12:00+02:00")
    with pytest.raises(ValueError, match="2026-01-31"):
        moment_of("yesterday")


def test_a_period_begins_at_the_later_of_two_beginnings() -> None:
    """With nothing told it is everything; one that began before the epoch began with it."""
    begin, end = period_of(_NOW, None, None, None)
    assert (0, 2**63 - 1) == (begin, end)
    since = _NOW - timedelta(days=3)
    assert _DAY == period_of(_NOW, timedelta(days=2), since, None)[0] - period_of(_NOW, None, since, None)[0]
    assert period_of(_NOW, None, since, None)[0] == period_of(_NOW, timedelta(days=9), since, None)[0]
    assert 3 * _DAY == period_of(_NOW, None, None, _NOW)[1] - period_of(_NOW, None, None, since)[1]
    assert 0 == period_of(_NOW, length_of("999999w"), None, None)[0]
