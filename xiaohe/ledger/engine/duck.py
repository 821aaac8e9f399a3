"""DuckDB in this process: the engine a shop starts with, and the reference for every other."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.ledger import durable
from xiaohe.ledger.engine import connection
from xiaohe.ledger.engine.backend import Source
from xiaohe.ledger.engine.compiled import compiled
from xiaohe.ledger.engine.errors import LakeBroken, TooSlow
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.snapshot import Snapshot

# Rows per group of a written file: the unit a filtered scan may leave out.
ROW_GROUP = 122_880
_COLUMNS = ", ".join(FACT_SCHEMA.names)


class Duck:
    """One connection of the process's DuckDB, or one with limits of its own."""

    def __init__(self, *, memory: str | None, threads: int | None) -> None:
        self._opened = connection.open_one(memory, threads)
        self._connection = self._opened.duck

    def close(self) -> None:
        self._opened.close()

    def show_facts(self, taken: Snapshot, extra: Sequence[Path]) -> None:
        _create_facts(self._connection, taken, extra)

    def register(self, name: str, data: Source) -> pa.Schema:
        self._connection.unregister(name)
        if isinstance(data, pa.Table):
            self._connection.register(name, data)
            return data.schema
        paths = [str(data)] if isinstance(data, str | Path) else [str(each) for each in data]
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {_name(name)} AS {_files(paths)}")
        return pq.read_schema(paths[0])

    def run(self, expression: ibis.Expr, seconds: float | None) -> pa.Table:
        sql, schema = compiled(expression)
        with self._limited(seconds):
            return self._connection.sql(sql).to_arrow_table().cast(schema)

    def batches(self, expression: ibis.Expr, rows: int) -> Iterator[pa.Table]:
        sql, schema = compiled(expression)
        with self._limited(None):
            for batch in self._connection.sql(sql).to_arrow_reader(rows):
                yield pa.Table.from_batches([batch]).cast(schema)

    def write(self, expression: ibis.Expr, path: Path) -> None:
        sql, _schema = compiled(expression)
        target = str(path).replace("'", "''")
        with self._limited(None):
            self._connection.execute(
                f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1,"
                f" ROW_GROUP_SIZE {ROW_GROUP})"
            )
        durable.note("write", path)
        durable.sync_file(path)

    @contextmanager
    def _limited(self, seconds: float | None) -> Iterator[None]:
        """Interrupt what runs when its time is over."""
        if seconds is None:
            with _explained(None):
                yield
            return
        timer = threading.Timer(seconds, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            with _explained(seconds):
                yield
        finally:
            timer.cancel()


def _create_facts(duck: duckdb.DuckDBPyConnection, taken: Snapshot, extra: Sequence[Path]) -> None:
    duck.register("_inbox", taken.inbox)
    duck.register("_retracted", taken.retracted)
    imported = taken.paths(taken.import_files) + [str(path) for path in extra]
    streamed = f"SELECT {_COLUMNS} FROM _inbox"
    if taken.stream_files:
        streamed = f"({_files(taken.paths(taken.stream_files))} UNION ALL {streamed})"
    else:
        streamed = f"({streamed})"
    if taken.retracted.num_rows:
        streamed = (
            f"(SELECT f.* FROM {streamed} f ANTI JOIN _retracted r"
            " ON f.key_hash = r.key_hash AND f.recorded_at <= r.until)"
        )
    parts = [_files(imported)] if imported else []
    if taken.stream_files or taken.inbox.num_rows or not parts:
        parts.append(f"SELECT {_COLUMNS} FROM {streamed}")
    duck.execute(f"CREATE TEMP VIEW facts AS {' UNION ALL '.join(parts)}")


def _files(paths: Sequence[str]) -> str:
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    columns = _COLUMNS if paths and _holds_facts(paths[0]) else "*"
    return f"SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = false)"


def _holds_facts(path: str) -> bool:
    return bool(pq.read_schema(path).names == FACT_SCHEMA.names)


def _name(name: str) -> str:
    if not name.isidentifier():
        raise ValueError(f"not a table name: {name}")
    return f'"{name}"'


@contextmanager
def _explained(seconds: float | None) -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException as error:
        raise TooSlow(seconds or 0) from error
    except duckdb.IOException as error:
        if "No files found" in str(error) or "No such file" in str(error):
            raise LakeBroken([str(error).splitlines()[0]]) from error
        raise
