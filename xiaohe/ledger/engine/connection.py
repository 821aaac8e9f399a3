"""Connections of the engine: one DuckDB per process and data folder that all ordinary reads share, others apart.

Opening a DuckDB takes tens of milliseconds, a further connection to an open one less than one. Temporary views and
registered tables belong to the connection, memory limit and threads to the DuckDB.
"""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import duckdb

from xiaohe.kernel import workspace
from xiaohe.ledger import processes

# The merchant's folder and the sample's: what reads use, and what looks at segments do.
SHARED = 4
_lock = threading.Lock()
_shared: OrderedDict[tuple[int, Path, str, int], duckdb.DuckDBPyConnection] = OrderedDict()


@dataclass(frozen=True)
class Opened:
    """A connection of one read, and the spill folder that goes with it if it is not shared.

    `is_guest`: of a DuckDB that another one opened, and closes.
    """

    duck: duckdb.DuckDBPyConnection
    folder: Path | None = None
    is_guest: bool = False

    def beside(self) -> Opened:
        """A further connection to the same DuckDB, within its limits; to be closed before this one."""
        return Opened(self.duck.cursor(), self.folder, is_guest=True)

    def close(self) -> None:
        self.duck.close()
        if self.folder is not None and not self.is_guest:
            shutil.rmtree(self.folder, ignore_errors=True)


def open_one(memory: str | None, threads: int | None, *, kept: bool = False) -> Opened:
    """A connection; asking for other limits than the process has brings a DuckDB of its own.

    `kept`: that one stays open for whoever asks with the same limits, and knows the footers of files it has read.
    """
    usual_memory = os.environ.get("XIAOHE_ENGINE_MEMORY", "256MB")
    usual_threads = int(os.environ.get("XIAOHE_ENGINE_THREADS", "1"))
    if (memory or usual_memory, threads or usual_threads) == (usual_memory, usual_threads):
        return Opened(_shared_one(usual_memory, usual_threads).cursor())
    if kept:
        return Opened(_shared_one(memory or usual_memory, threads or usual_threads).cursor())
    folder = _new_spill_folder()
    return Opened(_start(folder, memory or usual_memory, threads or usual_threads), folder)


def _shared_one(memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    # The process number: a DuckDB does not survive a fork.
    key = (os.getpid(), workspace.current().derived, memory, threads)
    with _lock:
        if key not in _shared:
            _shared[key] = _start(_new_spill_folder(), memory, threads)
            while len(_shared) > SHARED:
                # Reads that still use it keep it alive.
                _shared.popitem(last=False)[1].close()
        _shared.move_to_end(key)
        return _shared[key]


def _start(folder: Path, memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    duck = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": str(folder),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # The system caches files already.
            "enable_external_file_cache": False,
        },
    )
    duck.execute("SET GLOBAL TimeZone = 'UTC'")
    # Without it the plan of an ASOF join is a hundred times slower on this version.
    duck.execute("SET GLOBAL asof_loop_join_threshold = 0")
    # Spark's names, so that one expression asks both (see props.py).
    duck.execute("CREATE MACRO get_json_object(told, path) AS json_extract_string(told, path)")
    duck.execute("CREATE MACRO unix_micros(instant) AS epoch_us(instant)")
    duck.execute("CREATE MACRO timestamp_micros(micros) AS make_timestamp(micros)")
    # Without a time zone's detour: year() of an instant with one takes three times as long.
    duck.execute("CREATE MACRO plain_utc(instant) AS make_timestamp(epoch_us(instant))")
    duck.execute(
        "CREATE MACRO month_number(instant)"
        " AS year(plain_utc(instant)) * 12 + month(plain_utc(instant)) - 1"
    )
    return duck


def _new_spill_folder() -> Path:
    """Two DuckDBs must not share one: their spill files have the same names."""
    folder = workspace.current().derived / "tmp" / f"{processes.mark()}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True, mode=0o700)
    return folder
