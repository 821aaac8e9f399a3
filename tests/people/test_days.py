"""Days they told: one door, the latest word holds, every word can be taken back, and a day must exist."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.people.conftest import NOON, Town
from xiaohe.kernel.errors import BadInput
from xiaohe.people import actions, days, profile
from xiaohe.people.days import Calendar, Day
from xiaohe.shop.models import AuditEntry
from xiaohe.stats import lunar, yearly

TODAY = date(2025, 6, 30)
MID_AUTUMN = Day(8, 15, 1990, Calendar.LUNAR)


def told(person: int) -> list[tuple[str, Day]]:
    return [(each.name, each.day) for each in days.of(profile.about(person))]


def say(person: int, name: str, day: Day, hours: int) -> actions.Done:
    return days.say(person, name, day, now=NOON + timedelta(hours=hours), today=TODAY, user_id=1)


def test_the_latest_word_holds_and_each_word_is_taken_back(any_town: Town) -> None:
    any_town.bring(any_town.sale("10000000000000001", member="ann"))
    ann = any_town.member("ann")
    say(ann, "birthday", Day(5, 20), 1)
    say(ann, " 开店  纪念日 ", Day(2, 29), 2)
    moon = say(ann, "birthday", MID_AUTUMN, 3)

    assert told(ann) == [("birthday", MID_AUTUMN), ("开店 纪念日", Day(2, 29))]
    assert AuditEntry.objects.filter(person=ann, act="changed", user_id=1).count() == 3
    actions.undo(moon.facts, NOON)
    assert told(ann)[0] == ("birthday", Day(5, 20))
    gone = days.take_back(ann, "birthday", now=NOON + timedelta(hours=4), user_id=1)
    assert told(ann) == [("开店 纪念日", Day(2, 29))]
    actions.undo(gone.facts, NOON)
    assert told(ann)[0] == ("birthday", Day(5, 20))


def test_a_day_follows_a_join_and_its_undo(any_town: Town) -> None:
    for name in ("ann", "bea"):
        any_town.bring(any_town.sale(f"10000000000000{name}", member=name))
    ann, bea = any_town.member("ann"), any_town.member("bea")
    say(bea, "birthday", MID_AUTUMN, 1)
    done = actions.join(ann, bea, any_town.now)

    assert told(ann) == told(bea) == [("birthday", MID_AUTUMN)]
    actions.undo(done.facts, any_town.now)
    assert (told(ann), told(bea)) == ([], [("birthday", MID_AUTUMN)])


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (Day(0, 1), "no_month"), (Day(13, 1), "no_month"), (Day(4, 31), "no_day"), (Day(2, 30), "no_day"),
        (Day(5, 0), "no_day"), (Day(8, 31, None, Calendar.LUNAR), "no_day"), (Day(2, 29, 2023), "no_day_that_year"),
        (Day(1, 30, 2024, Calendar.LUNAR), "no_day_that_year"), (Day(5, 20, 1899), "bad_year"),
        (Day(5, 20, 2026), "bad_year"), (Day(12, 1, 2025), "day_ahead"),
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused_with_words(day: Day, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        days.checked(day, TODAY)
    assert refused.value.code == code
    assert str(refused.value)


@given(st.booleans(), st.integers(1, 12), st.integers(1, 31), st.dates(date(1992, 1, 1), date(2058, 1, 1)))  # fmt: skip
def test_the_day_before_and_the_next_are_the_nearest_of_all_years(
    is_lunar: bool, month: int, day: int, on: date
) -> None:
    if day > yearly.longest(month, is_lunar=is_lunar):
        return
    day_of = lunar.solar if is_lunar else yearly.by_sun
    every = [day_of(year, month, day) for year in range(on.year - 2, on.year + 3)]

    assert yearly.near(month, day, on, is_lunar=is_lunar) == (
        max(each for each in every if each < on),
        min(each for each in every if each >= on),
    )
