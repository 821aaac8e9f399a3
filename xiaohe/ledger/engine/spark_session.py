"""The one connection of this process to a Spark cluster: made when first asked for, and again after it was lost."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import RetryLater, XiaoheError

SCHEME = "spark://"
# How long a master may take to pick up, and a cluster to hand out a first executor.
REACH_SECONDS, EXECUTOR_SECONDS = 5.0, 60.0
# What answers depend on: not to be changed from outside.
FIXED = {
    "spark.sql.session.timeZone": "UTC",
    # Overflows and impossible casts are errors, as they are in DuckDB.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
}
# What `spark-defaults.conf` may say otherwise.
USUAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000000",
}
# Its own default, 200, is for clusters of hundreds of cores; ours follows the cores there are.
PARTITIONS = "spark.sql.shuffle.partitions"
_lock = threading.Lock()
_open: dict[tuple[int, str], Any] = {}


class ClusterMissing(RetryLater):
    """No Spark to ask: not installed, not reachable, or nothing free."""


def connection(masters: str) -> Any:
    """The process's SparkSession on `spark://host:port[,host:port]`; raises ClusterMissing."""
    key = (os.getpid(), masters)
    with _lock:
        known = _open.get(key)
        if known is None or known.sparkContext._jsc.sc().isStopped():
            _open[key] = known = _connect(masters)
        return known


def settle(session: Any) -> None:
    """What a new session does not take over from its connection."""
    for name, value in FIXED.items():
        session.conf.set(name, value)
    context = session.sparkContext
    if not context.getConf().contains(PARTITIONS):
        session.conf.set(PARTITIONS, str(max(2 * context.defaultParallelism, 4)))


def stop() -> None:
    """Give the cluster back what it lent to this process."""
    with _lock:
        while _open:
            _open.popitem()[1].stop()


def _connect(masters: str) -> Any:
    try:
        from pyspark import SparkConf
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise XiaoheError(
            "no_pyspark",
            _(
                'XIAOHE_ENGINE names a Spark cluster, but pyspark is missing: pip install "xiaohe[spark]"'
            ),
        ) from error
    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        raise XiaoheError(
            "no_java",
            _("XIAOHE_ENGINE names a Spark cluster, but Java 17 or newer is missing here."),
        )
    _reach(masters)
    # It tells of every connection it closes.
    logging.getLogger("py4j").setLevel(logging.ERROR)
    with _own_interrupt():
        configured = SparkConf()
        builder = SparkSession.builder.master(masters).appName("xiaohe")
        for name, value in FIXED.items():
            builder = builder.config(name, value)
        for name, value in USUAL.items():
            if not configured.contains(name):
                builder = builder.config(name, value)
        session = builder.getOrCreate()
    _await_executor(session, masters)
    return session


def _reach(masters: str) -> None:
    """Spark itself tries for a minute before it gives up."""
    for each in masters.removeprefix(SCHEME).split(","):
        host, _colon, port = each.rpartition(":")
        try:
            with closing(socket.create_connection((host, int(port)), REACH_SECONDS)):
                return
        except (OSError, ValueError):
            continue
    raise _missing(masters)


def _await_executor(session: Any, masters: str) -> None:
    context = session.sparkContext._jsc.sc()
    until = time.monotonic() + EXECUTOR_SECONDS
    # The driver counts itself.
    while context.getExecutorMemoryStatus().size() < 2:
        if time.monotonic() > until:
            session.stop()
            raise ClusterMissing(
                "cluster_full",
                _(
                    "The Spark cluster %(masters)s has no room: no executor within %(seconds)d seconds."
                    " Other programs may hold all its cores (spark.cores.max)."
                ),
                masters=masters,
                seconds=EXECUTOR_SECONDS,
            )
        time.sleep(0.1)


def _missing(masters: str) -> ClusterMissing:
    return ClusterMissing(
        "cluster_missing",
        _("No Spark master answers at %(masters)s. Start it, or unset XIAOHE_ENGINE."),
        masters=masters,
    )


@contextmanager
def _own_interrupt() -> Iterator[None]:
    """pyspark takes over Ctrl-C; how this process ends is its own affair."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
