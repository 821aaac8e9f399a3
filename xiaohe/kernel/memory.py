"""Giving memory back: allocators keep what they once had, and the peaks of parsing, comparing and writing would add up.

Arrow's own pool and malloc's arena per thread each hold on to tens of megabytes; one plain arena does not.
"""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache

M_ARENA_MAX = -8  # malloc.h


@lru_cache(maxsize=1)
def use_one_arena() -> None:
    """Let this process, Arrow included, allocate from one arena; to be called before there are threads."""
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    try:
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
    except (AttributeError, OSError):
        pass  # only glibc has it


@lru_cache(maxsize=1)
def without_frames() -> None:
    """Let this process take it that there is no pandas; for our own, which never make a frame.

    Arrow looks for it when it is first given a list, and where it happens to be installed that is 26 MB and a fifth of
    a second. Only the driver of a cluster makes frames. Nothing is loaded here: many a command needs no Arrow at all.
    """
    sys.meta_path.insert(0, _NoPandas)


class _NoPandas:
    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas" and "pyspark" not in sys.modules:
            raise ModuleNotFoundError(name, name=name)


def give_back() -> None:
    """Return freed memory to the system."""
    if (arrow := sys.modules.get("pyarrow")) is not None:
        arrow.default_memory_pool().release_unused()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        pass  # only glibc has it
