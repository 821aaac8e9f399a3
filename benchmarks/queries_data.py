"""A seeded shop of any size in the lake's own files: compacted facts, and the same facts by subject.

Two years, twenty types of facts, activity by rank: a fact belongs to person `people × u³`, so the most active hundredth
causes a fifth of the facts. Written month by month through `ledger.files`, placed by `ledger.layout`, listed in a fresh
data folder's control store. The same seed gives the same facts.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from xiaohe.kernel.ids import MASK_63, mix
from xiaohe.ledger import files, layout
from xiaohe.ledger.files import SortedFile, Written
from xiaohe.ledger.layout import Cell
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.schema import FACT_SCHEMA, INSTANT

# Shares of all facts, in percent.
SHARES = {
    "page.viewed": 30.0, "product.viewed": 20.0, "screen.viewed": 8.0, "product.searched": 5.0,
    "product.listed": 5.0, "cart.added": 5.0, "content.viewed": 5.0, "message.out": 5.0,
    "product.clicked": 4.0, "order.paid": 3.0, "cart.viewed": 3.0, "content.clicked": 2.0,
    "checkout.started": 1.8, "message.in": 1.2, "cart.removed": 0.8, "voucher.applied": 0.5,
    "product.wished": 0.4, "order.refunded": 0.1, "identity.grouped": 0.1, "member.joined": 0.1,
}  # fmt: skip
TYPES = sorted(SHARES)
FIRST = (2023, 7)
MONTHS = 24
NOW = datetime(2025, 7, 1, tzinfo=UTC)
CATEGORIES, PATHS, GROUPS = 50, 997, 20
MARK = "shop.json"


@dataclass(frozen=True)
class Shop:
    """How much to write."""

    people: int
    facts: int
    seed: int = 1


def month_start(number: int) -> int:
    """Microseconds since 1970 of the start of month `number` of the shop."""
    years, month = divmod(FIRST[1] - 1 + number, 12)
    return int(datetime(FIRST[0] + years, month + 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


def subjects(ranks: np.ndarray) -> np.ndarray:
    return mix(ranks.astype(np.int64), 3)


def prepare(home: Path, shop: Shop, processes: int = 2) -> None:
    """Fill the data folder that XIAOHE_HOME names, unless it holds this very shop already."""
    mark = home / MARK
    if mark.exists() and json.loads(mark.read_text()) == asdict(shop):
        return
    from xiaohe.kernel import store as control
    from xiaohe.ledger import store

    shutil.rmtree(home / "lake", ignore_errors=True)
    with control.write():
        control.execute("DELETE FROM ledger_lakefile")
    folder = files.new_staging_folder("benchmark")
    months = np.array_split(np.arange(MONTHS), processes)
    children = [multiprocessing.get_context("fork").Process(target=_write, args=(shop, folder, part))
                for part in months]  # fmt: skip
    for each in children:
        each.start()
    for each in children:
        each.join()
    told = [Path(each) for each in sorted(folder.glob("*.json"))]
    if len(told) != processes:
        raise SystemExit("a writing process ended early")
    written = [_written(folder, row) for path in told for row in json.loads(path.read_text())]
    with control.write():
        store.add_files(files.publish(written))
        store.bump_lake()
    shutil.rmtree(folder)
    mark.write_text(json.dumps(asdict(shop)))


def _write(shop: Shop, folder: Path, months: Sequence[int]) -> None:
    """A process's months: large cells and months by subject at once, small cells when their pool is complete."""
    counts = {int(month): _counts(shop, int(month)) for month in months}
    cells = [Cell(name, month, rows) for month, of in counts.items() for name, rows in of.items()]
    places = {
        role: {(each.type, each.month): each.place for each in layout.PLACES[role](cells)}
        for role in (FileRole.FACT, FileRole.SUBJECT)
    }
    written: list[Written] = []
    waiting: dict[tuple[FileRole, int], list[pa.Table]] = {}
    for month, of in counts.items():
        facts = _facts(shop, month, of)
        for role, groups in _by_file(facts, month, places):
            for place, part in groups:
                waiting.setdefault((role, place), []).append(part)
        del facts
        later = {
            (role, place)
            for role, known in places.items()
            for (_type, its_month), place in known.items()
            if its_month > month
        }
        for role, place in [each for each in waiting if each not in later]:
            written.append(_file(waiting.pop((role, place)), folder, role))
    (folder / f"{months[0]:02d}.json").write_text(json.dumps([_told(each) for each in written]))
    os._exit(0)


