"""A real Spark cluster of this machine: one master, two workers, each a process of its own, on loopback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

STARTS_WITHIN = 60.0


def lacking() -> str | None:
    """What this machine lacks for a cluster, in words; None if nothing."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed (the extra `spark`)"
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        return "Java is not installed (openjdk-17-jre-headless)"
    return None


class Cluster:
    """Processes of one cluster; `url` is what XIAOHE_ENGINE takes."""

    def __init__(self, folder: Path, worker_memory: str = "1g") -> None:
        self.folder, self.worker_memory = folder, worker_memory
        self.url = ""
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, workers: int = 2) -> None:
        log = self._launch(
            "master", "org.apache.spark.deploy.master.Master", "--port", "0", "--webui-port", "0"
        )
        self.url = self._await(log, lambda said: re.search(r"spark://127\.0\.0\.1:\d+", said))
        logs = [self.start_worker(number) for number in range(workers)]
        for log in logs:
            self._await(log, lambda said: re.search("Successfully registered with master", said))

    def start_worker(self, number: int) -> Path:
        return self._launch(
            f"worker-{number}",
            "org.apache.spark.deploy.worker.Worker",
            "--cores", "1", "--memory", self.worker_memory, "--webui-port", "0",
            "--work-dir", str(self.folder / f"work-{number}"),
            self.url,
        )  # fmt: skip

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def kill_worker(self, number: int) -> int:
        """Kill a worker and its executor with -9; returns how many executors went with it."""
        worker = self.processes[1 + number]
        executors = _children(worker.pid)
        for pid in [worker.pid, *executors]:
            os.kill(pid, signal.SIGKILL)
        worker.wait()
        return len(executors)

    def executors(self, number: int) -> list[int]:
        return _children(self.processes[1 + number].pid)

    def _launch(self, name: str, kind: str, *arguments: str) -> Path:
        from pyspark.find_spark_home import _find_spark_home

        home = _find_spark_home()
        log = self.folder / f"{name}.log"
        environment = {
            **os.environ,
            "SPARK_HOME": home,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            "SPARK_NO_DAEMONIZE": "1",
            "SPARK_CONF_DIR": str(self.folder),
        }
        with open(log, "wb") as out:
            process = subprocess.Popen(
                [f"{home}/bin/spark-class", kind, "--host", "127.0.0.1", *arguments],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env=environment,
                cwd=self.folder,
            )
        self.processes.append(process)
        return log

    def _await(self, log: Path, found: Callable[[str], re.Match[str] | None]) -> str:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            if match := found(log.read_text(errors="replace")):
                return match[0]
            if dead := [each for each in self.processes if each.poll() is not None]:
                raise RuntimeError(f"{dead[0].args!r} ended: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        raise RuntimeError(f"not started within {STARTS_WITHIN:g} s: {log.read_text()[-2000:]}")


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    everywhere = Path(f"/proc/{pid}/task").glob("*/children")
    found = {int(each) for path in [listed, *everywhere] for each in path.read_text().split()}
    return sorted(found | {below for each in found for below in _children(each)})


# What a small machine's cluster needs, in the file where an operator would write it. The Java options make short
# lives cheap: no late optimising, one thread for memory. A plan of fifty stages is not planned anew after each of
# them: over a few thousand rows that would be nine tenths of the time.
DEFAULTS = """
spark.driver.host                   127.0.0.1
spark.driver.bindAddress            127.0.0.1
spark.driver.memory                 640m
spark.driver.extraJavaOptions       -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.executor.memory               {executor_memory}
spark.executor.cores                1
spark.executor.extraJavaOptions     -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.executor.heartbeatInterval    2s
spark.shuffle.io.retryWait          200ms
spark.shuffle.io.maxRetries         2
spark.sql.shuffle.partitions        2
spark.sql.adaptive.enabled          false
"""


# More lines for that file, with ; between them, by hand: "spark.sql.adaptive.enabled true" asks everything of Spark as it
# comes, which takes three times as long.
SETTINGS = "XIAOHE_PARITY_SETTINGS"


def configure(folder: Path, executor_memory: str = "640m") -> None:
    settings = DEFAULTS.format(executor_memory=executor_memory)
    settings += os.environ.get(SETTINGS, "").replace(";", "\n")
    (folder / "spark-defaults.conf").write_text(settings)
