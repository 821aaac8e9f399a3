"""Stores and staff: where the shop sells, who works there, when it was closed, and what is no customer's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.ledger import engine
from xiaohe.shop import accounts, stores, team
from xiaohe.shop.selling import ClosedDays, Shift, Staff, Store
from xiaohe.sources import merchandise
from xiaohe.web.templatetags.xiaohe import long_day

WEEKDAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Entry:
    """A store, a colleague, a shift, closed days: one line and where it leads."""

    id: int
    name: str
    said: str = ""


@dataclass(frozen=True)
class Own:
    id: int
    value: str
    note: str


@dataclass(frozen=True)
class StoresPage:
    sentence: str
    stores: tuple[Entry, ...]
    staff: tuple[Entry, ...]
    closed: tuple[Entry, ...]
    shifts: tuple[Entry, ...]
    own: tuple[Own, ...]
    known_stores: tuple[str, ...]
    known_staff: tuple[str, ...]


@dataclass(frozen=True)
class Day:
    weekday: int
    label: str
    value: str


@dataclass(frozen=True)
class StorePage:
    id: int
    name: str
    sentence: str
    week: tuple[Day, ...]
    phone: str
    address: str
    is_gone: bool


@dataclass(frozen=True)
class Handed:
    id: int
    name: str
    is_theirs: bool


@dataclass(frozen=True)
class StaffPage:
    id: int
    name: str
    sentence: str
    store: int | None
    stores: tuple[Entry, ...]
    phone: str
    address: str
    accounts: tuple[Handed, ...]
    shifts: tuple[Entry, ...]
    is_gone: bool


def page(today: date) -> StoresPage:
    places, people = stores.all_stores(), team.everybody()
    with engine.reading() as read:
        told = merchandise.names_told(read)
    known = {each.name for each in stores.all_stores(also_gone=True)}
    known_staff = {each.name for each in team.everybody(also_gone=True)}
    named = dict.fromkeys([*told.staff, *(row.staff for row in accounts.register() if row.staff)])
    return StoresPage(
        sentence=_sentence(len(places), len(people)),
        stores=tuple(Entry(each.pk, each.name, open_today(each.pk, today)) for each in places),
        staff=tuple(Entry(each.pk, each.name, _works(each)) for each in people),
        closed=tuple(_closed(each) for each in stores.all_closed()),
        shifts=tuple(_shift(each, with_name=True) for each in team.shifts(today, today + WEEK)),
        own=tuple(Own(row.pk, value, row.note) for row, value in team.own_contacts()),
        known_stores=tuple(name for name in told.stores if name not in known),
        known_staff=tuple(name for name in named if name not in known_staff),
    )


def store_page(store_id: int, today: date) -> StorePage:
    row = stores.one(store_id)
    phone, address = team.contact(row)
    week = stores.hours(store_id)
    return StorePage(
        row.pk,
        row.name,
        _store_sentence(row, today),
        tuple(
            Day(weekday, str(WEEKDAYS[weekday]), ", ".join(map(str, day)))
            for weekday, day in enumerate(week)
        ),
        phone,
        address,
        row.gone_on is not None,
    )


def staff_page(staff_id: int, today: date) -> StaffPage:
    row = team.one(staff_id)
    phone, address = team.contact(row)
    theirs = {each.pk for each in team.accounts_of(staff_id)}
    return StaffPage(
        row.pk,
        row.name,
        _staff_sentence(row, len(theirs)),
        row.store_id,
        tuple(Entry(each.pk, each.name) for each in stores.all_stores()),
        phone,
        address,
        tuple(Handed(each.pk, each.name, each.pk in theirs) for each in accounts.register()),
        tuple(_shift(each) for each in team.shifts(today, today + 4 * WEEK, staff_id=staff_id)),
        row.gone_on is not None,
    )


def open_today(store_id: int, today: date) -> str:
    for row in stores.all_closed():
        if row.store_id in (None, store_id) and row.from_on <= today <= row.until_on:
            return _("closed today")
    week = stores.hours(store_id)
    if not any(week):
        return ""
    day = week[today.weekday()]
    if not day:
        return _("a day off today")
    return _("open today %(hours)s") % {"hours": ", ".join(map(str, day))}


def _sentence(places: int, people: int) -> str:
    if not places and not people:
        return _("One shop, one pair of hands: nothing to enter unless there are more.")
    return _("%(stores)s, %(staff)s.") % {
        "stores": ngettext("%(count)d store", "%(count)d stores", places) % {"count": places},
        "staff": ngettext("%(count)d colleague", "%(count)d colleagues", people)
        % {"count": people},
    }


def _store_sentence(row: Store, today: date) -> str:
    if row.gone_on is not None:
        return _("%(name)s was given up on %(day)s.") % {
            "name": row.name,
            "day": long_day(row.gone_on),
        }
    said = open_today(row.pk, today)
    if not said:
        return _("When is %(name)s open?") % {"name": row.name}
    return _("%(name)s: %(said)s.") % {"name": row.name, "said": said}


def _staff_sentence(row: Staff, theirs: int) -> str:
    if row.gone_on is not None:
        return _("%(name)s left on %(day)s.") % {"name": row.name, "day": long_day(row.gone_on)}
    if theirs:
        said = ngettext(
            "%(name)s talks from %(count)d account.",
            "%(name)s talks from %(count)d accounts.",
            theirs,
        )
        return said % {"name": row.name, "count": theirs}
    return _("%(name)s has no account yet.") % {"name": row.name}


def _works(row: Staff) -> str:
    return row.store.name if row.store else ""


def _closed(row: ClosedDays) -> Entry:
    days = long_day(row.from_on)
    if row.until_on != row.from_on:
        days = _("%(first)s to %(last)s") % {
            "first": long_day(row.from_on),
            "last": long_day(row.until_on),
        }
    where = row.store.name if row.store else _("the whole shop")
    return Entry(row.pk, days, " · ".join(filter(None, [where, row.why])))


def _shift(row: Shift, *, with_name: bool = False) -> Entry:
    day: Any = date_format(row.on, "D")
    when = f"{long_day(row.on)} {day} {row.starts_at:%H:%M}–{row.ends_at:%H:%M}"
    where = row.store.name if row.store else ""
    said = " · ".join(filter(None, [row.staff.name if with_name else "", where]))
    return Entry(row.pk, when, said)
