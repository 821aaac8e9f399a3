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
from xiaohe.ledger.engine import connection, views
from xiaohe.ledger.engine.backend import Source
from xiaohe.ledger.engine.compiled import Compiled, compiled
from xiaohe.ledger.engine.errors import LakeBroken, TooSlow
from xiaohe.ledger.engine.views import FactViews
from xiaohe.ledger.snapshot import Snapshot

# Rows per group of a written file: the unit a filtered scan may leave out.
ROW_GROUP = 122_880


class Duck:
    """One connection of the process's DuckDB, or one with limits of its own."""

    def __init__(self, *, memory: str | None, threads: int | None) -> None:
        self._opened = connection.open_one(memory, threads)
        self._connection = self._opened.duck
        self._facts: FactViews | None = None

    def close(self) -> None:
        self._opened.close()

    def show_facts(self, taken: Snapshot, extra: Sequence[Path]) -> None:
        # Footers, 2 KB a row group and counted in the memory limit. For readings of facts only: a name in the lake is
        # never used again, derived files are made anew under theirs, and an old footer would misread them.
        self._connection.execute("SET SESSION parquet_metadata_cache = true")
        self._facts = FactViews(self._connection, taken, extra)

    def register(self, name: str, data: Source) -> pa.Schema:
        self._connection.unregister(name)
        if isinstance(data, pa.Table):
            self._connection.register(name, data)
            return data.schema
        paths = [str(data)] if isinstance(data, str | Path) else [str(each) for each in data]
        self._connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {_name(name)} AS {views.files(paths)}"
        )
        return pq.read_schema(paths[0])

    def run(self, expression: ibis.Expr, seconds: float | None) -> pa.Table:
        asked = compiled(expression)
        with self._limited(seconds):
            self._show(asked)
            return self._connection.sql(asked.sql).to_arrow_table().cast(asked.schema)

    def batches(self, expression: ibis.Expr, rows: int) -> Iterator[pa.Table]:
        asked = compiled(expression)
        with self._limited(None):
            self._show(asked)
            for batch in self._connection.sql(asked.sql).to_arrow_reader(rows):
                yield pa.Table.from_batches([batch]).cast(asked.schema)

    def write(self, expression: ibis.Expr, path: Path) -> None:
        asked = compiled(expression)
        target = str(path).replace("'", "''")
        with self._limited(None):
            self._show(asked)
            self._connection.execute(
                f"COPY ({asked.sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1,"
                f" ROW_GROUP_SIZE {ROW_GROUP})"
            )
        durable.note("write", path)
        durable.sync_file(path)

    def _show(self, asked: Compiled) -> None:
        if self._facts is not None:
            for each in asked.demands:
                self._facts.show(each)

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
