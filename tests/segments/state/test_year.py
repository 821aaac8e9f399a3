"""A year lived by the state, with deltas within its days: who is in a segment and since when, against plain SQL.

The SQL is written by hand from the meaning of rules and reads the export (Parquet and inbox) of the whole year, of which
it takes what was told by then. A few days of the year are lived in each run, all of them with `XIAOHE_DAYS=366`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.segments.state.shop import put_away_the_library, save
from tests.traits.facts import key
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import bulk, drain, export, stream
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.ledger.stream import Fact
from xiaohe.people import links, marks, overlay
from xiaohe.segments import state
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.state import generation
from xiaohe.shop import queries as shop
from xiaohe.shop.actions import update_shop
from xiaohe.traits import state as traits

pa = pytest.importorskip("pyarrow")
ZONE = "America/New_York"
PEOPLE = 60
# The clocks change on the first day, in March, and on the last; a leap day lies between.
FIRST, LAST = date(2023, 11, 5), date(2024, 11, 4)
LIVED = int(os.environ.get("XIAOHE_DAYS", "2"))
BEGUN = date.fromisoformat(os.environ.get("XIAOHE_FROM", FIRST.isoformat()))
EDGES = {date(2023, 11, 6), date(2024, 3, 1), date(2024, 3, 10), date(2024, 3, 11), LAST}
# Rules in words, and what they mean of a day D and an instant NOW, of facts told by then.
RULES: dict[str, tuple[str, str]] = {
    "spent": (
        "sum of net over purchase in last 30 days >= ¥60",
        "SELECT person FROM bought WHERE on_day >= D - 30 GROUP BY person HAVING sum(net) >= 6000",
    ),
    "away": (
        "did purchase in last 200 days and not did page.viewed in last 14 days",
        """SELECT person FROM bought WHERE on_day >= D - 200
           EXCEPT SELECT person FROM told WHERE type = 'page.viewed' AND on_day >= D - 14""",
    ),
    "walked": (
        "did page.viewed then content.clicked within 2 days in last 20 days",
        """SELECT a.person FROM told a JOIN told b USING (person)
           WHERE a.type = 'page.viewed' AND b.type = 'content.clicked' AND a.on_day >= D - 20
             AND b.occurred_at > a.occurred_at AND b.on_day <= a.on_day + 2""",
    ),
    "prospects": (
        "stage is prospect",
        """SELECT person FROM told WHERE on_day >= D - 90
           EXCEPT SELECT person FROM bought WHERE on_day < D""",
    ),
    "recent": (
        "days since last page.viewed between 5 and 12",
        """SELECT person FROM told WHERE type = 'page.viewed' GROUP BY person
           HAVING D - max(on_day) BETWEEN 5 AND 12""",
    ),
    "just-now": (
        "did page.viewed in last 6 hours",
        "SELECT person FROM told WHERE type = 'page.viewed' AND occurred_at > NOW_ - INTERVAL 6 HOUR",
    ),
    "tea-again": (
        'did purchase.item where title contains "茶" in this month or not in segment "spent" and did message.in yesterday',
        """SELECT person FROM bought JOIN lines USING (order_key)
           WHERE title LIKE '%茶%' AND on_day >= date_trunc('month', D)
           UNION (SELECT person FROM told WHERE type = 'message.in' AND on_day = D - 1
                  EXCEPT SELECT person FROM bought WHERE on_day >= D - 30
                  GROUP BY person HAVING sum(net) >= 6000)""",
    ),
    "last-store": (
        'last of store over purchase in last 60 days is "东店"',
        """SELECT person FROM bought WHERE on_day >= D - 60 AND store IS NOT NULL
           GROUP BY person HAVING arg_max(store, (paid_at, order_key)) = '东店'""",
    ),
}  # fmt: skip
SQL = f"""
SET TimeZone = 'UTC';
CREATE OR REPLACE TEMP MACRO D() AS DATE '{{day}}';
CREATE OR REPLACE TEMP MACRO NOW_() AS TIMESTAMPTZ '{{now}}';
CREATE OR REPLACE TEMP TABLE told AS
SELECT *, coalesce(props->>'title', '') AS title, props->>'store' AS store FROM (
  SELECT f.*, f.subject AS person,
         CASE WHEN date_only THEN CAST(timezone('{ZONE}', occurred_at) AS DATE)
              ELSE CAST(timezone('{ZONE}', occurred_at) - INTERVAL 4 HOUR AS DATE) END AS on_day
  FROM '{{folder}}/facts.parquet' f)
