"""What the seeded shop of `queries_data` lacks for segments as a shop has them, in further files of the same lake.

Refunds, whole and in part, of real orders; orders closed after they were paid; payments told twice, the second with another
amount; private links that began, and some that ended. The same shop gives the same facts.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.queries_data import NOW, _file, month_start
from xiaohe.kernel.ids import MASK_63, mix
from xiaohe.ledger import files
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.schema import FACT_SCHEMA, INSTANT

MARK = "segments.json"
SECOND, DAY = 1_000_000, 86_400_000_000


def enrich(home: Path) -> None:
    """Add those facts, unless this shop has them already."""
    import duckdb

    from xiaohe.kernel import store as control
    from xiaohe.ledger import store
    from xiaohe.shop.accounts import account_named
    from xiaohe.shop.models import AccountKind

    if (home / MARK).exists():
        return
    account = account_named(AccountKind.WECOM, "benchmark").id
    paths = [str(home / "lake" / each.path) for each in store.live_files(FileRole.FACT)]
    duck = duckdb.connect(config={"memory_limit": "1GB"})
    facts = f"read_parquet({paths!r})"
    paid = duck.sql(
        f"SELECT subject, order_key, amount, epoch_us(occurred_at) AS us FROM {facts} WHERE type = 'order.paid'"
    ).to_arrow_table()
    people = duck.sql(f"SELECT DISTINCT subject FROM {facts} ORDER BY subject").to_arrow_table()
    parts = [*_of_orders(paid), *_links(people["subject"].to_numpy(), account)]
    folder = files.new_staging_folder("benchmark")
    written = [
        _file(parts, folder, FileRole.FACT),
        _file([pa.concat_tables(parts)], folder, FileRole.SUBJECT),
    ]
    with control.write():
        store.add_files(files.publish(written))
        store.bump_lake()
    (home / MARK).write_text(json.dumps({"facts": sum(each.num_rows for each in parts)}))


def _of_orders(paid: pa.Table) -> list[pa.Table]:
    subject, order = paid["subject"].to_numpy(), paid["order_key"].to_numpy()
    amount, us = paid["amount"].to_numpy(), paid["us"].to_numpy()
    draw = mix(order, 31) % 100
    found = []
    for name, low, high, later, of_amount in (
        ("order.refunded", 0, 3, 3 * DAY, lambda money: money),
        ("order.refunded", 3, 6, 3 * DAY, lambda money: money * 2 // 5),
        ("order.closed", 6, 7, 2 * DAY, lambda money: None),
        ("order.paid", 7, 9, 60 * SECOND, lambda money: money + 1_000),
    ):
        some = (draw >= low) & (draw < high) & (us + later < _us(NOW))
        found.append(_facts(name, us[some] + later, subject[some], order=order[some], amount=of_amount(amount[some])))  # fmt: skip
    # One table of each type.
    return [pa.concat_tables(found[:2]), *found[2:]]


def _links(people: np.ndarray, account: int) -> list[pa.Table]:
    draw = mix(people, 37)
    friends = people[draw % 100 < 30]
    begun = month_start(0) + mix(friends, 41) % (600 * DAY)
    over = mix(friends, 43) % 3 == 0
    return [
        _facts("link.started", begun, friends, account=account),
        _facts("link.ended", begun[over] + 60 * DAY, friends[over], account=account),
    ]


def _facts(
    name: str,
    us: np.ndarray,
    subject: np.ndarray,
    *,
    order: np.ndarray | None = None,
    amount: np.ndarray | None = None,
    account: int | None = None,
) -> pa.Table:
    rows = len(us)
    columns = {
        "key_hash": pa.array(mix(us ^ subject, 59 + len(name)) & MASK_63),
        "source": pa.array(["segment:1"] * rows),
        "type": pa.array([name] * rows),
        "occurred_at": pa.array(us).cast(INSTANT),
        "date_only": pa.array(np.zeros(rows, bool)),
        "recorded_at": pa.array(us + 5 * SECOND).cast(INSTANT),
        "subject": pa.array(subject),
        "content": pa.array(mix(us, 61)),
    }
    if order is not None:
        columns["order_key"] = pa.array(order)
    if amount is not None:
        columns |= {"amount": pa.array(amount), "currency": pa.array(["CNY"] * rows)}
    if account is not None:
        columns["account_id"] = pa.array(np.full(rows, account))
        columns["props"] = pa.array(['{"kind": "friend"}'] * rows)
    return pa.Table.from_arrays(
        [columns[each.name].cast(each.type) if each.name in columns else pa.nulls(rows, each.type)
         for each in FACT_SCHEMA],
        schema=FACT_SCHEMA,
    )  # fmt: skip


def _us(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp()) * SECOND
