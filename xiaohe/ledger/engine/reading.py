"""A Reading: one moment, many questions."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import copy
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import ibis
import pyarrow as pa

from xiaohe.kernel import counters
from xiaohe.ledger import snapshot, types
from xiaohe.ledger.engine.backend import Backend, Source
from xiaohe.ledger.engine.duck import Duck
from xiaohe.ledger.engine.errors import LakeBroken
from xiaohe.ledger.engine.pruning import BY_SUBJECT, FACTS
from xiaohe.ledger.snapshot import Snapshot

PAGE_TIMEOUT_SECONDS = 10.0
# `spark://host:port`: ordinary reads are answered by that cluster.
ENGINE_VARIABLE = "XIAOHE_ENGINE"


class Reading:
    """Questions to one moment of the ledger, or to a few derived files; close it, or use `with`."""

    facts = FACTS
    # The same facts, read from files in which each subject's stand together: for looking at few people.
    by_subject = BY_SUBJECT

    def __init__(
        self,
        backend: Backend,
        taken: Snapshot | None = None,
        *,
        timeout: float | None = None,
        extra: Sequence[Path] = (),
    ) -> None:
        self.snapshot = taken
        self.version = taken.version if taken else 0
        self.tap_version = taken.tap_version if taken else 0
        self._timeout = timeout
        self._tables: dict[str, ibis.Table] = {}
        self._named: dict[str, dict[bytes, int]] = {}
        self._backend = backend
        if taken is not None:
            backend.show_facts(taken, extra)

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
        self._backend.close()

    def beside(self) -> Reading | None:
        """The same moment, tables and names, for another thread at the same time; close it before this one.

        None where one thread is all there is, and in a cluster.
        """
        if not isinstance(self._backend, Duck) or self._backend.threads in (None, 1):
            return None
        other = copy(self)
        other._backend = self._backend.beside()
        other._tables = dict(self._tables)
        other._named = {what: dict(each) for what, each in self._named.items()}
        return other

    @property
    def moment(self) -> datetime | None:
        """What `moment.MOMENT` stands for in questions; None where it cannot stand."""
        found: datetime | None = getattr(self._backend, "moment", None)
        return found

    def ask_at(self, moment: datetime) -> None:
        """Let `moment.MOMENT` stand for this instant, if this engine can and it stands for none yet."""
        if isinstance(self._backend, Duck) and self._backend.moment is None:
            self._backend.moment = moment

    def expect_few_rows(self) -> None:
        """Say that answers from now on are of few rows, if this engine can make something of it."""
        if isinstance(self._backend, Duck):
            self._backend.expect_few_rows()

    def register(self, name: str, data: Source) -> ibis.Table:
        """Make an Arrow table or Parquet files known under `name`; the same name again replaces it."""
        schema = self._backend.register(name, data)
        self._tables[name] = ibis.table(types.ibis_schema(schema), name=name)
        return self._tables[name]

    def name_for(self, what: str, content: bytes) -> str:
        """A name for a table of this content: one for each content, and of the same number in every reading.

        A question that names its tables by what is in them would be another one for every person.
        """
        named = self._named.setdefault(what, {})
        return f"{what}_{named.setdefault(content, len(named))}"

    def table(self, name: str) -> ibis.Table:
        """A registered table."""
        return self._tables[name]

    @property
    def tables(self) -> Mapping[str, ibis.Table]:
        """Every registered table by its name; one registered again is another."""
        return dict(self._tables)

    def run(self, expression: ibis.Expr, *, timeout: float | None = None) -> pa.Table:
        """The answer, with the types the expression promises."""
        with self._timed("run"):
            return self._backend.run(expression, timeout or self._timeout)

    def batches(self, expression: ibis.Expr, *, rows: int = 50_000) -> Iterator[pa.Table]:
        """The answer in slices, for what does not fit in memory."""
        with self._timed("batches"):
            yield from self._backend.batches(expression, rows)

    def scalar(self, expression: ibis.Expr) -> Any:
        """The only value of an answer of one row and one column."""
        return self.run(expression).column(0)[0].as_py()

    def write(self, expression: ibis.Expr, path: Path) -> Path:
        """Write the answer as a Parquet file (zstd-1) and bring it to disk."""
        with self._timed("write"):
            self._backend.write(expression, path)
        return path

    def _timed(self, how: str) -> AbstractContextManager[None]:
        """Questions to the facts and to derived files are told apart: the latter are what pages wait for."""
        return counters.QUERIES.timed(f"{'derived' if self.snapshot is None else 'facts'}.{how}")


def reading(
    *,
    memory: str | None = None,
    threads: int | None = None,
    timeout: float | None = None,
    extra: Sequence[Path] = (),
    local: bool = False,
    most_mb: int | None = None,
    taken: Snapshot | None = None,
    kept: bool = False,
) -> Reading:
    """A Reading of this moment, or of the one at which a snapshot was `taken`; `extra` are fact files to see beside the listed ones.

    `most_mb`: how far `memory` may be exceeded by a question that cannot be answered with less.
    `local`: in this process whatever XIAOHE_ENGINE says, for the ledger's own upkeep.
    `kept`: the engine of these limits stays open for whoever asks again, which he does often.
    """
    if taken is not None:
        backend = _backend(memory, threads, local=local, most_mb=most_mb, kept=kept)
        return Reading(backend, taken, timeout=timeout, extra=extra)
    taken = snapshot.take()
    if taken.broken_files():
        # A file may have been retired and collected between the look and the check: look once more.
        taken = snapshot.take()
        if broken := taken.broken_files():
            raise LakeBroken(broken)
    backend = _backend(memory, threads, local=local, most_mb=most_mb, kept=kept)
    return Reading(backend, taken, timeout=timeout, extra=extra)


def _is_elsewhere() -> bool:
    """Whether ordinary reads are answered by a cluster."""
    return os.environ.get(ENGINE_VARIABLE, "").startswith("spark://")


def over(
    paths: Mapping[str, Source],
    *,
    memory: str | None = None,
    threads: int = 1,
    timeout: float | None = PAGE_TIMEOUT_SECONDS,
) -> Reading:
    """A Reading over derived files only, for pages: one thread, limited memory and time."""
    read = Reading(Duck(memory=memory, threads=threads), timeout=timeout)
    for name, source in paths.items():
        read.register(name, source)
    return read


def _backend(
    memory: str | None, threads: int | None, *, local: bool, most_mb: int | None, kept: bool
) -> Backend:
    if local or not _is_elsewhere():
        return Duck(memory=memory, threads=threads, most_mb=most_mb, kept=kept)
    # Loaded only where it is asked for: the package is an extra.
    from xiaohe.ledger.engine.spark import Spark  # type: ignore[import-not-found,unused-ignore]

    backend: Backend = Spark(os.environ[ENGINE_VARIABLE])
    return backend
