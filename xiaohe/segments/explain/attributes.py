"""Leaves of attributes over time, and what cannot be told of them.

| attribute | since when | until when |
|-----------|------------|------------|
| of facts alone: money and days bought, refunds, habits, goods, store, links, consent, complaints, signals | from the facts | from the facts |
| stage, tier, vip | as it was written down; of whoever never bought from the facts | if the shop's lines stay |
| other places by the shop's lines or the own rhythm: value, scores, need, means, due, cycle … | of whoever never bought; else today alone | the same |
| chance, ev | the same | today alone: they are reckoned anew each day |
| first source | from its day | it stays |
| latest source | from its day, if it is the first too | it stays |
| whom they brought, who brought them, trust of whoever brought somebody | today alone | it stays |
| days that come back | from the day they were told, a year back and on (`ahead.of_recurring`) | |

Whoever bought today has another rhythm tomorrow, which nobody knows yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.explain.days import Days
from xiaohe.segments.explain.folding import Clock, exact, passes
from xiaohe.segments.explain.hanging import OF_DAY, OF_FACTS, OF_FIRST, OF_LAST, OF_OTHERS
from xiaohe.segments.explain.person import Person
from xiaohe.segments.explain.timeline import FAR, Gap, Line, Truth, unknown
from xiaohe.segments.query.values import fits
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Compare, Op, Test
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.rules.windows import is_hours, is_of_cycles

# What grows older without an end; everything else has settled a year on.
AGING = frozenset({"days_since", "ratio", "link_days", "due", "stage", "recency_score", "rfm", "need", "weakest"})  # fmt: skip
GROWING = frozenset({"days_since", "ratio", "link_days"})
KNOWN = Test(Op.KNOWN)
SETTLED = {"stage": "lost", "recency_score": 1}


def truths(world: World, days: Days, leaves: Mapping[str, Compare]) -> dict[str, list[Truth]]:
    """Of each leaf whether each row of `days` passes it, then today's without each fact; None: it cannot be told."""
    asked = {
        key: leaf
        for key, leaf in leaves.items()
        if ATTRIBUTES[leaf.field].kind not in (Kind.DAY, Kind.RECURRING)
    }
    found: dict[str, list[Truth]] = {}
    if asked:
        every = days.table if days.without is None else pa.concat_tables([days.table, days.without])
        table = world.read.register("attributes_of_days", every)
        named = {f"leaf_{at}": leaf for at, leaf in enumerate(asked.values())}
        said = {
            name: fits(world, ATTRIBUTES[leaf.field].kind, table[leaf.field], leaf.test)
            for name, leaf in named.items()
        }
        rows = world.read.run(table.select("person", **said).order_by("person"))
        found |= {key: rows[name].to_pylist() for key, name in zip(asked, named, strict=True)}
    for key, leaf in leaves.items():
        if ATTRIBUTES[leaf.field].kind is Kind.DAY:
            found[key] = _of_day(world, days, leaf)
    return found


def _of_day(world: World, days: Days, leaf: Compare) -> list[Truth]:
    """Days of a row look as they do from today; they and the test are moved to the row's own day."""
    window, calendar = leaf.test.window, world.calendar
    if window is not None and (is_hours(window) or is_of_cycles(window)):
        return [None] * (len(days.instants) + len(days.less))
    found: list[Truth] = []
    for at, value in zip(days.instants, days.table[leaf.field].to_pylist(), strict=True):
        on = world.on if at == world.at else calendar.day_of(at)
        real = value + (on - world.on) if isinstance(value, date) else value
        found.append(passes(real, leaf.test, on))
    if days.without is not None:
        lacking = days.without[leaf.field].to_pylist()
        found += [passes(value, leaf.test, world.on) for value in lacking]
    return found


