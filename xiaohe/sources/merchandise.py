"""What imported facts say of the merchant's own side: which goods there are, which stores and colleagues they name.

facts ──goods_told()──► shop.goods.learn        after every import and undo, whole, so that any order of files agrees
      └─names_told()──► names to choose from where the merchant enters stores and staff
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger import engine
from xiaohe.ledger.engine import Reading, prop
from xiaohe.shop import goods, queries
from xiaohe.shop.goods import Stated
from xiaohe.traits.days import shop_day

# More goods than that are no list anybody names things in.
MOST_GOODS = 200_000
MOST_NAMES = 200


@dataclass(frozen=True)
class NamesTold:
    """Stores and colleagues as files name them, those named most often first."""

    stores: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()


def learn() -> int:
    """Make the table of goods say what all facts together state; returns how many rows changed."""
    with engine.reading() as read:
        stated = goods_told(read)
    return goods.learn(stated)


def goods_told(read: Reading) -> list[Stated]:
    """Every article that an order line names by a title: the title of its newest line, how many lines, when last."""
    lines = read.facts
    lines = lines.filter(
        (lines.type == "order.item") & lines.item_key.notnull() & lines.props.contains('"title":')
    )
    calendar = queries.calendar()
    counted = lines.group_by("item_key").aggregate(
        lines=lines.count(),
        newest_at=lines.occurred_at.max(),
        last_on=shop_day(lines.occurred_at, lines.date_only, calendar).max(),
    )
    beside = lines.select("item_key", "occurred_at", "props").inner_join(
        counted, [("item_key", "item_key"), ("occurred_at", "newest_at")]
    )
    # Several titles at one instant: the first in the alphabet, whoever asks.
    newest = beside.group_by("item_key").aggregate(props=beside.props.min())
    told = counted.inner_join(newest, "item_key")
    told = told.select("item_key", "lines", "last_on", "props")
    told = told.order_by(ibis.desc(told.lines), told.item_key).limit(MOST_GOODS)
    return [
        Stated(row["item_key"], title, row["lines"], row["last_on"])
        for row in read.run(told).to_pylist()
        if (title := " ".join(str(json.loads(row["props"]).get("title", "")).split()))
    ]


def names_told(read: Reading) -> NamesTold:
    """Names of stores and colleagues that facts carry and the merchant may have entered or not."""
    return NamesTold(_named(read, "store"), _named(read, "staff"))


def _named(read: Reading, what: str) -> tuple[str, ...]:
    facts = read.facts
    facts = facts.filter(facts.props.contains(f'"{what}":'))
    named: ir.Table = facts.select(name=prop(facts.props, what))
    named = named.filter(named.name.notnull() & (named.name != ""))
    counted: Any = named.group_by("name").aggregate(times=named.count())
    ordered = counted.order_by(ibis.desc(counted.times), counted.name).limit(MOST_NAMES)
    return tuple(read.run(ordered)["name"].to_pylist())
