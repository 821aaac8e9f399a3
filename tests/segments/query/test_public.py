"""Rules over a public shop's invoices, told through the door of imports, against plain Python over the file's lines."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.conftest import _pointed_at
from tests.traits.facts import facts_of, key
from tests.twin.orders import Row
from tests.twin.public_data import online_retail
from xiaohe.ledger import bulk, engine
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.segments.queries import vocabulary
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import at_moment
from xiaohe.segments.text import parse
from xiaohe.shop.actions import update_shop
from xiaohe.traits import state as traits

pytestmark = pytest.mark.shared
ON = date(2011, 12, 10)
NOW = datetime(2011, 12, 10, tzinfo=UTC)
# One buyer of so many.
PART = 25


@dataclass
class Order:
    at: datetime
    net: int
    lines: list[Row]

    @property
    def on(self) -> date:
        return self.at.date()

    @property
    def ago(self) -> int:
        return (ON - self.on).days


Orders = list[Order]
Fits = Callable[[Orders], bool]
RULES: dict[str, Fits] = {
    "did purchase in last 90 days at least 3 times": lambda all_: sum(o.ago <= 90 for o in all_) >= 3,
    "not did purchase in last 180 days": lambda all_: all(o.ago > 180 for o in all_),
    "sum of net over purchase in this year >= ¥2000": lambda all_: sum(o.net for o in all_ if o.on.year == 2011) >= 200_000,
    "average of net over purchase >= ¥400": lambda all_: sum(o.net for o in all_) >= 40_000 * len(all_),
    "days since first purchase <= 60": lambda all_: max(o.ago for o in all_) <= 60,
    "days since last purchase between 30 and 60": lambda all_: 30 <= min(o.ago for o in all_) <= 60,
    "did purchase where hour < 10 in last month": lambda all_: any(o.at.hour < 10 and (o.on.year, o.on.month) == (2011, 11) for o in all_),
    "did purchase where weekday is sun at least 2 times": lambda all_: sum(o.on.weekday() == 6 for o in all_) >= 2,
    "did purchase in same week last year": lambda all_: any(date(2010, 12, 6) <= o.on <= date(2010, 12, 12) for o in all_),
    "did purchase then purchase within 3 days": lambda all_: any(
        a.at < b.at and b.on <= a.on + timedelta(3) for a in all_ for b in all_),
    "first of net over purchase > ¥300": lambda all_: min(all_, key=lambda o: o.at).net > 30_000,
    "max of amount over purchase.item in last 1 year > ¥200": lambda all_: any(
        (line.line or 0) > 20_000 for o in all_ if o.on >= date(2010, 12, 10) for line in o.lines),
    "did purchase.item where quantity >= 48 exactly once": lambda all_: sum(
        any((line.quantity or 0) >= 48 for line in o.lines) for o in all_) == 1,
    "days_365 >= 5 and not last_on in last 30 days": lambda all_: len({o.on for o in all_ if o.ago <= 365}) >= 5
    and min(o.ago for o in all_) > 30,
    "net_total between ¥300 and ¥600": lambda all_: 30_000 <= sum(o.net for o in all_) <= 60_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def lines(
    tmp_path_factory: pytest.TempPathFactory, template_store: Path, django_db_blocker: Any
) -> Iterator[list[Row]]:
    rows = [
        row
        for row in online_retail(cancellations=False)
        if row.buyer and key(row.buyer) % PART == 0
    ]
    home = tmp_path_factory.mktemp("public") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        update_shop(time_zone="UTC", day_starts_at=time(0))
        facts = facts_of(rows).drop_columns(["import_id", "recorded_at", "row_no"])
        facts = facts.append_column("row_no", pa.array(range(facts.num_rows), pa.int64()))
        facts = facts.append_column("in_file_ordinal", pa.array([False] * facts.num_rows))
        with bulk.open_import(kind="orders", source="table", now=NOW) as door:
            door.stage(facts.select(STAGED_SCHEMA.names).cast(STAGED_SCHEMA))
            door.commit({}, now=NOW)
        traits.refresh(NOW)
        yield rows


def test_a_public_shop_has_whom_plain_python_finds(shared_data: Any, lines: list[Row]) -> None:
    # Given
    of: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in lines:
        assert row.buyer
        assert row.order_no
        of[row.buyer][row.order_no].append(row)
    buyers = {
        key(who): [
            Order(min(each.at for each in some), sum(each.line or 0 for each in some), some)
            for some in orders.values()
        ]
        for who, orders in of.items()
    }
    # When
    rules = {f"rule_{at}": parse(text, vocabulary()) for at, text in enumerate(RULES)}
    with engine.reading() as read:
        rows = read.run(leaf_table(at_moment(read, traits.current(), NOW), rules)).to_pylist()
    # Then
    assert {row["person"] for row in rows} == buyers.keys()
    found = {
        text: {row["person"] for row in rows if row[name]}
        for text, name in zip(RULES, rules, strict=True)
    }
    assert found == {
        text: {who for who, orders in buyers.items() if fits(orders)}
        for text, fits in RULES.items()
    }
    assert all(0 < len(who) < len(buyers) for who in found.values())