WHERE recorded_at <= NOW_() AND occurred_at <= NOW_() AND on_day <= D()
  AND type NOT IN ('segment.entered', 'segment.left', 'stage.changed');
CREATE OR REPLACE TEMP VIEW lines AS SELECT order_key, title FROM told WHERE type = 'order.item';
CREATE OR REPLACE TEMP TABLE bought AS
SELECT order_key, min(person) AS person, min(on_day) FILTER (type = 'order.paid') AS on_day,
       min(occurred_at) FILTER (type = 'order.paid') AS paid_at, min(store) FILTER (store <> '') AS store,
       max(amount) FILTER (type = 'order.paid') - coalesce(max(amount) FILTER (type = 'order.refunded'), 0) AS net
FROM told WHERE order_key IS NOT NULL GROUP BY order_key HAVING paid_at IS NOT NULL AND net > 0;
"""


def lived_days() -> list[date]:
    every = [BEGUN + timedelta(each) for each in range((LAST - BEGUN).days + 1)]
    if len(every) <= LIVED or "XIAOHE_FROM" in os.environ:
        return every[:LIVED]
    rest = [each for each in every if each not in EDGES]
    edges = sorted(EDGES)[-LIVED:]
    return sorted([*edges, *random.Random(5).sample(rest, max(0, LIVED - len(edges)))])


@dataclass(frozen=True)
class Looked:
    """What the state said at an instant: since when everybody is in it, by segment."""

    day: date
    now: datetime
    inside: Mapping[str, Mapping[int, datetime]]


def test_a_year_day_by_day(place: Workspace, tmp_path: Path) -> None:
    # Given
    update_shop(time_zone=ZONE, day_starts_at=clock(4))
    dice, told = random.Random(3), Teller(random.Random(4))
    told.bring(BEGUN)
    put_away_the_library()
    days = lived_days()
    # When: between two days looked at facts came as they happened.
    looked: list[Looked] = []
    for number, day in enumerate(days):
        before = days[number - 1] if number else BEGUN
        told.days(before + timedelta(number > 0), day)
        now = shop.calendar().start_of(day)
        traits.refresh(now)
        if not number:
            for slug, (text, _query) in RULES.items():
                save(slug, text, now)
        state.refresh(now)
        looked.append(look(day, now))
        for _ in range(1 + (LIVED > 2)):
            now += timedelta(minutes=dice.randrange(200, 640))
            told.until(now)
            if dice.random() < 0.3:
                drain.drain(now, force=True)
            state.refresh(now)
            looked.append(look(day, now))
    # Then
    export.export(
        tmp_path / "export",
        person_of=overlay.person_of,
        left_out=marks.left_out,
        links=links.links,
        now=now,
    )
    inside: dict[str, dict[int, datetime]] = {slug: {} for slug in RULES}
    moved = 0
    for one in looked:
        for slug, who in plain(tmp_path / "export", one.day, one.now).items():
            before_ = inside[slug]
            inside[slug] = {each: before_.get(each, one.now) for each in who}
            moved += len(before_.keys() ^ who)
            assert one.inside[slug] == inside[slug], (slug, one.now)
    assert moved > 12 * len(days)


def look(day: date, now: datetime) -> Looked:
    made = generation.newest()
    assert made is not None
    assert (made.on, made.at) == (day, now)
    standing = state.current(now)
    inside = {}
    for slug in RULES:
        told = state.members(slug).to_pylist()
        inside[slug] = {row["person"]: row["since"] for row in told}
        assert standing.count(InSegment(slug)) == len(told)
    return Looked(day, now, inside)


def plain(folder: Path, day: date, now: datetime) -> dict[str, set[int]]:
    with duckdb.connect() as sql:
        sql.execute(SQL.format(day=day, now=now.isoformat(), folder=folder))
        return {
            slug: {row[0] for row in sql.execute(with_day(query)).fetchall()}
            for slug, (_text, query) in RULES.items()
        }


def with_day(query: str) -> str:
    for before, after in ((" D ", " D() "), (" D)", " D())"), ("NOW_ ", "NOW_() ")):
        query = (query + " ").replace(before, after)
    return query


class Teller:
    """Facts of sixty people as they happen; some are told a day or two late, some at the very beginning of a day."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.told = dice, 0
        self.people = [key("year", each) for each in range(PEOPLE)]
        self.at = shop.calendar().start_of(BEGUN)

    def bring(self, first: date) -> None:
        """Two months before, by import."""
        start = shop.calendar().start_of(first)
        facts = [
            each
            for _ in range(150)
            for each in self.some(start - timedelta(minutes=self.dice.randrange(60 * 24 * 60)))
        ]
        rows = [
            {**each._asdict(), "key_hash": stream.key_hash(each), "row_no": number, "in_file_ordinal": False,
             "props": as_json(dict(each.props)) if each.props else None}
            for number, each in enumerate(facts)
        ]  # fmt: skip
        table = pa.Table.from_pylist(rows, schema=STAGED_SCHEMA)
        with bulk.open_import(kind="test", source="table", now=start) as door:
            door.stage(table)
            door.commit({}, now=start)
        self.at = start

    def days(self, first: date, day: date) -> None:
        """What happened until day begins, told as it came, without a look at the state."""
        calendar = shop.calendar()
        each = max(first, day - timedelta(45))
        self.at = max(self.at, calendar.start_of(each))
        while each <= day:
            self.until(calendar.start_of(each))
            each += timedelta(1)

    def until(self, now: datetime) -> None:
        minutes = int((now - self.at).total_seconds() // 60)
        facts = []
        for _ in range(max(1, minutes // 100) if minutes else 0):
            at = self.at + timedelta(minutes=self.dice.randrange(minutes))
            chance = self.dice.random()
            if chance < 0.15:
                at -= timedelta(minutes=self.dice.randrange(3000))
            elif chance < 0.3:
                start = shop.calendar().start_of(shop.calendar().day_of(at))
                at = start - timedelta(microseconds=self.dice.randrange(2))
            facts += self.some(at)
        if facts:
            stream.record(facts, now)
        self.at = now

    def some(self, at: datetime) -> Iterator[Fact]:
        dice = self.dice
        self.told += 1
        who, name = dice.choice(self.people), f"f{self.told}"
        what = dice.choice(("page.viewed", "page.viewed", "content.clicked", "message.in", "order"))
        if what != "order":
            yield Fact("year", name, what, at, who)
            return
        common: dict[str, Any] = {"order_key": key("year", name), "currency": "CNY"}
        store = dice.choice(("东店", "西店", None))
        props = {"store": store} if store else None
        paid = dice.choice((1000, 2500, 6000))
        yield Fact("year", f"{name}c", "order.created", at, who, props=props, **common)
        yield Fact("year", f"{name}p", "order.paid", at, who, amount=paid, **common)
        title = {"title": dice.choice(("绿茶", "杯子"))}
        yield Fact("year", f"{name}i", "order.item", at, who, item_key=1, props=title, **common)
        if dice.random() < 0.15:
            back = dice.choice((500, paid))
            yield Fact("year", f"{name}r", "order.refunded", at, who, amount=back, **common)
