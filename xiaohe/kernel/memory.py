"""Giving memory back: allocators keep what they once had, and the peaks of parsing, comparing and writing would add up.

Arrow's own pool and malloc's arena per thread each hold on to tens of megabytes; one plain arena does not.
"""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache

import pyarrow as pa

M_ARENA_MAX = -8  # malloc.h


@lru_cache(maxsize=1)
def use_one_arena() -> None:
    """Let this process, Arrow included, allocate from one arena; to be called before there are threads."""
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
    except (AttributeError, OSError):
        pass  # only glibc has it


@lru_cache(maxsize=1)
def without_frames() -> None:
    """Let Arrow take it that there is no pandas; for processes that serve for weeks and never make a frame.

    It looks for pandas when it is first given a list, and where pandas happens to be installed that is 26 MB.
    """
    sys.meta_path.insert(0, _NoPandas)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(_NoPandas)


class _NoPandas:
    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name, name=name)


def give_back() -> None:
    """Return freed memory to the system."""
    pa.default_memory_pool().release_unused()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        pass  # only glibc has it
