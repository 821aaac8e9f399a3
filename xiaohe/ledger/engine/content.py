"""Which types of facts a file of several holds: its list says only of files of one."""

from __future__ import annotations

from functools import lru_cache

import pyarrow.compute as pc
import pyarrow.parquet as pq


@lru_cache(maxsize=4096)
def types_in(path: str) -> frozenset[str]:
    """Read from the file once per process: a file's name is never used again."""
    found: set[str] = set()
    with pq.ParquetFile(path, read_dictionary=["type"]) as file:
        for batch in file.iter_batches(batch_size=1_000_000, columns=["type"]):
            found |= set(pc.unique(batch.column(0)).to_pylist())
    return frozenset(found)
