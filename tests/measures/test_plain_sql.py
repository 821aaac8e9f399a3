"""M24, M25 and M26 recomputed by a stranger: plain SQL over an export, written from its README alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.traits.facts import fact, key, order
from tests.traits.test_state import bring
from xiaohe.ledger import export, moving
from xiaohe.measures.registry import measure
from xiaohe.people import links, marks, overlay
from xiaohe.simulator import sample
from xiaohe.sources import importing
from xiaohe.traits import state

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)
ON = date(2025, 6, 30)
ZONE = "Asia/Shanghai"

FACTS = f"""
CREATE TABLE seen AS
SELECT f.*, (occurred_at AT TIME ZONE '{ZONE}')::date AS day,
  coalesce(p.person, f.subject) AS of_subject
FROM 'facts.parquet' f LEFT JOIN 'persons.parquet' p USING (subject)
WHERE occurred_at < TIMESTAMP '{ON} 00:00' AT TIME ZONE '{ZONE}'
"""
ORDERS = """
CREATE TABLE orders AS
WITH folded AS (
  SELECT order_key,
    min(subject) FILTER (subject <> order_key) AS subject,
    coalesce(arg_min(day, occurred_at) FILTER (type = 'order.paid'),
             arg_min(day, occurred_at) FILTER (type = 'order.created'),
             arg_min(day, occurred_at)) AS bought_on,
    bool_or(type = 'order.paid') AS was_paid, bool_or(type = 'order.closed') AS closed,
    coalesce(max(amount) FILTER (type = 'order.paid'),
             sum(amount) FILTER (type = 'order.item'), 0) AS paid
  FROM seen WHERE order_key IS NOT NULL AND type IN
    ('order.created', 'order.paid', 'order.closed', 'order.completed', 'order.item')
  GROUP BY order_key),
items AS (
  SELECT order_key, item_key, max(amount) AS most FROM seen
  WHERE type = 'order.refunded' AND order_key IS NOT NULL GROUP BY ALL),
refunds AS (
  SELECT order_key, greatest(coalesce(sum(most) FILTER (item_key IS NULL), 0),
                             coalesce(sum(most) FILTER (item_key IS NOT NULL), 0)) AS stated
  FROM items GROUP BY order_key),
lines AS (SELECT order_key, sum(amount) AS returned FROM matched GROUP BY order_key),
whole AS (
  SELECT f.*, coalesce(p.person, f.subject) AS person,
    coalesce(r.stated, 0) + coalesce(l.returned, 0) AS refunded
  FROM folded f LEFT JOIN refunds r USING (order_key) LEFT JOIN lines l USING (order_key)
  LEFT JOIN 'persons.parquet' p ON p.subject = f.subject)
SELECT *, paid - refunded AS net FROM whole
WHERE was_paid AND NOT closed AND NOT (paid > 0 AND refunded >= paid)
  AND NOT EXISTS (FROM 'left_out.parquet' o WHERE o.person = whole.person)
"""
YEAR = f"bought_on >= DATE '{ON}' - 365"
FIRSTS = (
    "SELECT person, min(bought_on) AS first FROM orders WHERE person IS NOT NULL GROUP BY person"
)
QUESTIONS = {
    "M24a": f"SELECT sum(net), count(DISTINCT person) FROM orders WHERE person IS NOT NULL AND {YEAR}",
    "M24b": f"SELECT sum(net), count(*) FROM orders WHERE {YEAR}",
    "M25": f"""SELECT count(*) FILTER (days >= 2), count(*) FROM (
        SELECT count(DISTINCT bought_on) AS days FROM orders
        WHERE person IS NOT NULL AND {YEAR} GROUP BY person)""",
    "M26": f"""SELECT count(*) FILTER (EXISTS (FROM orders o WHERE o.person = f.person
            AND o.bought_on > f.first AND o.bought_on <= f.first + 90)), count(*)
        FROM ({FIRSTS}) f WHERE f.first + 90 < DATE '{ON}'""",
}


def lake_export(folder: Path) -> str:
    asked = {"person_of": overlay.person_of, "left_out": marks.left_out, "links": links.links}
    export.export(folder, **asked, now=NOW)
    return "facts.parquet"


def export_all(folder: Path) -> str:
    moving.move_out(folder, now=NOW, identifiers=False)
    return "facts/facts-*.parquet"


@pytest.fixture(params=[lake_export, export_all])
def as_a_stranger(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Numerator and denominator of each question over an export of the current shop."""

    def ask() -> dict[str, tuple[int, int]]:
        folder = tmp_path / "export"
        facts = request.param(folder)
        told = (folder / "README.md").read_text()
        assert ZONE in told
        assert "`left_out.parquet`" in told
        monkeypatch.chdir(folder)
        with duckdb.connect() as sql:
            sql.execute(FACTS.replace("facts.parquet", facts))
            sql.execute("CREATE TABLE matched (order_key BIGINT, amount BIGINT)")
            for found in cancelled_lines(sql):
                sql.execute("INSERT INTO matched VALUES (?, ?)", found)
            sql.execute(ORDERS)
            return {name: sql.execute(text).fetchall()[0] for name, text in QUESTIONS.items()}

    return ask


