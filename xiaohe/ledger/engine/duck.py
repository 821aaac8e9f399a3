"""DuckDB in this process: the engine a shop starts with, and the reference for every other."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.ledger import durable
from xiaohe.ledger.engine import connection, views
from xiaohe.ledger.engine.backend import Source
from xiaohe.ledger.engine.compiled import Compiled, compiled
from xiaohe.ledger.engine.errors import LakeBroken, TooSlow
from xiaohe.ledger.engine.moment import at
from xiaohe.ledger.engine.views import FactViews
from xiaohe.ledger.snapshot import Snapshot

# Rows per group of a written file: the unit a filtered scan may leave out.
ROW_GROUP = 122_880

# As DuckDB spells a limit.
BYTES = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}

Answer = TypeVar("Answer")
# Said of `_answer`, which knows.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)


class Duck:
    """One connection of the process's DuckDB, or one with limits of its own."""

    def __init__(
        self,
        *,
        memory: str | None,
        threads: int | None,
        most_mb: int | None = None,
        kept: bool = False,
    ) -> None:
        """`most_mb`: a question that needs more memory is asked again with twice as much, up to this, for good if `kept`.

        `kept`: see `connection.open_one`.
        """
        self.threads = threads
        self._most_mb = most_mb
        self._is_kept = kept
        self._begin(connection.open_one(memory, threads, kept=kept))

    def _begin(self, opened: connection.Opened) -> None:
        self._opened = opened
        self._connection = opened.duck
        self._facts: FactViews | None = None
        self._seen: tuple[Snapshot, Sequence[Path]] | None = None
        self._registered: dict[str, Source] = {}
        self._growth = Growth(opened, self._most_mb, kept=self._is_kept)
        # What `moment.MOMENT` stands for.
        self.moment: datetime | None = None
        self._few_rows = False

    def beside(self) -> Duck:
        """The same on a connection of its own, for another thread: facts, tables, moment and limits; closed before this."""
        other = copy(self)
        other._begin(self._opened.beside())
        other.moment = self.moment
        if self._seen is not None:
            other.show_facts(*self._seen)
        for name, data in self._registered.items():
            other.register(name, data)
        return other

    def close(self) -> None:
        self._opened.close()

    def show_facts(self, taken: Snapshot, extra: Sequence[Path]) -> None:
        # Footers, 2 KB a row group and counted in the memory limit. For readings of facts only: a name in the lake is
        # never used again, derived files are made anew under theirs, and an old footer would misread them.
        self._connection.execute("SET SESSION parquet_metadata_cache = true")
        self._seen = taken, extra
        self._facts = FactViews(self._connection, taken, extra)

    def expect_few_rows(self) -> None:
        """Answers from now on are of few rows, so that putting questions and opening files is what takes time."""
        self._few_rows = True
        if self._facts is not None:
            self._facts.looks_into_files = True

    def register(self, name: str, data: Source) -> pa.Schema:
        self._connection.unregister(name)
        self._registered[name] = data
        if isinstance(data, pa.Table):
            self._connection.register(name, data)
            return data.schema
        paths = [str(data)] if isinstance(data, str | Path) else [str(each) for each in data]
        self._connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {_name(name)} AS {views.files(paths)}"
        )
        return pq.read_schema(paths[0])

    def run(self, expression: ibis.Expr, seconds: float | None) -> pa.Table:
        asked = self._compiled(expression)
        with self._limited(seconds):
            self._show(asked)
            found = self._growth.ask(lambda: self._answer(asked.sql))
            return found.cast(asked.schema)

    def _answer(self, sql: str) -> pa.Table:
        if self._few_rows:
            # The answer is copied once more, but the question is read and planned once instead of twice: of few people
            # that takes longer than to answer it.
            return self._connection.execute(sql).to_arrow_table()
        return self._connection.sql(sql).to_arrow_table()

    def batches(self, expression: ibis.Expr, rows: int) -> Iterator[pa.Table]:
        asked = self._compiled(expression)
        with self._limited(None):
            self._show(asked)
            for batch in self._connection.sql(asked.sql).to_arrow_reader(rows):
                yield pa.Table.from_batches([batch]).cast(asked.schema)

    def write(self, expression: ibis.Expr, path: Path) -> None:
        asked = self._compiled(expression)
        target = str(path).replace("'", "''")
        with self._limited(None):
            self._show(asked)
            copy = (
                f"COPY ({asked.sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1,"
                f" ROW_GROUP_SIZE {ROW_GROUP})"
            )
            self._growth.ask(lambda: self._connection.execute(copy))
        durable.note("write", path)
        durable.sync_file(path)

    def _compiled(self, expression: ibis.Expr) -> Compiled:
        asked = compiled(expression)
        return replace(asked, sql=at(asked.sql, self.moment))

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


class Growth:
    """Asks again with more memory what did not find enough, if the connection has a DuckDB of its own.

    DuckDB takes work to disk, but not all of it: what one operator holds at least depends on the question, not on how
    much it reads, and no estimate knows it. So a bound is a wish, and a failure says that it was too small.
    """

    def __init__(
        self, opened: connection.Opened, most_mb: int | None, *, kept: bool = False
    ) -> None:
        self._duck = opened.duck
        self._most_mb = most_mb if opened.folder is not None or kept else None

    def ask(self, question: Callable[[], Answer]) -> Answer:
        while True:
            try:
                return question()
            except duckdb.OutOfMemoryException:
                if not self._with_more():
                    raise

    def _with_more(self) -> bool:
        now_mb = self._limit_mb()
        if self._most_mb is None or now_mb >= self._most_mb:
            return False
        # Every thread holds blocks of its own: one alone gets further with as much.
        self._duck.execute("SET GLOBAL threads = 1")
        self._duck.execute(f"SET GLOBAL memory_limit = '{min(2 * now_mb, self._most_mb)}MB'")
        return True

    def _limit_mb(self) -> int:
        """Rounded up, so that twice of it is more."""
        told = self._duck.execute("SELECT current_setting('memory_limit')").fetchall()
        number, unit = told[0][0].split()
        return int(float(number) * BYTES[unit] / 1_000_000) + 1


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