def _by_file(
    facts: pa.Table, month: int, places: dict[FileRole, dict[tuple[str, int], int]]
) -> Iterator[tuple[FileRole, list[tuple[int, pa.Table]]]]:
    """A month's facts by the file they go to; `facts` are sorted by type."""
    names = facts["type"].to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
    ends = np.r_[starts[1:], len(names)]
    parts = [
        (str(names[start]), facts.slice(start, end - start))
        for start, end in zip(starts, ends, strict=True)
    ]
    yield FileRole.FACT, [(places[FileRole.FACT][name, month], part) for name, part in parts]
    place = next(place for (_type, its), place in places[FileRole.SUBJECT].items() if its == month)
    yield FileRole.SUBJECT, [(place, facts)]


def _file(parts: list[pa.Table], folder: Path, role: FileRole) -> Written:
    facts = pa.concat_tables(parts).combine_chunks()
    keys = [facts["occurred_at"].cast(pa.int64()).to_numpy(), facts["subject"].to_numpy()]
    if role == FileRole.FACT and len(parts) > 1:
        keys.append(facts["type"].combine_chunks().dictionary_encode().indices.to_numpy())
    order = np.lexsort(keys)
    group = files.SUBJECT_ROW_GROUP if role == FileRole.SUBJECT else files.ROW_GROUP
    file = SortedFile(folder, group)
    for start in range(0, len(order), files.ROW_GROUP):
        file.add(facts.take(pa.array(order[start : start + files.ROW_GROUP])))
    return file.close(role, None, level=1, mixed=True, covered=role == FileRole.FACT)


def _told(each: Written) -> dict[str, Any]:
    return {**asdict(each), "path": each.path.name}


def _written(folder: Path, row: dict[str, Any]) -> Written:
    return Written(**{**row, "path": folder / row["path"], "role": FileRole(row["role"])})


def _counts(shop: Shop, month: int) -> dict[str, int]:
    chance = np.random.default_rng([shop.seed, month, 0])
    rows = shop.facts * (month + 1) // MONTHS - shop.facts * month // MONTHS
    shares = np.array([SHARES[name] for name in TYPES])
    drawn = chance.multinomial(rows, shares / shares.sum())
    return {name: int(count) for name, count in zip(TYPES, drawn, strict=True) if count}


def _facts(shop: Shop, month: int, counts: dict[str, int]) -> pa.Table:
    """A month's facts, type by type."""
    chance = np.random.default_rng([shop.seed, month, 1])
    rows = sum(counts.values())
    names = list(counts)
    kind = np.repeat(np.arange(len(names), dtype=np.int8), list(counts.values()))
    rank = (shop.people * chance.random(rows) ** 3).astype(np.int64)
    at = chance.integers(month_start(month), month_start(month + 1), rows)
    code = chance.integers(0, CATEGORIES * PATHS * GROUPS, rows)
    bought = np.isin(kind, [names.index(each) for each in _BOUGHT if each in names])
    has_item = np.isin(kind, [names.index(each) for each in _GOODS if each in names])
    columns = {
        "key_hash": chance.integers(1, MASK_63, rows, dtype=np.int64),
        "source": pa.array(["segment:1"]).take(pa.array(np.zeros(rows, np.int8))),
        "type": pa.array(names).take(pa.array(kind)),
        "occurred_at": pa.array(at).cast(INSTANT),
        "date_only": np.zeros(rows, bool),
        "recorded_at": pa.array(at + 5_000_000).cast(INSTANT),
        "subject": subjects(rank),
        "order_key": pa.array(mix(at, 17), mask=~bought),
        "item_key": pa.array(mix(code % 4_000, 5), mask=~has_item),
        "amount": pa.array(500 + code % 30_000, mask=~bought),
        "currency": pa.array(["CNY", None]).take(pa.array((~bought).astype(np.int8))),
        "content": code,
        "props": _props(kind, names, code),
    }
    return pa.Table.from_arrays(
        [pa.array(columns[each.name], each.type) if isinstance(columns.get(each.name), np.ndarray)
         else columns.get(each.name, pa.nulls(rows, each.type)) for each in FACT_SCHEMA],
        schema=FACT_SCHEMA,
    )  # fmt: skip


_BOUGHT = ("order.paid", "order.refunded")
_GOODS = ("product.viewed", "product.clicked", "cart.added", "cart.removed", "product.wished")


def _props(kind: np.ndarray, names: list[str], code: np.ndarray) -> pa.Array:
    """Property texts of three types; the others have none."""
    texts: list[str | None] = [None]
    place = np.zeros(len(kind), np.int32)
    for name, key, many in (
        ("product.viewed", "category", CATEGORIES),
        ("page.viewed", "path", PATHS),
        ("identity.grouped", "group", GROUPS),
    ):
        if name in names:
            mine = kind == names.index(name)
            place[mine] = len(texts) + code[mine] % many
            texts += [json.dumps({key: f"{key}-{number}"}) for number in range(many)]
    return pa.array(texts, pa.string()).take(pa.array(place))
