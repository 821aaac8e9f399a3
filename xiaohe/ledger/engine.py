"""The engine: one connection per read, one question language (Ibis), one moment of the ledger.

    with engine.reading() as read:
        paid = read.facts.filter(read.facts.type == "order.paid")
        read.run(paid.group_by("subject").agg(last=paid.occurred_at.max()))

The connection is DuckDB in this process, in memory, over the Parquet files the control store listed in the
same moment as the inbox. Answers come back with exactly the types the expression promises.

| variable               | default | meaning |
|------------------------|---------|---------|
| XIAOHE_ENGINE_MEMORY   | 256MB   | memory of all ordinary reads of a process; beyond it work goes to disk |
| XIAOHE_ENGINE_THREADS  | 1       | their threads |
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext_lazy as _
from ibis.backends.sql.compilers.duckdb import compiler

from xiaohe.kernel.errors import RetryLater, XiaoheError
from xiaohe.ledger import connection, durable, snapshot, types
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.snapshot import Snapshot

# Rows per group of a written file: the unit a filtered scan may leave out.
ROW_GROUP = 122_880
PAGE_TIMEOUT_SECONDS = 10.0
FACTS = ibis.table(types.ibis_schema(FACT_SCHEMA), name="facts")
_COLUMNS = ", ".join(FACT_SCHEMA.names)

Source: TypeAlias = pa.Table | Path | str | Sequence[Path] | Sequence[str]


class LakeBroken(XiaoheError):
    """A file of the lake is missing: no answer is better than a short one."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            "lake_broken",
            _("A file of the lake is missing or damaged: %(path)s. Restore it from a backup."),
            path=", ".join(paths),
        )


class TooSlow(RetryLater):
    def __init__(self, seconds: float) -> None:
        super().__init__(
            "too_slow", _("The answer took longer than %(seconds)d seconds."), seconds=seconds
        )


class Reading:
    """Questions to one moment of the ledger, or to a few derived files; close it, or use `with`."""

    facts = FACTS

    def __init__(
        self,
        taken: Snapshot | None = None,
        *,
        memory: str | None = None,
        threads: int | None = None,
        timeout: float | None = None,
        extra: Sequence[Path] = (),
    ) -> None:
        self.snapshot = taken
        self.version = taken.version if taken else 0
        self.tap_version = taken.tap_version if taken else 0
        self._timeout = timeout
        self._tables: dict[str, ibis.Table] = {}
        self._opened = connection.open_one(memory, threads)
        self._connection = self._opened.duck
        if taken is not None:
            _create_facts(self._connection, taken, extra)

    def __enter__(self) -> Reading:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def register(self, name: str, data: Source) -> ibis.Table:
        """Make an Arrow table or Parquet files known under `name`; the same name again replaces it."""
        self._connection.unregister(name)
        if isinstance(data, pa.Table):
            self._connection.register(name, data)
            schema = data.schema
        else:
            paths = [str(data)] if isinstance(data, str | Path) else [str(each) for each in data]
            self._connection.execute(
                f"CREATE OR REPLACE TEMP VIEW {_name(name)} AS {_files(paths)}"
            )
            schema = pq.read_schema(paths[0])
        self._tables[name] = ibis.table(types.ibis_schema(schema), name=name)
        return self._tables[name]

    def table(self, name: str) -> ibis.Table:
        """A registered table."""
        return self._tables[name]

    def run(self, expression: ibis.Expr, *, timeout: float | None = None) -> pa.Table:
        """The answer, with the types the expression promises."""
        sql, schema = _compiled(expression)
        with self._limited(timeout):
            return self._connection.sql(sql).to_arrow_table().cast(schema)

    def batches(self, expression: ibis.Expr, *, rows: int = 50_000) -> Iterator[pa.Table]:
        """The answer in slices, for what does not fit in memory."""
        sql, schema = _compiled(expression)
        with self._limited(None):
            for batch in self._connection.sql(sql).to_arrow_reader(rows):
                yield pa.Table.from_batches([batch]).cast(schema)

    def scalar(self, expression: ibis.Expr) -> Any:
        """The only value of an answer of one row and one column."""
        return self.run(expression).column(0)[0].as_py()

    def write(self, expression: ibis.Expr, path: Path) -> Path:
        """Write the answer as a Parquet file (zstd-1) and bring it to disk."""
        sql, _schema = _compiled(expression)
        target = str(path).replace("'", "''")
        with self._limited(None):
            self._connection.execute(
                f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1,"
                f" ROW_GROUP_SIZE {ROW_GROUP})"
            )
        durable.note("write", path)
        durable.sync_file(path)
        return path

    @contextmanager
    def _limited(self, timeout: float | None) -> Iterator[None]:
        """Interrupt what runs when its time is over."""
        seconds = timeout or self._timeout
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


def reading(
    *,
    memory: str | None = None,
    threads: int | None = None,
    timeout: float | None = None,
    extra: Sequence[Path] = (),
) -> Reading:
    """A Reading of this moment; `extra` are fact files to see beside the listed ones."""
    taken = snapshot.take()
    if taken.broken_files():
        # A file may have been retired and collected between the look and the check: look once more.
        taken = snapshot.take()
        if broken := taken.broken_files():
            raise LakeBroken(broken)
    return Reading(taken, memory=memory, threads=threads, timeout=timeout, extra=extra)


def over(
    paths: Mapping[str, Source],
    *,
    memory: str | None = None,
    threads: int = 1,
    timeout: float | None = PAGE_TIMEOUT_SECONDS,
) -> Reading:
    """A Reading over derived files only, for pages: one thread, limited memory and time."""
    read = Reading(memory=memory, threads=threads, timeout=timeout)
    for name, source in paths.items():
        read.register(name, source)
    return read


# ---------------------------------------------------------------- connection and views


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


# ---------------------------------------------------------------- compiled questions

_CACHE_SIZE = 512
_cache: OrderedDict[Any, tuple[str, pa.Schema]] = OrderedDict()
_cache_lock = threading.Lock()


def _compiled(expression: ibis.Expr) -> tuple[str, pa.Schema]:
    """SQL and result schema of a question; compiling costs 22–29 ms, so it is done once per question."""
    key = expression.op()
    with _cache_lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    schema = expression.as_table().schema()
    # The engine widens sums of integers (and would write them as floats): every column is cast back.
    columns = ", ".join(
        f'CAST("{name}" AS {compiler.type_mapper.to_string(kind)}) AS "{name}"'
        for name, kind in schema.items()
    )
    inner = ibis.to_sql(expression, dialect="duckdb")
    compiled = (f"SELECT {columns} FROM ({inner}) AS answer", types.arrow_schema(schema))
    with _cache_lock:
        _cache[key] = compiled
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
    return compiled
