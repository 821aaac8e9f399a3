"""Export: the facts that count, and what is needed to read them without us, in one folder.

    facts.parquet  persons.parquet  left_out.parquet  links.parquet  retractions.parquet  README.md

Facts and what is said of people are of one moment. Who is whom, who is no customer and who can be reached is people's
knowledge, so those questions come in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import disk
from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import dictionary, drain, durable, engine, store
from xiaohe.ledger.dictionary import ExportFacts
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.schema import INSTANT
from xiaohe.shop import queries

PERSONS_SCHEMA = pa.schema([("subject", pa.int64()), ("person", pa.int64())])
RETRACTIONS_SCHEMA = pa.schema(
    [
        ("import_id", pa.int64()),
        ("key_hash", pa.int64()),
        ("until", INSTANT),
        ("retracted_at", INSTANT),
    ]
)
NAMES = ("facts", "persons", "left_out", "links", "retractions")

Answer: TypeAlias = pa.Table | ibis.Table


@dataclass(frozen=True)
class Exported:
    """What was written."""

    folder: Path
    facts: int
    lake_version: int


class NotEmpty(BadInput):
    def __init__(self, folder: Path) -> None:
        super().__init__(
            "folder_not_empty",
            _("The folder %(folder)s already holds an export or other files. Name an empty one."),
            folder=str(folder),
        )


def export(
    folder: Path,
    *,
    person_of: Callable[[Reading], Answer],
    left_out: Callable[[Reading, pa.Table], Answer],
    links: Callable[[Reading, pa.Table], Answer],
    now: datetime,
) -> Exported:
    """Drain, then write the six files into an empty or new folder; in this process, whatever the engine is."""
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(folder)
    disk.ask_for_room(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    drain.drain(now, force=True)
    with engine.reading(local=True) as read:
        read.write(read.facts, folder / "facts.parquet")
        persons = _table(read, person_of(read))
        _write(persons, folder / "persons.parquet")
        _write(_table(read, left_out(read, persons)), folder / "left_out.parquet")
        _write(_table(read, links(read, persons)), folder / "links.parquet")
        _write(_retractions(), folder / "retractions.parquet")
        facts = pq.read_metadata(folder / "facts.parquet").num_rows
        text = dictionary.readme(_about(read.version, facts))
        done = Exported(folder, facts, read.version)
    readme = folder / "README.md"
    readme.write_text(text, encoding="utf-8")
    durable.sync_file(readme)
    durable.sync_folder(folder)
    return done


def _about(lake_version: int, facts: int) -> ExportFacts:
    shop = queries.the_shop()
    return ExportFacts(lake_version, facts, shop.time_zone, shop.day_starts_at, shop.currency)


def _table(read: Reading, answer: Answer) -> pa.Table:
    return answer if isinstance(answer, pa.Table) else read.run(answer)


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd", compression_level=1, store_schema=False)
    durable.sync_file(path)


def _retractions() -> pa.Table:
    columns = list(zip(*store.retractions(), strict=True)) or [(), (), (), ()]
    arrays = [
        pa.array(values, pa.int64()).cast(field.type)
        for values, field in zip(columns, RETRACTIONS_SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=RETRACTIONS_SCHEMA)
