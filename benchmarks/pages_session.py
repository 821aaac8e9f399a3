"""A running `xiaohe up` and a signed-in visitor, for the benchmarks of pages and memory."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(http://\S+)/sign-in\?token=(\S+)")
START_SECONDS = 120.0


class Session:
    """`with Session(home) as visitor: visitor.get("/people")`."""

    def __init__(self, home: Path, *, port: int = 8790) -> None:
        self.home = home
        self._log = tempfile.NamedTemporaryFile("w+", suffix=".log")  # noqa: SIM115
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xiaohe", "up", "--port", str(port)],
            env=environment(home),
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            cwd=ROOT,
        )
        self.base, token = self._link()
        self.started_in = time.perf_counter() - began
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )
        self._seal = _seal(self.get(f"/sign-in?token={token}"))
        self._seal = _seal(self.post("/sign-in", token=token, next="/start"))

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)
        self._log.close()

    def get(self, path: str) -> str:
        return self._asked(path, None)

    def post(self, path: str, **fields: str) -> str:
        form = {**fields, "csrfmiddlewaretoken": self._seal}
        return self._asked(path, urllib.parse.urlencode(form).encode())

    def timed(self, path: str, **fields: str) -> float:
        """Milliseconds until the whole page is here; with fields, of a form sent."""
        began = time.perf_counter()
        self.post(path, **fields) if fields else self.get(path)
        return (time.perf_counter() - began) * 1000

    def _asked(self, path: str, body: bytes | None) -> str:
        headers = {"Accept-Language": "zh-CN", "Referer": self.base}
        request = urllib.request.Request(f"{self.base}{path}", body, headers)
        with self._opener.open(request, timeout=60) as response:
            return str(response.read().decode())

    def memory(self) -> dict[str, int]:
        """Proportional set size of each process, in bytes."""
        return {_named(number): _pss(number) for number in tree(self.process.pid)}

    def _link(self) -> tuple[str, str]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := LINK.search(Path(self._log.name).read_text()):
                return found[1], found[2]
            time.sleep(0.05)
        raise RuntimeError(f"up did not start:\n{Path(self._log.name).read_text()[-2000:]}")


def _seal(page: str) -> str:
    """The token against forged requests in a page's forms."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None, "a page without a form"
    return found[1]


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "XIAOHE_HOME": str(home), "LC_ALL": "C.UTF-8"}


def xiaohe(home: Path, *arguments: str) -> None:
    """One command over that folder."""
    command = [sys.executable, "-m", "xiaohe", *arguments]
    subprocess.run(command, env=environment(home), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def tree(number: int) -> list[int]:
    children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    return [number, *(each for child in children for each in tree(int(child)))]


def _named(number: int) -> str:
    words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    verb = words[words.index(b"xiaohe") + 1].decode() if b"xiaohe" in words else "?"
    return f"{verb} ({number})"


def _pss(number: int) -> int:
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{number}/smaps_rollup").read_text(), re.M)
    return int(found[1]) * 1024 if found else 0
