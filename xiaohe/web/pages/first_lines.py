"""The first thing that is said about files: what they can tell, and plainly what they cannot.

| input                                  | code         |
|----------------------------------------|--------------|
| half the rows rejected                 | rejected     |
| no buyer column                        | no_buyers    |
| contacts only                          | no_orders    |
| the last order long ago                | old          |
| orders with buyers, no contacts        | no_contacts  |
| fewer than 30 people with two gaps     | few          |

The first that applies speaks first; the others follow it. None: the files are enough for everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.autopilot import proposals
from xiaohe.measures import purchases
from xiaohe.measures.definition import Tables
from xiaohe.shop.queries import calendar, the_shop
from xiaohe.sources.reasons import LABELS, Rejected
from xiaohe.touch.models import Task, TaskState
from xiaohe.traits.state import State

# Older than this the list closes (age of data).
OLD_DAYS = 21
MONTH_DAYS = 30.4
# m_group needs so many people with two gaps; below it a preset stands in.
ENOUGH_WITH_TWO_GAPS = 30


class Poor(StrEnum):
    """What the files lack most."""

    REJECTED = "rejected"
    NO_BUYERS = "no_buyers"
    NO_ORDERS = "no_orders"
    OLD = "old"
    NO_CONTACTS = "no_contacts"
    FEW = "few"


@dataclass(frozen=True)
class FirstLine:
    """One thing to say before all others; `then`: what follows from it, a sentence each."""

    code: Poor
    said: str
    then: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code.value, "said": self.said, "then": list(self.then)}


# What to do about a cause; the rest of the causes are said by their label alone.
MENDS = {
    Rejected.DAMAGED_NUMBER: gettext_lazy(
        "Export the file again and drop it in without opening it in a spreadsheet: the lost digits are never guessed."
    ),
    Rejected.NO_ORDER_NUMBER: gettext_lazy(
        "Export the form of the report that has an order number in every row."
    ),
    Rejected.BAD_DATE: gettext_lazy(
        "Look at the column with the time: it is empty or no date in these rows."
    ),
    Rejected.BAD_AMOUNT: gettext_lazy(
        "Look at the column with the money: it holds something else than a number in these rows."
    ),
    Rejected.BROKEN_ROW: gettext_lazy(
        "The rows have more cells than the heading: export again, as a spreadsheet file if it can be chosen."
    ),
}


def first_lines(
    reports: Sequence[Mapping[str, Any]], known: State, now: datetime
) -> list[FirstLine]:
    """What is to be said about these files, given as their stored reports, and about everything read so far."""
    told = [_rejected(reports), *_about_the_shop(known, now)]
    return [line for line in told if line is not None]


def _about_the_shop(known: State, now: datetime) -> list[FirstLine | None]:
    with known.reading() as read:
        tables = Tables(read, known)
        orders = purchases.valid_orders(tables)
        counted = read.run(
            orders.aggregate(orders=orders.count(), buyers=orders.person.nunique())
        ).to_pylist()[0]
        links = int(read.scalar(tables.links.aggregate(n=tables.links.count())))
        rhythm = tables.rhythm
        steady = int(read.scalar(rhythm.filter(rhythm.gaps >= 2).count()))
        greeted = ungreeted(read, known, now) if links else []
    if not counted["orders"]:
        return [_no_orders(len(greeted))] if links else []
    if not counted["buyers"]:
        return [_no_buyers()]
    days = calendar()
    return [
        _old(known, days.day_of(now)),
        _no_contacts(counted["buyers"]) if not links else None,
        _few(steady) if steady < ENOUGH_WITH_TWO_GAPS else None,
    ]


def ungreeted(read: Any, known: State, now: datetime) -> list[int]:
    """People added in the last seven days whom nobody marked as spoken to."""
    days = calendar()
    found = [each.person for each in proposals.just_linked(read, days.day_of(now), now, days)]
    spoken = Task.objects.filter(person__in=found).exclude(state=TaskState.OPEN.value)
    greeted = set(spoken.values_list("person", flat=True))
    return [person for person in found if person not in greeted]


def _rejected(reports: Sequence[Mapping[str, Any]]) -> FirstLine | None:
    read = sum(int(each.get("read", 0)) for each in reports)
    causes: dict[str, int] = {}
    for each in reports:
        for cause, count in each.get("rejected", {}).items():
            causes[cause] = causes.get(cause, 0) + int(count)
    bad = sum(causes.values())
    if not read or bad * 2 < read:
        return None
    cause, count = max(causes.items(), key=lambda each: (each[1], each[0]))
    named = {"bad": f"{bad:,}", "read": f"{read:,}", "count": f"{count:,}", "cause": LABELS[Rejected(cause)]}  # fmt: skip
    said = (
        _("%(bad)s of %(read)s rows could not be read, all for one cause: %(cause)s.")
        if count == bad
        else _("%(bad)s of %(read)s rows could not be read, %(count)s of them for one cause: %(cause)s.")
    )  # fmt: skip
    mend = MENDS.get(Rejected(cause))
    rest = ngettext(
        "%(count)s row was read; every number below rests on it alone.",
        "%(count)s rows were read; every number below rests on them alone.",
        read - bad,
    ) % {"count": f"{read - bad:,}"}
    return FirstLine(Poor.REJECTED, said % named, (*([str(mend)] if mend else []), rest))


def _no_buyers() -> FirstLine:
    return FirstLine(
        Poor.NO_BUYERS,
        _("This file cannot tell people apart: it names no buyers."),
        (
            _(
                "What it can show is how often each thing sells; below are three ways to know people."
            ),
        ),
    )


def _no_orders(new: int) -> FirstLine:
    if new:
        said = ngettext(
            "%(count)s newly added person has not been greeted yet.",
            "%(count)s newly added people have not been greeted yet.",
            new,
        ) % {"count": f"{new:,}"}
    else:
        said = _("Nobody was added in the last seven days.")
    return FirstLine(Poor.NO_ORDERS, _("There are no orders yet, so nobody is due."), (said,))


def _old(known: State, today: date) -> FirstLine | None:
    if known.data_until is None:
        return None
    age = (today - known.data_until).days
    if age <= OLD_DAYS:
        return None
    months = round(age / MONTH_DAYS)
    if months >= 2:
        ago = ngettext("%(count)d month ago", "%(count)d months ago", months) % {"count": months}
    else:
        ago = ngettext("%(count)d day ago", "%(count)d days ago", age) % {"count": age}
    return FirstLine(
        Poor.OLD,
        _("The last order in your files is from %(day)s, %(ago)s: bring newer orders first.")
        % {"day": date_format(known.data_until, "DATE_FORMAT"), "ago": ago},
        (_("Until then nobody is listed: whoever looks due may have bought since."),),
    )


def _no_contacts(buyers: int) -> FirstLine:
    said = ngettext(
        "%(count)s person bought; whether you have them in WeChat is not known yet.",
        "%(count)s people bought; whom of them you have in WeChat is not known yet.",
        buyers,
    )
    return FirstLine(
        Poor.NO_CONTACTS,
        said % {"count": f"{buyers:,}"},
        (_("Say of those who are due whether you have them, and on which account."),),
    )


def _few(steady: int) -> FirstLine:
    preset = the_shop().preset_cycle_days
    said = ngettext(
        "Only %(count)d person came three times or more, so their rhythm is a preset of %(days)d days.",
        "Only %(count)d people came three times or more, so rhythms lean on a preset of %(days)d days.",
        steady,
    )
    if not steady:
        said = _("Nobody came three times yet, so rhythms lean on a preset of %(days)d days.")
    return FirstLine(
        Poor.FEW,
        said % {"count": steady, "days": preset},
        (
            _(
                "The list works; every reason on it is marked as a preset, and no sum of money is shown."
            ),
        ),
    )
