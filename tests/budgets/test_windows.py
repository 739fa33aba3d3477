"""Calendar windows: they tile time in every zone, through every change of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spancost.budgets.windows import KINDS, Window, window_at

_SECOND = 10**9
_HOUR = 3600 * _SECOND
_DAY = 24 * _HOUR

# Clocks that change at midnight (Havana, Beirut, Sao Paulo), by half an hour (Lord Howe), or skip a whole day (Apia).
_ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "America/St_Johns",
)

_MOMENTS = st.integers(0, 4_000_000_000 * _SECOND)


def _ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * _SECOND


@given(st.sampled_from(KINDS), st.sampled_from(_ZONES), _MOMENTS)
def test_windows_tile_time(kind: str, zone: str, now_ns: int) -> None:
    """Each moment lies in one window, whose neighbours begin and end where it does."""
    place = ZoneInfo(zone)
    window = window_at(kind, place, now_ns)
    assert window.holds(now_ns)
    assert window == window_at(kind, place, window.start_ns) == window_at(kind, place, window.end_ns - 1)
    assert window.start_ns == window_at(kind, place, window.start_ns - 1).end_ns
    assert window.end_ns == window_at(kind, place, window.end_ns).start_ns
    assert not window.holds(window.start_ns - 1)
    assert not window.holds(window.end_ns)


@given(st.sampled_from(_ZONES), _MOMENTS)
def test_a_window_is_the_day_and_the_month_of_the_wall_clock(zone: str, now_ns: int) -> None:
    """Within a window the calendar shows one date, and one month."""
    place = ZoneInfo(zone)
    shown = datetime.fromtimestamp(now_ns // _SECOND, place)
    for kind, form in (("day", "%Y-%m-%d"), ("month", "%Y-%m")):
        window = window_at(kind, place, now_ns)
        assert {shown.strftime(form)} == {
            datetime.fromtimestamp(moment // _SECOND, place).strftime(form)
            for moment in (window.start_ns, window.end_ns - _SECOND)
        }


@pytest.mark.parametrize(
    ("zone", "noon", "hours"),
    [
        ("UTC", "2026-03-29T12:00+00:00", 24),
        ("Europe/Berlin", "2026-03-29T12:00+02:00", 23),
        ("Europe/Berlin", "2026-10-25T12:00+01:00", 25),
        ("Europe/Berlin", "2026-10-26T12:00+01:00", 24),
        ("America/Havana", "2026-11-01T12:00-05:00", 25),
        ("America/Havana", "2026-03-08T12:00-04:00", 23),
        ("Australia/Lord_Howe", "2026-04-05T12:00+10:30", 24.5),
        ("Australia/Lord_Howe", "2026-10-04T12:00+11:00", 23.5),
    ],
)
def test_days_are_as_long_as_the_clock_says(zone: str, noon: str, hours: float) -> None:
    """A day has 23 or 25 hours where the clock changes, and no hour is in two days."""
    window = window_at("day", ZoneInfo(zone), _ns(noon))
    assert hours == (window.end_ns - window.start_ns) / _HOUR


def test_a_day_that_does_not_exist_is_no_window() -> None:
    """Apia crossed the date line: after 29 December 2011 came the 31st."""
    apia = ZoneInfo("Pacific/Apia")
    before = window_at("day", apia, _ns("2011-12-29T12:00-10:00"))
    after = window_at("day", apia, before.end_ns)
    assert "2011-12-31" == datetime.fromtimestamp(after.start_ns // _SECOND, apia).strftime("%Y-%m-%d")


@pytest.mark.parametrize(
    ("month", "days"),
    [("2024-02-29", 29), ("2026-02-14", 28), ("2026-04-30", 30), ("2026-12-31", 31), ("2000-02-29", 29)],
)
def test_months_have_their_own_length(month: str, days: int) -> None:
    """February is short, and longer in leap years; December ends with the year."""
    window = window_at("month", UTC, _ns(f"{month}T23:59:59+00:00"))
    assert days == (window.end_ns - window.start_ns) / _DAY
    assert (1, 0) == (window.start.day, window.start.hour)
    assert window.start + timedelta(days=days) == window.end


def test_a_month_of_a_zone_begins_at_its_own_midnight() -> None:
    """What is still January in Berlin is not yet February there, whatever UTC says."""
    window = window_at("month", ZoneInfo("Europe/Berlin"), _ns("2026-01-31T22:59:59+00:00"))
    assert datetime(2026, 1, 31, 23, tzinfo=UTC) == window.end


def test_a_forecast_goes_on_as_it_has_so_far() -> None:
    """Half of the window gone, as much again is to come; in its first hundredth too little has passed to say."""
    window = Window("day", 0, 1000)
    assert 200 == window.forecast(100, 500)
    assert 100 == window.forecast(100, 1000)
    assert 10_000 == window.forecast(100, 0) == window.forecast(100, 10)
    assert 100 == window.forecast(100, 5000), "a late charge of a window that is over"
    assert 10_000 == window.forecast(100, -5000), "a clock that was set back"


@given(st.integers(0, 10**18), _MOMENTS)
def test_a_forecast_is_an_integer_and_no_less_than_what_is_spent(usage: int, now_ns: int) -> None:
    """Money is forecast exactly, and never below what has been spent already."""
    forecast = window_at("month", UTC, now_ns).forecast(usage, now_ns)
    assert int is type(forecast)
    assert usage <= forecast
