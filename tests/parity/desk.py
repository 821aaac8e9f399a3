"""Where the same question is asked of one engine or the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from xiaohe.ledger.engine import Reading
from xiaohe.ledger.engine.backend import Backend
from xiaohe.ledger.engine.duck import Duck
from xiaohe.people import overlay
from xiaohe.traits.build import TABLES
from xiaohe.traits.state import State

VARIABLE = "XIAOHE_ENGINE"


@dataclass(frozen=True)
class Desk:
    """One engine: DuckDB in this process, or the cluster at `masters`."""

    masters: str = ""

    @property
    def name(self) -> str:
        return "spark" if self.masters else "duckdb"

    def backend(self) -> Backend:
        if not self.masters:
            return Duck(memory=None, threads=None)
        from xiaohe.ledger.engine.spark import Spark

        return Spark(self.masters)

    @contextmanager
    def open(self) -> Iterator[None]:
        """`engine.reading()` answers from here, and nothing is remembered from elsewhere."""
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = self.masters
        overlay._kept.clear()
        try:
            yield
        finally:
            overlay._kept.clear()
            os.environ.pop(VARIABLE)
            if before is not None:
                os.environ[VARIABLE] = before

    def state(self, state: State) -> State:
        """The same derived files, read by this engine; nothing of it is kept."""
        known = {each.name: getattr(state, each.name) for each in fields(State)}
        return _Asked(**{**known, "id": ""}, desk=self)


@dataclass(frozen=True)
class _Asked(State):
    desk: Desk = Desk()

    def reading(self, *names: str) -> Reading:
        read = Reading(self.desk.backend())
        for name in names or TABLES:
            read.register(name, self.path(name))
        return read

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"