def cancelled_lines(sql: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """Each cancellation line on the latest earlier line that still covers it."""
    bought = sql.execute(
        "SELECT of_subject, item_key, epoch_us(occurred_at), quantity, order_key FROM seen"
        " WHERE type = 'order.item' AND order_key IS NOT NULL ORDER BY occurred_at, row_no"
    ).fetchall()
    left = [line[3] for line in bought]
    found = []
    for person, item, at, quantity, amount in sql.execute(
        "SELECT of_subject, item_key, epoch_us(occurred_at), quantity, amount FROM seen"
        " WHERE type = 'order.refunded' AND order_key IS NULL ORDER BY occurred_at, row_no"
    ).fetchall():
        for place in reversed(range(len(bought))):
            of, what, when, _pieces, order_key = bought[place]
            if (of, what) == (person, item) and when < at and left[place] >= quantity:
                left[place] -= quantity
                found.append((order_key, amount))
                break
    return found


def as_we_say() -> dict[str, tuple[int | None, int | None]]:
    shown = state.as_of(ON)
    answers = {name: measure(name).read(shown) for name in QUESTIONS}
    return {name: (each.numerator, each.denominator) for name, each in answers.items()}


def test_the_sample_shop(place: Any, tmp_path: Path, as_a_stranger: Any) -> None:
    files = sample.write(tmp_path / "files", buyers=400)
    for path in (files.orders, files.contacts, files.later_orders):
        importing.run(path, now=NOW)
    before = as_we_say()
    with state.as_of(ON).reading("orders") as read:
        someone = read.run(read.table("orders").order_by("order_key").limit(1))["person"][0].as_py()
    marks.mark(someone, marks.As.TEST, marks.On.PERSON, NOW)
    told = as_a_stranger()
    assert told == as_we_say()
    assert told != before
    assert min(bottom for _top, bottom in told.values()) > 50


def test_refunds_cancellations_and_joins(place: Any, as_a_stranger: Any) -> None:
    def on(month: int, day: int) -> datetime:
        return datetime(2025, month, day, 4, tzinfo=UTC)

    tea, half = key("tea"), {"order_key": key("part"), "subject": key("ann")}
    line = {"order_key": key("tea"), "subject": key("bob"), "item_key": tea}
    bring(
        [
            *order("first", on(1, 3)),
            *order("part", on(2, 3)),
            fact("order.refunded", on(2, 5), amount=300, currency="CNY", **half),
            fact("order.refunded", on(2, 9), amount=400, currency="CNY", **half),
            *order("gone", on(3, 3), "carl"),
            fact(
                "order.refunded",
                on(3, 4),
                order_key=key("gone"),
                subject=key("carl"),
                amount=1000,
                currency="CNY",
            ),
            *order("tea", on(2, 20), "bob", paid=900),
            fact("order.item", on(2, 20), amount=900, currency="CNY", quantity=3.0, **line),
            fact(
                "order.refunded",
                on(4, 1),
                subject=key("bob"),
                item_key=tea,
                quantity=2.0,
                amount=600,
                currency="CNY",
            ),
            *order("nobody", on(5, 1), None),
            *order("last", on(5, 20), "bob"),
            *order("gift", on(1, 20), "dora", paid=0),
        ]
    )
    apart = as_we_say()
    bring([fact("identity.merged", on(6, 1), subject=key("ann"), other=key("bob"))])
    together = as_we_say()
    assert as_a_stranger() == together
    # 1000 + 600 + 300 + 1000 + 0 of ann, who is bob, and dora; carl's order is gone.
    assert (apart["M24a"], together["M24a"]) == ((2900, 3), (2900, 2))
    assert together["M26"] == (1, 2)
