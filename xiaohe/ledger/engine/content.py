"""Which types of facts a file of several holds: its list says only of files of one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq


def types_in(lake: Path, name: str) -> frozenset[str]:
    """Read from the file once per process: a file's name is never used again."""
    return _types_in(str(lake), name)


@lru_cache(maxsize=4096)
def _types_in(lake: str, name: str) -> frozenset[str]:
    found: set[str] = set()
    with pq.ParquetFile(Path(lake, name), read_dictionary=["type"]) as file:
        for batch in file.iter_batches(batch_size=1_000_000, columns=["type"]):
            found |= set(pc.unique(batch.column(0)).to_pylist())
    return frozenset(found)
