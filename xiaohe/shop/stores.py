"""Stores, opening hours and closed days: where and when the shop sells.

Closed days are dates somebody entered (a holiday, a renovation); they count in no gap between two purchases. A
weekday on which a store is never open is part of everybody's rhythm and stays in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store
from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.shop.selling import LONGEST_NAME, ClosedDays, OpeningHours, Store

DAY = timedelta(days=1)
# Longer than that a shop is not closed but gone.
LONGEST_CLOSED_DAYS = 400
_STRETCH = re.compile(r"(\d{1,2})[:：.]?(\d{2})?\s*[-–—~～至到]\s*(\d{1,2})[:：.]?(\d{2})?")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one day in which a store is open."""

    opens_at: time
    closes_at: time

    def __str__(self) -> str:
        return f"{self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


def add(name: str) -> Store:
    """A new store; one of that name that had gone is back again."""
    name = clean_name(name)
    with store.write():
        row, created = Store.objects.get_or_create(name=name)
        if not created and row.gone_on is None:
            raise Conflict("store_exists", _("There is a store of this name already."))
        if row.gone_on is not None:
            row.gone_on = None
            row.save(update_fields=["gone_on"])
    return row


def rename(store_id: int, name: str) -> Store:
    name = clean_name(name)
    with store.write():
        row = one(store_id)
        if Store.objects.filter(name=name).exclude(pk=store_id).exists():
            raise Conflict("store_exists", _("There is a store of this name already."))
        row.name = name
        row.save(update_fields=["name"])
    return row


def close_for_good(store_id: int, on: date) -> Store:
    """The store is given up; what happened there stays its own."""
    return _gone(store_id, on)


def open_again(store_id: int) -> Store:
    return _gone(store_id, None)


def one(store_id: int) -> Store:
    found = Store.objects.filter(pk=store_id).first()
    if found is None:
        raise NotFound("no_such_store", _("There is no such store."))
    return found


def all_stores(*, also_gone: bool = False) -> list[Store]:
    rows = Store.objects.order_by("id")
    return list(rows if also_gone else rows.filter(gone_on=None))


def clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadInput("bad_name", _("Give it a name of at most 80 characters."))
    return name


def _gone(store_id: int, on: date | None) -> Store:
    with store.write():
        row = one(store_id)
        row.gone_on = on
        row.save(update_fields=["gone_on"])
    return row


# ---------------------------------------------------------------- opening hours


def set_hours(store_id: int, week: Sequence[Sequence[Stretch]]) -> None:
    """When the store is open, Monday first; a day without a stretch is a day off."""
    if len(week) != 7:
        raise ValueError("a week has seven days")
    for day in week:
        _check_day(day)
    with store.write():
        row = one(store_id)
        OpeningHours.objects.filter(store=row).delete()
        OpeningHours.objects.bulk_create(
            OpeningHours(store=row, weekday=weekday, opens_at=each.opens_at, closes_at=each.closes_at)
            for weekday, day in enumerate(week)
            for each in day
        )  # fmt: skip


def hours(store_id: int) -> list[list[Stretch]]:
    """Seven days, Monday first."""
    week: list[list[Stretch]] = [[] for _day in range(7)]
    for row in OpeningHours.objects.filter(store_id=store_id).order_by("weekday", "opens_at"):
        week[row.weekday].append(Stretch(row.opens_at, row.closes_at))
    return week


def parse_day(text: str) -> list[Stretch]:
    """`10:00-14:00, 17-21:30` as typed for one day; empty is a day off."""
    text = text.strip()
    if not text:
        return []
    found = _STRETCH.findall(text)
    if not found or _STRETCH.sub("", text).strip(" ,，、;；和及"):
        raise BadInput("bad_hours", _("Write opening hours like 10:00-14:00, 17:00-21:00."))
    stretches = [Stretch(_time(h1, m1), _time(h2, m2)) for h1, m1, h2, m2 in found]
    return sorted(stretches, key=lambda each: each.opens_at)


def _time(hour: str, minute: str) -> time:
    try:
        # Midnight is the end of a day as well as its beginning.
        return time(int(hour) % 24 if int(hour) == 24 else int(hour), int(minute or 0))
    except ValueError:
        raise BadInput(
            "bad_hours", _("Write opening hours like 10:00-14:00, 17:00-21:00.")
        ) from None


def _check_day(day: Sequence[Stretch]) -> None:
    overlap = any(later.opens_at < former.closes_at for former, later in pairwise(day))
    past_midnight = any(each.closes_at <= each.opens_at for each in day[:-1])
    empty = any(each.opens_at == each.closes_at and each.opens_at != time(0) for each in day)
    if overlap or past_midnight or empty:
        raise BadInput("hours_overlap", _("The opening hours of a day overlap."))


# ---------------------------------------------------------------- closed days


def close_days(
    from_on: date, until_on: date, *, store_id: int | None = None, why: str = ""
) -> ClosedDays:
    """These days, both ends included, the store (or the whole shop) was or will be closed."""
    if until_on < from_on:
        raise BadInput("bad_days", _("The last closed day lies before the first."))
    if (until_on - from_on).days >= LONGEST_CLOSED_DAYS:
        raise BadInput("bad_days", _("More than 400 days in a row is no holiday."))
    with store.write():
        where = one(store_id) if store_id is not None else None
        return ClosedDays.objects.create(
            store=where,
            from_on=from_on,
            until_on=until_on,
            why=" ".join(why.split())[:LONGEST_NAME],
        )


def reopen_days(closed_id: int) -> ClosedDays:
    """These days count again; returns what was taken back, so that it can be said again."""
    with store.write():
        row = ClosedDays.objects.filter(pk=closed_id).first()
        if row is None:
            raise NotFound("no_such_days", _("These closed days were taken back already."))
        row.delete()
    return row


def all_closed() -> list[ClosedDays]:
    return list(ClosedDays.objects.select_related("store").order_by("-from_on", "id"))


def closed_spans() -> tuple[tuple[date, date], ...]:
    """Days on which nobody could buy anywhere, as spans that neither touch nor overlap, oldest first.

    A day counts if the whole shop was closed, or every store that was not gone by then.
    """
    rows = list(ClosedDays.objects.select_related("store"))
    if not rows:
        return ()
    whole = {day for row in rows if row.store_id is None for day in _days(row)}
    each_store = Store.objects.values_list("pk", "gone_on")
    by_store: dict[int, set[date]] = {}
    for row in rows:
        if row.store_id is not None:
            by_store.setdefault(row.store_id, set()).update(_days(row))
    gone = dict(each_store)
    for day in set().union(*by_store.values()) if by_store else set():
        there = [pk for pk, gone_on in gone.items() if gone_on is None or gone_on > day]
        if there and all(day in by_store.get(pk, ()) for pk in there):
            whole.add(day)
    return _spans(whole)


def _days(row: ClosedDays) -> list[date]:
    return [row.from_on + n * DAY for n in range((row.until_on - row.from_on).days + 1)]


def _spans(days: set[date]) -> tuple[tuple[date, date], ...]:
    spans: list[tuple[date, date]] = []
    for day in sorted(days):
        if spans and spans[-1][1] + DAY == day:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return tuple(spans)