def line(
    leaf: Compare,
    is_now: bool,
    told: Sequence[Truth],
    days: Days,
    of: Person,
    clock: Clock,
    world: World,
) -> Line:
    """The leaf as far as its rows may be believed; stage, tier and vip of a buyer before today: see `lasting`."""
    if told[days.today] is not is_now:
        return unknown(is_now, Gap.ASKED)
    past, begins = _past(leaf.field, of, days, clock, world)
    ahead, ends = _ahead(leaf, told, of, days, clock, world)

    def truth(at: datetime) -> Truth:
        if at < begins or at >= ends:
            return None
        if at >= days.ends:
            return told[-1]
        place = days.place(at)
        return False if place is None else told[place]

    turns = {
        at
        for before, (at, now) in zip(
            told, zip(days.instants[1:], told[1:], strict=True), strict=False
        )
        if now is not before
    }
    edges = {each for each in (begins, ends) if -FAR < each - world.at < FAR}
    if days.whole and of.known_from:
        edges.add(of.known_from)
    return Line(is_now, truth, frozenset(turns | edges), past, ahead)


def _past(field: str, of: Person, days: Days, clock: Clock, world: World) -> tuple[Gap, datetime]:
    """From when on rows tell the attribute, and why not before."""
    ever = world.at - 2 * FAR
    first = ever if days.whole else days.instants[0]
    today = min(max(clock.start_of(world.on), days.instants[0]), world.at)
    if field in OF_FIRST | OF_LAST:
        return _of_source(field, of, clock, world.at, ever)
    if field in OF_OTHERS and of.referrals.num_rows:
        return Gap.OTHERS, today
    is_plain = field in OF_FACTS | OF_OTHERS
    if is_plain or not (of.orders.num_rows or of.every.num_rows):
        return Gap.FAR, first
    return Gap.SHOP, today


def _of_source(
    field: str, of: Person, clock: Clock, now: datetime, ever: datetime
) -> tuple[Gap, datetime]:
    rows = of.tables["came"].to_pylist()
    if not rows:
        return Gap.FAR, ever
    first, last = rows[0]["first_on"], rows[0]["last_on"]
    day = first if field in OF_FIRST else last
    return Gap.SOURCES, min(now, clock.start_of(day))


def _ahead(
    leaf: Compare,
    told: Sequence[Truth],
    of: Person,
    days: Days,
    clock: Clock,
    world: World,
) -> tuple[Gap, datetime]:
    """Until when rows tell the attribute, and why not on."""
    field, ever = leaf.field, world.at + 2 * FAR
    if days.cut_at is not None and field not in OF_FIRST | OF_LAST | OF_OTHERS:
        return Gap.ASKED, days.cut_at
    tomorrow = clock.start_of(world.on + timedelta(1))
    if field in OF_DAY and days.row[field] is not None:
        return Gap.RHYTHM, tomorrow
    bought_today = any(day >= world.on for day in of.orders["on"].to_pylist())
    if bought_today and field not in OF_FACTS | OF_FIRST | OF_LAST | OF_OTHERS:
        return Gap.RHYTHM, tomorrow
    if leaf.test.op is Op.WITHIN:
        return Gap.HORIZON, days.ends
    if field in AGING and not _has_settled(leaf, told[-1], days):
        return Gap.HORIZON, days.ends
    return Gap.HORIZON, ever


def _has_settled(leaf: Compare, last: Truth, days: Days) -> bool:
    row: dict[str, Any] = days.table.slice(days.table.num_rows - 1, 1).to_pylist()[0]
    value = row[leaf.field]
    if value is None or (row["bought_on"] is None and leaf.field != "link_days"):
        return True
    if leaf.field in SETTLED:
        return bool(value == SETTLED[leaf.field])
    if leaf.field == "due":
        return bool(row["ratio"] is None or row["ratio"] >= 1.5)
    if leaf.field not in GROWING:
        return False
    if leaf.test.op in (Op.MORE, Op.AT_LEAST):
        return last is True
    if leaf.test.op in (Op.LESS, Op.AT_MOST, Op.BETWEEN):
        return last is False and exact(value) > max(leaf.test.values)  # type: ignore[type-var]
    return leaf.test.op is Op.KNOWN
