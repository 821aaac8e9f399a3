"""The river page: one week in a sentence, as bands, and as a table whose numbers open to their people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.measures import river
from xiaohe.measures.river import OUTSIDE, WATERS, Water, Week
from xiaohe.traits import state
from xiaohe.web import sankey
from xiaohe.web.pages import people
from xiaohe.web.pages.models import Crowd
from xiaohe.web.sankey import Drawing, Move, Place
from xiaohe.web.templatetags.xiaohe import grouped, long_day

NAMES = {
    Water.NEW: gettext_lazy("not known before"),
    Water.GONE: gettext_lazy("gone"),
    Water.PUBLIC: gettext_lazy("public"),
    Water.MIXED: gettext_lazy("mixed"),
    Water.PRIVATE: gettext_lazy("yours, no order yet"),
    Water.FIRST: gettext_lazy("yours, bought once"),
    Water.REPEAT: gettext_lazy("yours, came back"),
}
# Short enough to stand beside a band on a phone.
SHORT = {
    Water.NEW: gettext_lazy("new"),
    Water.GONE: gettext_lazy("gone"),
    Water.PUBLIC: gettext_lazy("public"),
    Water.MIXED: gettext_lazy("mixed"),
    Water.PRIVATE: gettext_lazy("no order"),
    Water.FIRST: gettext_lazy("one order"),
    Water.REPEAT: gettext_lazy("again"),
}
OURS = (Water.PRIVATE, Water.FIRST, Water.REPEAT)
WEEKS_SHOWN = 12


@dataclass(frozen=True)
class Flow:
    said: str
    href: str


@dataclass(frozen=True)
class Row:
    name: str
    start: str
    start_href: str
    came: tuple[Flow, ...]
    left: tuple[Flow, ...]
    inflow: str
    outflow: str
    end: str
    end_href: str


@dataclass(frozen=True)
class WeekLink:
    label: str
    href: str
    chosen: bool
    gain: str


@dataclass(frozen=True)
class Page:
    sentence: str
    under: str
    drawing: Drawing | None
    rows: tuple[Row, ...]
    weeks: tuple[WeekLink, ...]


def page(asked: date | None) -> Page:
    """The week of a Monday, by default the last whole one that saw anybody move."""
    known = state.current()
    weeks = river.weeks(known)
    if not weeks:
        return Page(_("Nobody is in the river yet: it begins with the first order or contact."), "", None, (), ())  # fmt: skip
    week = next((each for each in weeks if each.monday == asked), None) or _usual(weeks, known.on)
    running = week.monday + river.WEEK > known.on
    last = max(number for number, each in enumerate(weeks) if each.flows)
    shown = weeks[: last + 1][-WEEKS_SHOWN:]
    return Page(
        sentence=_sentence(week),
        under=(
            _("Week from %(first)s to %(last)s, not over yet")
            if running
            else _("Week from %(first)s to %(last)s")
        )
        % {
            "first": long_day(week.monday),
            "last": long_day(week.monday + timedelta(days=6)),
        },
        drawing=_drawing(week),
        rows=tuple(_row(week, water) for water in WATERS),
        weeks=tuple(
            WeekLink(
                f"{each.monday:%m-%d}",
                f"{reverse('flow')}?week={each.monday.isoformat()}",
                each is week,
                f"{_gain(each):+,}",
            )
            for each in reversed(shown)
        ),
    )  # fmt: skip


def flow_people(monday: date, before: Water, after: Water, number: int) -> Crowd:
    """Who went from one water to another in that week."""
    persons = river.people(state.current(), monday, before, after)
    return _crowd(
        persons,
        _("%(before)s → %(after)s, week from %(day)s")
        % {"before": NAMES[before], "after": NAMES[after], "day": long_day(monday)},
        monday,
        number,
    )


def standing_people(day: date, water: Water, number: int) -> Crowd:
    """Who stood in a water on the eve of that Monday."""
    persons = river.standing(state.current(), day, water)
    said = _("%(water)s, on the eve of %(day)s") % {"water": NAMES[water], "day": long_day(day)}
    return _crowd(persons, said, day, number)


def _crowd(persons: list[int], note: str, monday: date, number: int) -> Crowd:
    return Crowd(
        title=ngettext("%(count)s person", "%(count)s people", len(persons))
        % {"count": grouped(len(persons))},
        back=f"{reverse('flow')}?week={monday.isoformat()}",
        back_label=_("The river"),
        note=note,
        listing=people.crowd(persons, number=number),
    )


def _usual(weeks: tuple[Week, ...], on: date) -> Week:
    whole = [each for each in weeks if each.monday + river.WEEK <= on]
    moved = [each for each in whole if each.flows]
    return (moved or whole or list(weeks))[-1]


def _gain(week: Week) -> int:
    return sum(level.end - level.start for level in week.levels if level.water in OURS)


def _sentence(week: Week) -> str:
    came = sum(
        n for (before, after), n in week.flows.items() if before not in OURS and after in OURS
    )
    left = sum(
        n for (before, after), n in week.flows.items() if before in OURS and after not in OURS
    )
    have = sum(level.end for level in week.levels if level.water in OURS)
    people_came = ngettext("%(count)s person came", "%(count)s people came", came)
    people_left = ngettext("%(count)s left", "%(count)s left", left)
    if not came and not left:
        said = _("Nobody came into your river in this week and nobody left; %(have)s are in it.")
        return said % {"have": grouped(have)}
    return _("%(came)s into your river in this week, %(left)s; %(have)s are in it.") % {
        "came": people_came % {"count": grouped(came)},
        "left": people_left % {"count": grouped(left)},
        "have": grouped(have),
    }


def _row(week: Week, water: Water) -> Row:
    level = week.level(water)
    return Row(
        name=str(NAMES[water]),
        start=grouped(level.start),
        start_href=_standing(week.monday, water) if level.start else "",
        came=_flows(
            week, {each: (each, water) for each in level.inflow}, _("+%(count)s from: %(water)s")
        ),
        left=_flows(
            week, {each: (water, each) for each in level.outflow}, _("−%(count)s to: %(water)s")
        ),
        inflow=f"+{sum(level.inflow.values()):,}",
        outflow=f"−{sum(level.outflow.values()):,}",
        end=grouped(level.end),
        end_href=_standing(week.monday + river.WEEK, water) if level.end else "",
    )


def _flows(
    week: Week, others: Mapping[Water, tuple[Water, Water]], sentence: Any
) -> tuple[Flow, ...]:
    order = [*OUTSIDE, *WATERS]
    return tuple(
        Flow(
            str(sentence) % {"count": grouped(week.flow(*pair)), "water": NAMES[other]},
            _href(week.monday, *pair),
        )
        for other, pair in sorted(others.items(), key=lambda each: order.index(each[0]))
    )


def _drawing(week: Week) -> Drawing | None:
    moves = [
        _move(week.monday, before, after, count) for (before, after), count in week.flows.items()
        if not {before, after} <= set(OUTSIDE)
    ]  # fmt: skip
    for level in week.levels:
        stay = level.start - sum(level.outflow.values())
        if stay:
            said = _("%(water)s: %(count)s stayed") % {
                "water": NAMES[level.water],
                "count": grouped(stay),
            }
            moves.append(Move(level.water, level.water, stay, "stay", "", said))
    places = [Place(Water.NEW, str(SHORT[Water.NEW]))]
    places += [
        Place(
            water,
            str(SHORT[water]),
            _standing(week.monday, water),
            _standing(week.monday + river.WEEK, water),
        )
        for water in WATERS
    ]
    places.append(Place(Water.GONE, str(SHORT[Water.GONE])))
    return sankey.sankey(places, moves, _sentence(week))


def _move(monday: date, before: Water, after: Water, count: int) -> Move:
    order: list[Any] = [Water.NEW, Water.GONE, *WATERS]
    kind = "in" if order.index(after) > order.index(before) else "out"
    said = _("%(before)s → %(after)s: %(count)s") % {
        "before": NAMES[before],
        "after": NAMES[after],
        "count": grouped(count),
    }
    return Move(before, after, count, kind, _href(monday, before, after), said)


def _href(monday: date, before: Water, after: Water) -> str:
    return reverse("flow-people", args=[monday.isoformat(), before.value, after.value])


def _standing(day: date, water: Water) -> str:
    return reverse("flow-standing", args=[day.isoformat(), water.value])
