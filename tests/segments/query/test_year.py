"""A year replayed against plain SQL on the exported Parquet: who exactly, on each day that is looked at.

The SQL is written by hand from the meaning of rules; nothing of ours reads the export.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import _pointed_at
from tests.segments.query.made import NOW, build
from xiaohe.ledger import engine, export
from xiaohe.people import links, marks, overlay
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import World, at_start_of
from xiaohe.segments.rules.tree import (
    All,
    Compare,
    Fold,
    Measure,
    Money,
    Not,
    Op,
    Records,
    Rule,
    Sequence,
)
from xiaohe.segments.rules.tree import Test as Is
from xiaohe.segments.rules.windows import EVER, Ago, Calendar, Last, Period, Unit
from xiaohe.traits import state as states

ZONE, DAY_STARTS_AT = "America/New_York", "04:00"
# From the day after one change of the clocks to the days around the last.
DAYS = [date(2023, 11, 6) + timedelta(61 * step) for step in range(7)]
DAYS_OF_PURCHASES = [date(2024, 3, 11), date(2024, 11, 6)]


def did(of: str, where: Any = None, window: Any = EVER, least: int = 1) -> Rule:
    return Measure(Fold.COUNT, Records(of, where, window), Is(Op.AT_LEAST, (Decimal(least),)))


TEA = Compare("name", Is(Op.CONTAINS, ("tea",)))
OF_FACTS: dict[str, tuple[Rule, str]] = {
    "clicked": (
        did("content.clicked", window=Last(90, Unit.DAYS)),
        "SELECT person FROM told WHERE type = 'content.clicked' AND on_day >= D - 90",
    ),
    "not_opened": (
        Not(did("opened", window=Last(366, Unit.DAYS))),
        """SELECT person FROM known EXCEPT SELECT person FROM told
           WHERE type IN ('content.viewed', 'content.clicked', 'page.viewed', 'screen.viewed', 'product.viewed',
                          'product.clicked') AND on_day >= D - 366""",
    ),
    "twice_last_month": (
        did("content.*", window=Calendar(Period.MONTH, -1), least=2),
        """SELECT person FROM told WHERE type LIKE 'content.%'
           AND on_day >= date_trunc('month', D - INTERVAL 1 MONTH) AND on_day < date_trunc('month', D)
           GROUP BY person HAVING count(*) >= 2""",
    ),
    "tea_in_any_spelling": (
        did("content.clicked", TEA),
        """SELECT person FROM told WHERE type = 'content.clicked'
           AND (contains(lower(props->>'name'), 'tea') OR contains(props->>'name', 'ＴＥＡ'))""",
    ),
    "spent_looking": (
        Measure(Fold.SUM, Records("page.viewed", None, Ago(400, 7)), Is(Op.MORE, (Money(70),)), "amount"),
        """SELECT person FROM told WHERE type = 'page.viewed' AND on_day BETWEEN D - 400 AND D - 7
           GROUP BY person HAVING sum(amount) FILTER (currency IS NULL OR currency = 'CNY') > 70""",
    ),
    "walked": (
        Sequence((Records("page.viewed"), Records("content.clicked")), 30, Unit.DAYS),
        """SELECT a.person FROM told a JOIN told b USING (person) WHERE a.type = 'page.viewed'
           AND b.type = 'content.clicked' AND b.occurred_at > a.occurred_at AND b.on_day <= a.on_day + 30""",
    ),
}  # fmt: skip
OF_PURCHASES: dict[str, tuple[Rule, str]] = {
    "regular": (
        All((did("purchase", window=Last(180, Unit.DAYS)), Not(did("purchase", window=Last(7, Unit.DAYS))))),
        """SELECT person FROM bought WHERE on_day >= D - 180
           EXCEPT SELECT person FROM bought WHERE on_day >= D - 7""",
    ),
    "net_this_year": (
        Measure(Fold.SUM, Records("purchase", None, Calendar(Period.YEAR)), Is(Op.AT_LEAST, (Money(1_250),)), "net"),
        """SELECT person FROM bought WHERE on_day >= date_trunc('year', D) GROUP BY person HAVING sum(net) >= 1250""",
    ),
    "tea_bought": (
        did("purchase.item", Compare("title", Is(Op.CONTAINS, ("茶",)))),
        "SELECT person FROM bought JOIN lines USING (order_key) WHERE contains(title, '茶')",
    ),
}  # fmt: skip
# What was known at the start of day D, by shop days that begin at four in New York; orders folded from their facts.
SQL = """
CREATE OR REPLACE TEMP MACRO D() AS DATE '{day}';
CREATE OR REPLACE TEMP VIEW dated AS
SELECT f.*, coalesce(p.person, f.subject) AS person,
       CASE WHEN date_only THEN CAST(timezone('{zone}', occurred_at) AS DATE)
            ELSE CAST(timezone('{zone}', occurred_at) - INTERVAL 4 HOUR AS DATE) END AS on_day
