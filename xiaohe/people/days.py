"""Days of theirs that come back every year: birthdays and others; pages, files and programs tell them through here.

    checked(Day) ──► props ──► date.told        of(person): what holds of each name        take_back

Of each name the latest statement holds, and one without a month takes it back (catalogue/dates.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput
from xiaohe.people import actions
from xiaohe.people import overlay as overlays
from xiaohe.people.actions import Done
from xiaohe.people.masking import masked_text
from xiaohe.people.profile import About
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct
from xiaohe.stats import yearly

TOLD = "date.told"
LONGEST_NAME = 20
FIRST_YEAR = 1900


class Calendar(StrEnum):
    SOLAR = "solar"
    LUNAR = "lunar"


class Name(StrEnum):
    """The names rules know; a day may have any other."""

    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    BABY = "baby"


@dataclass(frozen=True)
class Day:
    """`month` and `day` of its calendar; `year` if told. A leap lunar month's day is the ordinary month's."""

    month: int
    day: int
    year: int | None = None
    calendar: Calendar = Calendar.SOLAR

    @property
    def is_lunar(self) -> bool:
        return self.calendar is Calendar.LUNAR


@dataclass(frozen=True)
class Told:
    """A day that holds now, and the fact that says so."""

    name: str
    day: Day
    at: datetime
    fact: int


def checked(day: Day, today: date) -> Day:
    """The day, if there is one; raises BadInput with what is wrong."""
    if not 1 <= day.month <= yearly.MONTHS:
        raise BadInput("no_month", _("A month is a number from 1 to 12."))
    if day.year is not None and not FIRST_YEAR <= day.year <= today.year:
        raise BadInput(
            "bad_year",
            _("The year lies between %(first)s and this one; leave it out if nobody knows."),
            first=FIRST_YEAR,
        )
    most = yearly.longest(day.month, is_lunar=day.is_lunar)
    if not 1 <= day.day <= most:
        raise BadInput("no_day", _("That month has %(most)s days at most."), most=most)
    most = yearly.longest(day.month, is_lunar=day.is_lunar, year=day.year)
    if day.day > most:
        told = _("In %(year)s that month had only %(most)s days.")
        raise BadInput("no_day_that_year", told, year=day.year, most=most)
    if day.year is not None and not day.is_lunar and date(day.year, day.month, day.day) > today:
        raise BadInput("day_ahead", _("That day lies ahead; tell it without its year."))
    return day


def props(name: str, day: Day | None) -> dict[str, Any]:
    """What a fact says of it; without a day: that nothing of this name holds."""
    if day is None:
        return {"name": name}
    said: dict[str, Any] = {"name": name, "calendar": day.calendar.value}
    said |= {"month": day.month, "day": day.day}
    return said if day.year is None else {**said, "year": day.year}


def say(
    person: int, name: str, day: Day, *, now: datetime, today: date, user_id: int | None
) -> Done:
    """Somebody here was told a day of theirs; hand the facts to `actions.undo`. Raises BadInput."""
    return _say(person, _name(name), checked(day, today), now, user_id)


def take_back(person: int, name: str, *, now: datetime, user_id: int | None) -> Done:
    """No day of this name holds any more."""
    return _say(person, _name(name), None, now, user_id)


def of(known: About) -> list[Told]:
    """The days that hold of a person that was read, birthdays first."""
    mine = set(known.subjects)
    stated = [each for each in known.facts if each["type"] == TOLD and each["subject"] in mine]
    last: dict[str, Mapping[str, Any]] = {}
    for fact in sorted(stated, key=_place):
        last[str(_props(fact["props"]).get("name", ""))] = fact
    found = [
        Told(name, day, fact["occurred_at"], fact["key_hash"])
        for name, fact in last.items()
        if (day := stated_day(_props(fact["props"]))) is not None
    ]
    known_names: Sequence[str] = list(Name)
    return sorted(
        found,
        key=lambda each: (
            known_names.index(each.name) if each.name in known_names else len(known_names),
            each.name,
        ),
    )


def stated_day(said: Mapping[str, Any]) -> Day | None:
    """The day a fact says; None if it takes one back, or says nonsense."""
    lunar = said.get("calendar") == Calendar.LUNAR
    month, day, year = (_whole(said.get(each)) for each in ("month", "day", "year"))
    if month is None or day is None or not 1 <= month <= yearly.MONTHS:
        return None
    if not 1 <= day <= (yearly.LONGEST_LUNAR if lunar else 31):
        return None
    return Day(month, day, year, Calendar.LUNAR if lunar else Calendar.SOLAR)


def _say(person: int, name: str, day: Day | None, now: datetime, user_id: int | None) -> Done:
    subject = overlays.current().person(person)
    done = actions.state(TOLD, subject, now, props=props(name, day))
    audit.record(AuditAct.CHANGED, now=now, user_id=user_id, page="day", person=subject)
    return done


def _name(name: str) -> str:
    name = masked_text(" ".join(name.split()))
    if not name or len(name) > LONGEST_NAME:
        raise BadInput(
            "bad_day_name",
            _("Give the day a name of at most %(most)s characters."),
            most=LONGEST_NAME,
        )
    return name


def _place(fact: Mapping[str, Any]) -> tuple[Any, ...]:
    row = fact["row_no"]
    return fact["occurred_at"], -1 if row is None else row, fact["key_hash"]


def _whole(value: Any) -> int | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if number == int(number) and abs(number) < 10_000 else None


def _props(text: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if text else {}
    return found
