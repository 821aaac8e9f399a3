"""An existing Spark cluster as the engine: the same questions over the same Parquet files, answered elsewhere.

    this process ── SQL ──► driver (a JVM beside it) ──► executors ──► HOME/lake, HOME/derived on a shared folder
                 ◄─ Arrow ─┘

The executors open the files by the path they have here, so HOME must be the same folder on every machine. Small
tables travel with the question. An answer that is written goes through HOME/derived/tmp, so the executors must be
allowed to write there.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.kernel import workspace
from xiaohe.ledger import durable, processes
from xiaohe.ledger.engine import spark_session
from xiaohe.ledger.engine.backend import Source
from xiaohe.ledger.engine.demand import Demand, Layout
from xiaohe.ledger.engine.errors import LakeBroken, TooSlow
from xiaohe.ledger.engine.spark_sql import columns, compiled, exactly, location, plain
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.snapshot import Snapshot

# Rows per group of a written file, as the reference engine writes them.
ROW_GROUP = 122_880
_MISSING_FILE = ("FILE_NOT_EXIST", "PATH_NOT_FOUND", "FileNotFoundException")


class Spark:
    """One session on the cluster's connection of this process; the tables it knows are its own."""

    def __init__(self, masters: str) -> None:
        self._session: Any = spark_session.connection(masters).newSession()
        spark_session.settle(self._session)
        self._facts: _Facts | None = None
        self._names: set[str] = set()
        self._scratch: Path | None = None

    def close(self) -> None:
        for name in self._names:
            self._session.catalog.dropTempView(name)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def show_facts(self, taken: Snapshot, extra: Sequence[Path]) -> None:
        self._facts = _Facts(self._session, taken, extra)

    def register(self, name: str, data: Source) -> pa.Schema:
        if not name.isidentifier():
            raise ValueError(f"not a table name: {name}")
        if isinstance(data, pa.Table):
            self._show(name, _table(self._session, data))
            return data.schema
        paths = [str(data)] if isinstance(data, str | Path) else [str(each) for each in data]
        schema = pq.read_schema(paths[0])
        with _explained():
            self._show(name, _files(self._session, paths, schema))
        return schema

    def run(self, expression: ibis.Expr, seconds: float | None) -> pa.Table:
        asked = compiled(expression)
        with self._limited(seconds):
            self._show_facts_for(asked.demands)
            return exactly(self._session.sql(asked.sql).toArrow(), asked.schema)

    def batches(self, expression: ibis.Expr, rows: int) -> Iterator[pa.Table]:
        with self._written(expression) as parts:
            yield from _slices(parts, rows, compiled(expression).schema)

    def write(self, expression: ibis.Expr, path: Path) -> None:
        schema = compiled(expression).schema
        with (
            self._written(expression) as parts,
            pq.ParquetWriter(
                path, schema, compression="zstd", compression_level=1, store_schema=False
            ) as writer,
        ):
            for each in _slices(parts, ROW_GROUP, schema):
                writer.write_table(each)
        durable.note("write", path)
        durable.sync_file(path)

    def _show_facts_for(self, demands: frozenset[Demand]) -> None:
        for each in demands:
            if self._facts is not None and each.view not in self._names:
                self._show(each.view, self._facts.of(each))

    def _show(self, name: str, frame: Any) -> None:
        frame.createOrReplaceTempView(name)
        self._names.add(name)

    @contextmanager
    def _written(self, expression: ibis.Expr) -> Iterator[list[Path]]:
        """The answer as Parquet files of the executors, in its order, for as long as the block lasts."""
        asked = compiled(expression)
        folder = self._folder() / uuid.uuid4().hex
        try:
            with self._limited(None):
                self._show_facts_for(asked.demands)
                self._session.sql(asked.sql).write.parquet(location(str(folder)))
            # The numbers in their names follow the order of a sorted answer.
            yield sorted(folder.glob("part-*.parquet"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _folder(self) -> Path:
        if self._scratch is None:
            name = f"{processes.mark()}-{uuid.uuid4().hex[:8]}"
            self._scratch = workspace.current().derived / "tmp" / name
            # Executors may run as another user of our group.
            self._scratch.mkdir(parents=True, mode=0o770)
        return self._scratch

    @contextmanager
    def _limited(self, seconds: float | None) -> Iterator[None]:
        """Cancel the jobs of a question when its time is over."""
        if seconds is None:
            with _explained():
                yield
            return
        context = self._session.sparkContext
        group, over = uuid.uuid4().hex, threading.Event()

        def stop() -> None:
            over.set()
            context._jsc.sc().cancelJobGroupAndFutureJobs(group)

        context.setJobGroup(group, "xiaohe", interruptOnCancel=True)
        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            with _explained(over.is_set, seconds):
                yield
        finally:
            timer.cancel()
            context._jsc.sc().clearJobGroup()


class _Facts:
    """The facts of one moment, part by part; what is hidden where, as `engine.views` says it for DuckDB."""

    def __init__(self, session: Any, taken: Snapshot, extra: Sequence[Path]) -> None:
        self._session, self._taken = session, taken
        self._extra = [str(path) for path in extra]

    def of(self, demand: Demand) -> Any:
        """The facts in every file that can hold what is asked for."""
        taken, read = self._taken, self._session
        by_subject = demand.layout == Layout.BY_SUBJECT
        listed = taken.files_by_subject if by_subject else taken.files
        wanted = [each for each in listed if demand.may_hold(each)]
        whole = taken.paths([each for each in wanted if each.import_id is not None]) + self._extra
        streamed = [each for each in wanted if each.import_id is None and not each.mixed]
        mixed = [each for each in wanted if each.mixed]
        facts = self._inbox
        if streamed:
            facts = facts.unionAll(_files(read, taken.paths(streamed), FACT_SCHEMA))
        if mixed:
            facts = facts.unionAll(self._counted(_files(read, taken.paths(mixed), FACT_SCHEMA)))
        if taken.retracted.num_rows:
            facts = self._kept(facts)
        return facts.unionAll(_files(read, whole, FACT_SCHEMA)) if whole else facts

    @cached_property
    def _inbox(self) -> Any:
        return _table(self._session, self._taken.inbox)

    @cached_property
    def _taken_back(self) -> Any:
        keys = _table(self._session, self._taken.retracted)
        return keys.withColumnRenamed("key_hash", "taken_back")

    def _counted(self, facts: Any) -> Any:
        """Without rows of imports that were taken back."""
        undone = self._taken.retracted_imports
        if not undone:
            return facts
        return facts.where(facts.import_id.isNull() | ~facts.import_id.isin(*undone))

    def _kept(self, facts: Any) -> Any:
        """Without single facts that were taken back."""
        back = self._taken_back
        is_back = (
            facts.import_id.isNull()
            & (facts.key_hash == back.taken_back)
            & (facts.recorded_at <= back.until)
        )
        return facts.join(back, is_back, "left_anti")


def _files(session: Any, paths: Sequence[str], schema: pa.Schema) -> Any:
    """Parquet files with these columns; one that a file does not have is null in its rows."""
    return session.read.schema(columns(schema)).parquet(*map(location, paths))


def _table(session: Any, data: pa.Table) -> Any:
    return session.createDataFrame(plain(data), schema=columns(data.schema))


def _slices(parts: Sequence[Path], rows: int, schema: pa.Schema) -> Iterator[pa.Table]:
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(rows):
                yield exactly(pa.Table.from_batches([batch]), schema)


@contextmanager
def _explained(is_over: Callable[[], bool] = lambda: False, seconds: float = 0) -> Iterator[None]:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        if is_over():
            raise TooSlow(seconds) from error
        said = str(error)
        if any(sign in said for sign in _MISSING_FILE):
            raise LakeBroken([said.splitlines()[0][:200]]) from error
        raise