FROM '{folder}/facts.parquet' f LEFT JOIN '{folder}/persons.parquet' p USING (subject);
CREATE OR REPLACE TEMP VIEW before AS SELECT * FROM dated WHERE on_day < D();
CREATE OR REPLACE TEMP VIEW told AS SELECT * FROM before
WHERE (order_key IS NULL OR subject <> order_key)
  AND person NOT IN (SELECT person FROM '{folder}/left_out.parquet');
CREATE OR REPLACE TEMP VIEW known AS SELECT DISTINCT person FROM told WHERE type NOT LIKE 'identity.%';
CREATE OR REPLACE TEMP VIEW lines AS SELECT order_key, props->>'title' AS title FROM before WHERE type = 'order.item';
CREATE OR REPLACE TEMP VIEW bought AS
SELECT order_key, min(person) FILTER (subject <> order_key) AS person,
       min(on_day) FILTER (type = 'order.paid') AS on_day,
       coalesce(max(amount) FILTER (type = 'order.paid'), sum(amount) FILTER (type = 'order.item'), 0)
         - coalesce(max(amount) FILTER (type = 'order.refunded'), 0) AS net
FROM before WHERE order_key IS NOT NULL GROUP BY order_key
HAVING count(*) FILTER (type = 'order.paid') > 0 AND count(*) FILTER (type = 'order.closed') = 0
   AND person IS NOT NULL AND person NOT IN (SELECT person FROM '{folder}/left_out.parquet')
   AND NOT (coalesce(max(amount) FILTER (type = 'order.refunded'), 0) > 0 AND net <= 0);
"""


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, template_store: Path, django_db_blocker: Any
) -> Iterator[Path]:
    """The export of a random shop, which is the current workspace."""
    home = tmp_path_factory.mktemp("year") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        build(23, ZONE, DAY_STARTS_AT)
        out = home.parent / "export"
        export.export(
            out, person_of=overlay.person_of, left_out=marks.left_out, links=links.links, now=NOW
        )
        yield out


def plain(folder: Path, day: date, asked: dict[str, tuple[Rule, str]]) -> dict[str, set[int]]:
    with duckdb.connect() as sql:
        sql.execute(SQL.format(day=day, zone=ZONE, folder=folder))
        return {
            name: {row[0] for row in sql.execute(_with_day(query)).fetchall()}
            for name, (_rule, query) in asked.items()
        }


def _with_day(query: str) -> str:
    return query.replace(" D ", " D() ").replace(" D)", " D())").replace(", D,", ", D(),")


def ours(world: World, asked: dict[str, tuple[Rule, str]]) -> dict[str, set[int]]:
    question = leaf_table(world, {name: rule for name, (rule, _query) in asked.items()})
    rows = world.read.run(question).to_pylist()
    return {name: {row["person"] for row in rows if row[name]} for name in asked}


def test_facts_of_a_year_day_by_day(folder: Path) -> None:
    state, told = states.current(), 0
    with engine.reading() as read:
        first = at_start_of(read, state, DAYS[0])
        for day in DAYS:
            # Given: who is who is of today on every day.
            at = first.calendar.start_of(day) - timedelta(microseconds=1)
            world = replace(first, on=day, at=at, kept={})
            # When
            found, wanted = ours(world, OF_FACTS), plain(folder, day, OF_FACTS)
            # Then
            assert found == wanted, day
            told += sum(map(len, wanted.values()))
    assert told > 40


@pytest.mark.parametrize("day", DAYS_OF_PURCHASES, ids=str)
def test_purchases_as_they_were_known_on_a_day(folder: Path, day: date) -> None:
    # Given
    with engine.reading() as read:
        world = at_start_of(read, states.as_of(day), day)
        # When
        found, wanted = ours(world, OF_PURCHASES), plain(folder, day, OF_PURCHASES)
    # Then
    assert found == wanted
    assert any(wanted.values())
