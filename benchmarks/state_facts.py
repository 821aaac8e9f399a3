"""Seeded Parquet facts of a believable shop, written straight in the lake's shape: no parsing, no identifiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.kernel.ids import MASK_63
from xiaohe.ledger.schema import FACT_SCHEMA

DAY_US = 86_400_000_000
SLICE_PEOPLE = 100_000


@dataclass(frozen=True)
class ShopSize:
    """How much shop to write: people, and the days their purchases spread over before `until`."""

    people: int
    until: date = date(2025, 6, 30)
    days: int = 730
    seed: int = 1


def write_facts(folder: Path, size: ShopSize) -> list[Path]:
    """Write `facts-*.parquet` under `folder`, one file per 100,000 people; the same seed, the same bytes of data."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for part, start in enumerate(range(0, size.people, SLICE_PEOPLE)):
        path = folder / f"facts-{part:03d}.parquet"
        people = min(SLICE_PEOPLE, size.people - start)
        pq.write_table(
            _facts_of(part, people, size), path, compression="zstd", row_group_size=122_880
        )
        paths.append(path)
    return paths


def _facts_of(part: int, people: int, size: ShopSize) -> pa.Table:
    random = np.random.default_rng([size.seed, part])
    # Purchases per person are geometric: most bought once, a few very often, about three on average.
    counts = random.geometric(1 / 3, people)
    buyers = random.integers(1, MASK_63, people, dtype=np.int64)
    cycles = random.lognormal(np.log(45), 0.6, people)
    starts = random.uniform(0, size.days, people)
    order_count = int(counts.sum())
    owner = np.repeat(np.arange(people), counts)
    gaps = random.exponential(cycles[owner])
    gaps[np.r_[0, np.cumsum(counts)[:-1]]] = 0
    since = np.cumsum(gaps)
    first = np.r_[0, np.cumsum(counts)[:-1]]
    since = since - since[first][owner] + starts[owner]
    keep = since < size.days
    owner, since = owner[keep], since[keep]
    order_count = len(owner)
    origin = datetime.combine(size.until - timedelta(days=size.days), datetime.min.time(), UTC)
    created = (np.int64(origin.timestamp() * 1e6) + (since * DAY_US).astype(np.int64)) // 60_000_000
    created = created * 60_000_000
    orders = random.integers(1, MASK_63, order_count, dtype=np.int64)
    pieces = np.where(random.random(order_count) < 0.003, 60, random.geometric(0.55, order_count))
    price = random.integers(1_900, 29_900, order_count)
    paid = random.random(order_count) > 0.03
    refunded = paid & (random.random(order_count) < 0.03)
    subject = buyers[owner]
    parts = [
        _rows(random, "order.created", created, subject, orders),
        _rows(random, "order.paid", created[paid] + 60_000_000, subject[paid], orders[paid],
              amount=(price * pieces)[paid]),
        _rows(random, "order.completed", created[paid] + 9 * DAY_US, subject[paid], orders[paid]),
        _rows(random, "order.closed", created[~paid] + DAY_US, subject[~paid], orders[~paid]),
        _rows(random, "order.refunded", created[refunded] + 5 * DAY_US, subject[refunded],
              orders[refunded], amount=(price * pieces)[refunded] // random.integers(1, 3, int(refunded.sum()))),
        _rows(random, "order.item", created, subject, orders, amount=price * pieces,
              quantity=pieces.astype(float), item=random.integers(1, 5_000, order_count)),
    ]  # fmt: skip
    return pa.concat_tables(parts)


def _rows(
    random: np.random.Generator,
    kind: str,
    at: np.ndarray,
    subject: np.ndarray,
    orders: np.ndarray,
    *,
    amount: np.ndarray | None = None,
    quantity: np.ndarray | None = None,
    item: np.ndarray | None = None,
) -> pa.Table:
    count = len(at)
    columns = {
        "key_hash": random.integers(1, MASK_63, count, dtype=np.int64),
        "source": pa.array(["taobao"]).take(pa.array(np.zeros(count, dtype=np.int64))),
        "type": pa.array([kind]).take(pa.array(np.zeros(count, dtype=np.int64))),
        "occurred_at": pa.array(at).cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
        "date_only": pa.array(np.zeros(count, dtype=bool)),
        "recorded_at": pa.array(at).cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC")),
        "subject": subject,
        "order_key": orders,
        "item_key": item,
        "amount": amount,
        "currency": None if amount is None else ["CNY"] * count,
        "quantity": quantity,
    }
    arrays = []
    for field in FACT_SCHEMA:
        given = columns.get(field.name)
        arrays.append(pa.nulls(count, field.type) if given is None else pa.array(given, field.type)
                      if not isinstance(given, pa.Array | pa.ChunkedArray) else given.cast(field.type))  # fmt: skip
    return pa.table(arrays, schema=FACT_SCHEMA)
