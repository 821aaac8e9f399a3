"""Every expression that DuckDB is asked while a block runs, with the tables it was asked over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import ibis
import pyarrow as pa

from xiaohe.ledger.engine.backend import Source
from xiaohe.ledger.engine.duck import Duck
from xiaohe.ledger.snapshot import Snapshot


@dataclass(frozen=True)
class Asked:
    """One question; `tables` as they were when it was asked."""

    expression: ibis.Expr
    backend: Duck
    tables: dict[str, Source]


@contextmanager
def recorded(look: Any = None) -> Iterator[list[Asked]]:
    """Collect what is asked; `look(asked)` sees each question before it is answered."""
    found: list[Asked] = []
    tables: dict[int, dict[str, Source]] = {}
    run, write, register, show = Duck.run, Duck.write, Duck.register, Duck.show_facts

    def note(backend: Duck, expression: ibis.Expr) -> None:
        found.append(Asked(expression, backend, dict(tables.get(id(backend), {}))))
        if look is not None:
            look(found[-1])

    def noted_run(self: Duck, expression: ibis.Expr, seconds: float | None) -> pa.Table:
        note(self, expression)
        return run(self, expression, seconds)

    def noted_write(self: Duck, expression: ibis.Expr, path: Path) -> None:
        note(self, expression)
        write(self, expression, path)

    def noted_register(self: Duck, name: str, data: Source) -> pa.Schema:
        tables.setdefault(id(self), {})[name] = data
        return register(self, name, data)

    def noted_facts(self: Duck, taken: Snapshot, extra: Any) -> None:
        tables[id(self)] = {}
        show(self, taken, extra)

    with (
        patch.object(Duck, "run", noted_run),
        patch.object(Duck, "write", noted_write),
        patch.object(Duck, "register", noted_register),
        patch.object(Duck, "show_facts", noted_facts),
    ):
        yield found
