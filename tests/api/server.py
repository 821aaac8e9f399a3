"""A real server and worker over one folder, to be killed and started again: what SDKs of other makers talk to."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from tests.processes import free_port, status, until


class Server:
    """`xiaohe web` and `xiaohe worker` on one port, each in a process group of its own."""

    def __init__(self, home: Path, logs: Path, url: str = "") -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log_files = [logs / "web.log", logs / "worker.log"]
        self._environment = {
            **os.environ,
            "XIAOHE_HOME": str(home),
            "XIAOHE_DATABASE_URL": url,
            "XIAOHE_LANGUAGE": "en",
        }
        self._parts: dict[str, tuple[subprocess.Popen[bytes], IO[bytes]]] = {}

    def __enter__(self) -> Server:
        self.command("prepare")
        self.start_web()
        self._start("worker", self.log_files[1])
        return self

    def __exit__(self, *_error: Any) -> None:
        for name in list(self._parts):
            self._kill(name)

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "xiaohe", *arguments],
            env=self._environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def kill_web(self) -> None:
        """-9, to the server and to its own child alike."""
        self._kill("web")

    def start_web(self) -> None:
        self._start("web", self.log_files[0], "--port", str(self.port))
        log = self.log_files[0]
        assert until(lambda: status(self.address + "/healthz") == 200), log.read_text()

    def memory_mb(self, name: str, counted: str = "Pss:") -> float:
        """Proportional memory of one part and its children; `Pss_Anon:` leaves mapped files out."""
        group = self._parts[name][0].pid
        total = 0
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                if os.getpgid(int(folder.name)) == group:
                    lines = (folder / "smaps_rollup").read_text().splitlines()
                    total += next(
                        int(line.split()[1]) for line in lines if line.startswith(counted)
                    )
        return total / 1024

    def _start(self, name: str, log: Path, *arguments: str) -> None:
        file = open(log, "ab")  # noqa: SIM115 (closed when the part is killed)
        process = subprocess.Popen(
            [sys.executable, "-m", "xiaohe", name, *arguments],
            env=self._environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._parts[name] = (process, file)

    def _kill(self, name: str) -> None:
        process, file = self._parts.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
        file.close()
