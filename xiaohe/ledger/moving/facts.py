"""Facts on their way out and in: what counts, and what was stated again, whatever the layout on either side.

    snapshot ─► every fact a read sees, undrained ones too      ─► facts/facts-*.parquet
             ─► what imports stated that was known already      ─► facts/shadows-*.parquet
    facts late and not yet compared with the lake are compared here: new ones are facts, known ones were stated again

On the way in each import's facts become files of that import again, so that taking it back works as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xiaohe.kernel import memory, workspace
from xiaohe.ledger import durable, files, recent, store
from xiaohe.ledger.engine import FACTS, Reading
from xiaohe.ledger.files import Written
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.moving.manifest import Manifest
from xiaohe.ledger.recent import WrittenRun
from xiaohe.ledger.schema import FACT_SCHEMA

# Rows of one file of the export, and of one group in it.
FILE_ROWS = 1_000_000
GROUP_ROWS = files.ROW_GROUP
FACT_FILES, SHADOW_FILES = "facts", "shadows"


class Rolling:
    """Writes facts into numbered files of at most FILE_ROWS; listed in the manifest as they are finished."""

    def __init__(self, folder: Path, name: str, root: Path, manifest: Manifest) -> None:
        self.rows = 0
        self._folder, self._name, self._root, self._manifest = folder, name, root, manifest
        self._number = 0
        self._here = 0
        self._writer: pq.ParquetWriter | None = None
        self._path = folder

    def __enter__(self) -> Rolling:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        if kind is None:
            self._manifest.add(self._root, self._path, self._here)

    def add(self, facts: pa.Table) -> None:
        if not facts.num_rows:
            return
        if self._writer is not None and self._here + facts.num_rows > FILE_ROWS:
            self.__exit__(None, None, None)
        if self._writer is None:
            self._number, self._here = self._number + 1, 0
            self._path = self._folder / f"{self._name}-{self._number:05}.parquet"
            self._writer = pq.ParquetWriter(
                self._path,
                FACT_SCHEMA,
                compression="zstd",
                compression_level=1,
                use_dictionary=["source", "type", "currency", "props"],
                store_schema=False,
            )
        self._writer.write_table(shaped(facts))
        self._here += facts.num_rows
        self.rows += facts.num_rows


def write(root: Path, read: Reading, late: pa.Table, manifest: Manifest) -> None:
    """Facts and shadow statements of one moment."""
    folder = root / "facts"
    folder.mkdir(mode=0o700)
    with (
        Rolling(folder, FACT_FILES, root, manifest) as facts,
        Rolling(folder, SHADOW_FILES, root, manifest) as shadows,
    ):
        for part in read.batches(FACTS, rows=GROUP_ROWS):
            facts.add(part)
        memory.give_back()
        retracted = {each[0] for each in store.retractions() if each[0] is not None}
        for each in store.live_files(FileRole.SHADOW):
            if each.import_id not in retracted:
                for part in _slices([workspace.current().lake / each.path]):
                    shadows.add(part)
        new, known = _compared(read, late)
        facts.add(new)
        shadows.add(known)
        manifest.facts, manifest.shadows = facts.rows, shadows.rows


def _compared(read: Reading, late: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Late facts that the ledger does not know, and those it does; those taken back are in neither."""
    if not late.num_rows:
        return late, late
    assert read.snapshot is not None
    waiting = read.register("moving_late", late)
    gone = read.register("moving_gone", read.snapshot.retracted)
    kept = read.run(
        waiting.anti_join(
            gone, [waiting.key_hash == gone.key_hash, waiting.recorded_at <= gone.until]
        )
    )
    keys = read.run(FACTS.semi_join(waiting, "key_hash").select("key_hash"))["key_hash"]
    known = pc.is_in(kept["key_hash"], value_set=keys)
    return kept.filter(pc.invert(known)), kept.filter(known)


def shaped(facts: pa.Table) -> pa.Table:
    """With exactly today's columns: files of an older version lack the later ones."""
    given = set(facts.column_names)
    return pa.table(
        [
            facts[each.name] if each.name in given else pa.nulls(facts.num_rows, each.type)
            for each in FACT_SCHEMA
        ],
        names=FACT_SCHEMA.names,
    ).cast(FACT_SCHEMA)


