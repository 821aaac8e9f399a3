"""What facts say of goods, stores and colleagues: through imports, in any order, and without what was undone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from xiaohe.ledger import bulk, imports
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.shop import goods
from xiaohe.sources import merchandise

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)


def line(number: int, item: int, title: str, days_ago: int, **props: str) -> dict[str, Any]:
    return {
        "key_hash": key_hash("table", f"line {number}"),
        "source": "table",
        "type": "order.item",
        "occurred_at": NOW - timedelta(days=days_ago),
        "date_only": False,
        "subject": 1000 + number,
        "order_key": 1000 + number,
        "item_key": item,
        "props": as_json({"title": title, **props}),
        "in_file_ordinal": False,
    }


def bring(*lines: dict[str, Any]) -> int:
    with bulk.open_import(kind="test", source="table", now=NOW) as door:
        staged = [{**fact, "row_no": at} for at, fact in enumerate(lines, start=1)]
        door.stage(pa.Table.from_pylist(staged, schema=STAGED_SCHEMA))
        door.commit({}, now=NOW)
    return door.id


def told() -> list[tuple[int, str, int, date | None]]:
    merchandise.learn()
    return [(e.pk, e.title, e.lines, e.last_sold_on) for e in goods.most_sold()]


def test_the_newest_line_names_an_article_whatever_the_order_of_files(any_place: Any) -> None:
    bring(line(1, 7, "猫粮新包装", 2))
    old = bring(line(2, 7, "猫粮", 90), line(3, 8, "猫砂", 5))

    assert told() == [
        (7, "猫粮新包装", 2, date(2025, 6, 28)),
        (8, "猫砂", 1, date(2025, 6, 25)),
    ]
    imports.undo(old, now=NOW)
    assert told() == [(7, "猫粮新包装", 1, date(2025, 6, 28))]


def test_the_job_runs_after_an_import(place: Any) -> None:
    from xiaohe import jobs

    bring(line(1, 7, "猫粮", 2))
    jobs.discover()
    jobs.run_pending(until_empty=True)

    assert [each.title for each in goods.most_sold()] == ["猫粮"]


def test_two_titles_of_one_instant_give_one_of_them_always(place: Any) -> None:
    bring(line(1, 7, "乙", 2), line(2, 7, "甲", 2))

    assert told() == [(7, "乙", 2, date(2025, 6, 28))]
