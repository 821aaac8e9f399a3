"""What stands behind a Reading: an engine that answers Ibis expressions over registered tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import ibis
import pyarrow as pa

from xiaohe.ledger.snapshot import Snapshot

Source: TypeAlias = pa.Table | Path | str | Sequence[Path] | Sequence[str]


class Backend(Protocol):
    """One connection to an engine. Answers carry exactly the types the expression promises."""

    def show_facts(self, taken: Snapshot, extra: Sequence[Path]) -> None:
        """Make the facts of a moment known as `facts`; `extra` are fact files beside the listed ones."""

    def register(self, name: str, data: Source) -> pa.Schema:
        """Make a table or Parquet files known under `name`; the same name again replaces it."""

    def run(self, expression: ibis.Expr, seconds: float | None) -> pa.Table:
        """The whole answer; raises TooSlow after `seconds`."""

    def batches(self, expression: ibis.Expr, rows: int) -> Iterator[pa.Table]:
        """The answer in slices."""

    def write(self, expression: ibis.Expr, path: Path) -> None:
        """The answer as one Parquet file (zstd-1) on this machine, brought to disk."""

    def close(self) -> None: ...
