"""The lunar table against the sky: every month begins on the day of its new moon in China."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pytest

from xiaohe.stats import lunar

CHINA = timedelta(hours=8)
# Known from calendars on the wall.
NEW_YEARS = {
    1990: (1, 27), 2000: (2, 5), 2008: (2, 7), 2012: (1, 23), 2020: (1, 25), 2023: (1, 22),
    2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2033: (1, 31), 2034: (2, 19), 2050: (1, 23),
}  # fmt: skip
LEAP_MONTHS = {
    1990: 5,
    2001: 4,
    2012: 4,
    2014: 9,
    2017: 6,
    2020: 4,
    2023: 2,
    2025: 6,
    2033: 11,
    2026: 0,
}


def new_moon(k: int) -> datetime:
    """The k-th new moon since 2000 (Meeus, Astronomical Algorithms, chapter 49), within a minute or so, UTC."""
    t = k / 1236.85
    e = 1 - 0.002516 * t - 0.0000074 * t**2
    sun = math.radians(2.5534 + 29.10535670 * k - 0.0000014 * t**2)
    moon = math.radians(201.5643 + 385.81693528 * k + 0.0107582 * t**2)
    node = math.radians(160.7108 + 390.67050284 * k - 0.0016118 * t**2)
    omega = math.radians(124.7746 - 1.56375588 * k + 0.0020672 * t**2)
    s = math.sin
    shift = (
        -0.40720 * s(moon) + 0.17241 * e * s(sun) + 0.01608 * s(2 * moon) + 0.01039 * s(2 * node)
        + 0.00739 * e * s(moon - sun) - 0.00514 * e * s(moon + sun) + 0.00208 * e * e * s(2 * sun)
        - 0.00111 * s(moon - 2 * node) - 0.00057 * s(moon + 2 * node) + 0.00056 * e * s(2 * moon + sun)
        - 0.00042 * s(3 * moon) + 0.00042 * e * s(sun + 2 * node) + 0.00038 * e * s(sun - 2 * node)
        - 0.00024 * e * s(2 * moon - sun) - 0.00017 * s(omega)
    )  # fmt: skip
    planets = (
        (299.77, 0.107408, 325), (251.88, 0.016321, 165), (251.83, 26.651886, 164), (349.42, 36.412478, 126),
        (84.66, 18.206239, 110), (141.74, 53.303771, 62), (207.14, 2.453732, 60), (154.84, 7.306860, 56),
    )  # fmt: skip
    shift += sum(size * 1e-6 * s(math.radians(at + pace * k)) for at, pace, size in planets)
    julian = 2451550.09766 + 29.530588861 * k + 0.00015437 * t**2 + shift
    # Earth's own turning lags behind by about 70 seconds in these years.
    return datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(days=julian - 2451545.0, seconds=-70)


def test_every_month_begins_with_its_new_moon() -> None:
    # given every new moon of these years, by the clock of China
    moons = {}
    for k in range(-140, 770):
        at = new_moon(k) + CHINA
        moons[at.date()] = at

    # then each ordinary month begins on one; within two minutes of midnight the formula does not decide
    for year in range(lunar.FIRST_YEAR, lunar.LAST_YEAR + 1):
        for begins, days in lunar.months_of(year):
            near = [moons[d] for shift in (-1, 0, 1) if (d := begins + timedelta(shift)) in moons]
            assert any(_is_on(at, begins) for at in near), (year, begins)
            assert days in (29, 30)


def _is_on(at: datetime, day: date) -> bool:
    doubt = timedelta(minutes=2)
    return any((at + shift).date() == day for shift in (-doubt, timedelta(0), doubt))


def test_years_follow_one_another_without_a_gap() -> None:
    for year in range(lunar.FIRST_YEAR, lunar.LAST_YEAR):
        months = lunar.months_of(year)
        last, days = months[-1]
        following = lunar.months_of(year + 1)[0][0]
        gap = (following - last).days - days
        # Only a leap twelfth month could stand between, and there is none.
        assert gap == 0
        assert len(months) == 12


def test_new_years_and_leap_months_as_on_the_wall() -> None:
    assert {
        year: (d.month, d.day) for year in NEW_YEARS if (d := lunar.solar(year, 1, 1))
    } == NEW_YEARS
    assert {year: lunar.leap_month(year) for year in LEAP_MONTHS} == LEAP_MONTHS


@pytest.mark.parametrize(
    ("lunar_day", "day"),
    [
        ((2026, 1, 15), date(2026, 3, 3)),
        ((2025, 6, 1), date(2025, 6, 25)),
        ((2025, 7, 1), date(2025, 8, 23)),
        ((2023, 2, 1), date(2023, 2, 20)),
        ((2023, 3, 1), date(2023, 4, 20)),
        ((2024, 8, 15), date(2024, 9, 17)),
        ((2024, 12, 30), date(2025, 1, 28)),
    ],
)
def test_days_of_the_moon(lunar_day: tuple[int, int, int], day: date) -> None:
    assert lunar.solar(*lunar_day) == day


def test_the_thirtieth_of_a_short_month_is_its_last_day() -> None:
    short = [m for m in range(1, 13) if lunar.months_of(2026)[m - 1][1] == 29]
    assert lunar.solar(2026, short[0], 30) == lunar.solar(2026, short[0], 29)


def test_the_year_of_a_day_changes_on_new_years_day() -> None:
    assert lunar.year_of(date(2026, 2, 16)) == 2025
    assert lunar.year_of(date(2026, 2, 17)) == 2026


def test_beyond_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="known from"):
        lunar.solar(2062, 1, 1)
    with pytest.raises(ValueError, match="not a lunar day"):
        lunar.solar(2026, 13, 1)