def _slices(paths: Iterable[Path]) -> Iterator[pa.Table]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(GROUP_ROWS):
                yield pa.Table.from_batches([batch])


# ---------------------------------------------------------------- in


@dataclass
class _Waiting:
    parts: list[pa.Table]
    rows: int = 0


class Sorter:
    """Sorts facts into files of their imports again, holding at most HELD_ROWS in memory.

    Facts of many imports in turns, as compaction leaves them, go into mixed files instead, as compaction has them:
    hundreds of files of a few rows each would slow every read.
    """

    HELD_ROWS = 3 * files.FILE_ROWS
    WORTH_A_FILE = files.FILE_ROWS // 8

    def __init__(self, folder: Path, role: FileRole) -> None:
        self.written: list[Written] = []
        self._folder, self._role = folder, role
        self._waiting: dict[int | None, _Waiting] = {}
        self._rows = 0

    def add(self, facts: pa.Table) -> None:
        owners = facts["import_id"]
        for owner in pc.unique(owners).to_pylist():
            wanted = pc.is_null(owners) if owner is None else pc.equal(owners, owner)
            mine = facts.filter(wanted)
            here = self._waiting.setdefault(owner, _Waiting([]))
            here.parts.append(mine)
            here.rows += mine.num_rows
            self._rows += mine.num_rows
            if here.rows >= files.FILE_ROWS:
                self._flush(owner)
        while self._rows > self.HELD_ROWS:
            largest = max(self._waiting, key=lambda owner: self._waiting[owner].rows)
            # What was stated again belongs to one import each.
            if self._waiting[largest].rows >= self.WORTH_A_FILE or self._role == FileRole.SHADOW:
                self._flush(largest)
            else:
                self._flush_mixed()

    def close(self) -> list[Written]:
        for owner in list(self._waiting):
            self._flush(owner)
        return self.written

    def _flush_mixed(self) -> None:
        facts = pa.concat_tables([part for each in self._waiting.values() for part in each.parts])
        self._waiting, self._rows = {}, 0
        for start in range(0, facts.num_rows, files.FILE_ROWS):
            part = facts.slice(start, files.FILE_ROWS)
            written = files.write(part, self._folder, self._role, None, level=1)
            self.written.append(replace(written, mixed=True))
        del facts
        memory.give_back()

    def _flush(self, owner: int | None) -> None:
        here = self._waiting.pop(owner)
        self._rows -= here.rows
        facts = pa.concat_tables(here.parts)
        del here
        self.written.append(files.write(facts, self._folder, self._role, owner))
        del facts
        memory.give_back()


class Gatherer:
    """Gathers the keys the stream door brought, so that the same fact told again is still the same."""

    def __init__(self, folder: Path, until_us: int) -> None:
        self.written: list[WrittenRun] = []
        self._folder, self._until_us = folder, until_us
        self._waiting: list[NDArray[np.int64]] = []

    def add(self, facts: pa.Table) -> None:
        self._waiting.append(facts["key_hash"].filter(pc.is_null(facts["import_id"])).to_numpy())
        if sum(map(len, self._waiting)) >= recent.PASS_KEYS:
            self.close()

    def close(self) -> list[WrittenRun]:
        keys = np.unique(np.concatenate(self._waiting)) if self._waiting else np.empty(0, np.int64)
        self._waiting = []
        if len(keys):
            self.written.append(recent.write(keys, self._folder, self._until_us))
        return self.written


@dataclass(frozen=True)
class Brought:
    """Files in a staging folder that nothing lists yet."""

    files: list[Written]
    runs: list[WrittenRun]


def bring(
    root: Path, names: Iterable[str], folder: Path, until_us: int, keep: Callable[[], None]
) -> Brought:
    """The export's facts as files of ours, and the keys of those the stream door brought."""
    durable.make_folder(folder)
    sorters = {
        FACT_FILES: Sorter(folder, FileRole.FACT),
        SHADOW_FILES: Sorter(folder, FileRole.SHADOW),
    }
    keys = Gatherer(folder, until_us)
    for name in names:
        sorter = sorters[Path(name).name.rpartition("-")[0]]
        for part in _slices([root / name]):
            keep()
            facts = shaped(part)
            sorter.add(facts)
            keys.add(facts)
    files = [each for sorter in sorters.values() for each in sorter.close()]
    return Brought(files, keys.close())
