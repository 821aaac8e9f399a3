"""The facts of one moment as DuckDB views: one per demand, made when the first question asks for it.

files of imports        as they are
files of the stream     ┐ without single facts that were taken back
rows waiting            ┘
mixed files             without rows of imports taken back, and without those single facts
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from xiaohe.ledger.engine.content import types_in
from xiaohe.ledger.engine.demand import Demand, Layout
from xiaohe.ledger.engine.errors import LakeBroken
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.snapshot import Snapshot
from xiaohe.ledger.store import FileRow

_NAMES = frozenset(FACT_SCHEMA.names)
_COLUMNS = ", ".join(FACT_SCHEMA.names)
# DuckDB's spelling of a column that a file does not have.
_MISSING = {"int64": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN", "double": "DOUBLE"}
_NOT_TAKEN_BACK = (
    "SELECT f.* FROM ({facts}) f ANTI JOIN _retracted r"
    " ON f.import_id IS NULL AND f.key_hash = r.key_hash AND f.recorded_at <= r.until"
)


class FactViews:
    """Views on one connection; temporary, so they go with it."""

    def __init__(
        self, duck: duckdb.DuckDBPyConnection, taken: Snapshot, extra: Sequence[Path]
    ) -> None:
        self._duck = duck
        self._taken = taken
        self._extra = [str(path) for path in extra]
        self._shown: set[Demand] = set()
        # Whether files of several types are looked into (some 2 ms each, once per process) before a question opens them.
        self.looks_into_files = False
        untils = taken.retracted["until"].cast("int64").to_pylist()
        self._retracted_until_us: int | None = max(untils, default=None)
        duck.register("_inbox", taken.inbox)
        duck.register("_retracted", taken.retracted)

    def show(self, demand: Demand) -> None:
        """Make the demand's view known, over the files that can hold what it asks for."""
        if demand in self._shown:
            return
        self._shown.add(demand)
        parts = list(self._parts(demand))
        sql = " UNION ALL ".join(parts) if parts else f"SELECT {_COLUMNS} FROM _inbox"
        self._duck.execute(f"CREATE TEMP VIEW {demand.view} AS {sql}")

    def _parts(self, demand: Demand) -> Iterator[str]:
        taken = self._taken
        by_subject = demand.layout == Layout.BY_SUBJECT
        listed = taken.files_by_subject if by_subject else taken.files
        wanted = [each for each in listed if demand.may_hold(each) and self._holds(each, demand)]
        whole = [each for each in wanted if each.import_id is not None]
        mixed = [each for each in wanted if each.mixed]
        streamed = [each for each in wanted if each.import_id is None and not each.mixed]
        if paths := taken.paths(whole) + self._extra:
            yield from facts_of(paths)
        for files, hides_imports in ((streamed, False), (mixed, True)):
            for some, has_taken_back in self._by_taken_back(files):
                for facts in facts_of(taken.paths(some)):
                    if hides_imports and taken.retracted_imports:
                        undone = ", ".join(map(str, taken.retracted_imports))
                        facts += f" WHERE import_id IS NULL OR import_id NOT IN ({undone})"
                    yield _NOT_TAKEN_BACK.format(facts=facts) if has_taken_back else facts
        if taken.inbox.num_rows:
            facts = f"SELECT {_COLUMNS} FROM _inbox"
            taken_back = self._retracted_until_us is not None
            yield _NOT_TAKEN_BACK.format(facts=facts) if taken_back else facts

    def _holds(self, file: FileRow, demand: Demand) -> bool:
        """Whether a file of several types has one of those wanted, if it may be looked into."""
        if not self.looks_into_files or demand.types is None or file.type is not None:
            return True
        if file.role != FileRole.FACT:
            return True
        return any(map(demand.types.allows, types_in(self._taken.lake, file.path)))

    def _by_taken_back(self, files: list[FileRow]) -> Iterator[tuple[list[FileRow], bool]]:
        """Files apart in which every fact was recorded after the last one taken back: no key is looked at there."""

        def may(each: FileRow) -> bool:
            until = self._retracted_until_us
            return until is not None and (
                each.recorded_min_us is None or each.recorded_min_us <= until
            )

        for has_taken_back, some in groupby(sorted(files, key=may), key=may):
            yield list(some), has_taken_back


def facts_of(paths: Sequence[str]) -> Iterator[str]:
    """SELECTs of FACT_SCHEMA's columns, one per set of columns that files have; what a file lacks is null."""
    by_missing: dict[tuple[str, ...], list[str]] = {}
    for path in paths:
        by_missing.setdefault(_missing(path), []).append(path)
    for missing, some in by_missing.items():
        columns = ", ".join(
            f"CAST(NULL AS {_duck_type(name)}) AS {name}" if name in missing else name
            for name in FACT_SCHEMA.names
        )
        yield f"SELECT {columns} FROM {_read(some)}"


def files(paths: Sequence[str]) -> str:
    """A SELECT of everything in files of one schema."""
    columns = _COLUMNS if paths and not _missing(paths[0]) else "*"
    return f"SELECT {columns} FROM {_read(paths)}"


@lru_cache(maxsize=65_536)
def _missing(path: str) -> tuple[str, ...]:
    """Columns of a fact that a file does not have; a file's name is never used again."""
    try:
        names = pq.read_schema(path).names
    except FileNotFoundError as error:
        raise LakeBroken([path]) from error
    return tuple(sorted(_NAMES - set(names)))


def _duck_type(name: str) -> str:
    return _MISSING.get(str(FACT_SCHEMA.field(name).type), "TIMESTAMPTZ")


def _read(paths: Sequence[str]) -> str:
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false)"
