"""A planted phone, name, member name and remark are nowhere as bytes: not in the data folder, a backup or any output."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.acceptance.exports import (
    CONTACTS,
    LEGACY_ORDERS,
    NEWER_ORDERS,
    contact,
    csv,
    csv_text,
    order,
)
from tests.acceptance.home import Home
from tests.processes import first_port
from xiaohe.kernel.workspace import Workspace

PHONE, OTHER_PHONE = "13912340987", "18655501234"
NAME, MEMBER, NOTE = "慕容听雨", "tingyu云上人家", "孙女乳糖不耐要舒化的"
TYPED, REMARK = "诸葛问梅", "问梅姐七楼阳台"
NUMBER, BAD_NUMBER = "294000000000071234", "294000000000071235"
SECRETS = (PHONE, OTHER_PHONE, NAME, MEMBER, NOTE, TYPED, REMARK, NUMBER, BAD_NUMBER)
# UTF-16 with the bytes either way round; base64 and quoting are how addresses and headers hold text.
WAYS: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "gbk": lambda text: text.encode("gbk"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "escaped": lambda text: text.encode("unicode_escape"),
    "quoted": lambda text: urllib.parse.quote(text).encode(),
}
FOOTER_BYTES = 12  # magic, footer length, magic: less is no Parquet file yet
POINTS = ("after_write", "after_fsync", "before_commit", "after_commit")


def leaks(*places: Path) -> list[str]:
    """Every planted text found in files below `places`; columns of Parquet files are looked at unpacked as well."""
    found = []
    for path in (each for place in places for each in _files(place)):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            # Renamed or deleted by the running program since it was listed.
            continue
        # A file cut off in the middle has no end to read its columns by; one just begun is its four magic bytes.
        if path.suffix == ".parquet" and content.endswith(b"PAR1") and len(content) > FOOTER_BYTES:
            content += str(pq.read_table(path).to_pylist()).encode()
        found += [
            f"{secret} as {way} in {path}"
            for secret in SECRETS
            for way, written in WAYS.items()
            if written(secret) in content
        ]
    return found


def _files(place: Path) -> Iterator[Path]:
    """`place` itself or every file below it; os.walk, as folders come and go while the program runs."""
    if place.is_file():
        yield place
    for folder, _folders, names in os.walk(place):
        yield from (path for name in names if (path := Path(folder, name)).is_file())


def planted(folder: Path) -> tuple[Path, Path]:
    """An order list with one row that cannot be read, and a contact list; named after the person, as people do."""
    told = {"收货人姓名": NAME, "联系手机": PHONE, "买家留言": NOTE, "订单备注": NOTE}
    rows = [
        order(int(NUMBER), MEMBER, "128.00", "2025-05-20", **told),
        order(int(BAD_NUMBER), MEMBER, "十二块", "2025-05-21", **told),
        *(order(294000000000080000 + n, f"买家{n}", "30.00", "2025-05-01") for n in range(40)),
    ]
    friends = [
        contact(TYPED, "xiaoman", "2025-05-02 11:22:33", 手机=OTHER_PHONE, 备注=REMARK),
        contact(NAME, "xiaoman", "2025-05-02 11:25:00", 描述=f"{NOTE} {NUMBER} {PHONE}"),
    ]
    orders = csv(folder / f"{NAME}的订单.csv", LEGACY_ORDERS, rows)
    return orders, csv(folder / "朋友.csv", [*CONTACTS, "备注"], friends, "utf-16")


def test_the_search_would_find_it(tmp_path: Path) -> None:
    for number, written in enumerate(WAYS.values()):
        (tmp_path / f"{number}.bin").write_bytes(b"\0\xff" + written(NAME) + b"\0")

    assert len(leaks(tmp_path)) == len(WAYS)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    return folder


def test_nothing_is_left_lying_after_import_reject_search_and_backup(
    home: Home, given: Path, tmp_path: Path
) -> None:
    orders, contacts = planted(given)

    report = home.run("import", orders, contacts)
    home.ok("import", orders)
    for asked in (PHONE, NAME, MEMBER, NUMBER):
        # The answer itself names the person, and goes to who asked.
        assert home.ok("people", "find", asked, kept=False)["found"], asked
    home.run("people", "find", "不存在的诸葛问")
    backup = tmp_path / "saved.tar"
    home.ok("backup", backup)

    assert report.code == 0
    assert list((home.path / "rejects").iterdir())
    assert leaks(home.path, backup, backup.with_name("saved.tar.keys")) == []
    # A file's own name may be said to the person who gave it, and to nobody else.
    assert [each for each in leaks(home.said) if not each.startswith(NAME)] == []


def test_nothing_is_left_lying_by_undo(
    place: Workspace, ask: Callable[..., Any], given: Path
) -> None:
    orders, contacts = planted(given)
    ask("import", orders, contacts)
    assert ask("people", "find", NAME)["found"]

    ask("undo", 1)
    ask("undo", 2)

    assert ask("people", "find", NAME)["found"] == []
    assert leaks(place.home) == []


@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_left_lying_by_a_kill_in_an_import(home: Home, given: Path, point: str) -> None:
    orders, _contacts = planted(given)

    killed = home.run("import", orders, XIAOHE_CRASH_AT=point)

    assert killed.code == -signal.SIGKILL
    assert leaks(home.path) == []


def test_nothing_is_left_lying_by_a_kill_while_a_file_is_read(home: Home, given: Path) -> None:
    told = {"收货人姓名": NAME, "联系手机": PHONE, "买家留言": NOTE}
    rows = [
        order(295000000000000000 + n, MEMBER, "1.00" if n % 9 else "?", "2025-05-20", **told)
        for n in range(60_000)
    ]
    big = csv(given / "多.csv", LEGACY_ORDERS, rows)
    process = subprocess.Popen(
        [sys.executable, "-m", "xiaohe", "import", str(big)],
        env=home.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    staging = home.path / "lake" / "staging"
    deadline = time.monotonic() + 60
    seen: list[str] | None = None
    while time.monotonic() < deadline and process.poll() is None:
        # What lies there while it runs counts too: a power cut keeps exactly that.
        if staging.is_dir() and any(p.stat().st_size > FOOTER_BYTES for p in _files(staging)):
            os.kill(process.pid, signal.SIGSTOP)
            seen = leaks(home.path)
            break
        time.sleep(0.01)

    process.kill()

    assert process.wait() == -signal.SIGKILL
    assert seen == []
    assert leaks(home.path) == []


# ---------------------------------------------------------------- through the page


LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/sign-in\?token=(\S+)")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    """As much of a browser as this takes: cookies, forms, files."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    def get(self, path: str) -> str:
        with self._opener.open(self.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, path: str, *files: Path, **fields: str) -> tuple[str, str]:
        """The address it ends at, and the page there."""
        edge = uuid.uuid4().hex
        csrf = next((c.value or "" for c in self._jar if c.name.startswith("csrf")), "")
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in {"csrfmiddlewaretoken": csrf, **fields}.items()
        ]
        for file in files:
            head = (
                f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{file.name}"'
            )
            parts.append(f"{head}\r\nContent-Type: text/csv\r\n\r\n".encode())
            parts.append(file.read_bytes() + b"\r\n")
        parts.append(f"--{edge}--\r\n".encode())
        request = urllib.request.Request(
            self.url + path,
            b"".join(parts),
            {"Content-Type": f"multipart/form-data; boundary={edge}", "Referer": self.url + "/"},
        )
        with self._opener.open(request, timeout=30) as answer:
            return answer.url, answer.read().decode()


def test_nothing_is_left_lying_by_the_page(home: Home, given: Path) -> None:
    orders, contacts = planted(given)
    unknown = given / f"{NAME}.csv"
    unknown.write_text(f"什么,谁\n{NOTE},{MEMBER} {PHONE}\n", encoding="gbk")
    torn = given / "torn.csv"
    torn.write_bytes(
        csv_text(NEWER_ORDERS, [order(int(NUMBER), MEMBER, "1", "2025-05-20", 收货人姓名=NAME)]).encode()
        + b'"' + f"{NOTE}\n".encode() * 400_000
    )  # fmt: skip
    log = home.said / "up.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "xiaohe", "up", "--port", str(first_port(2))],
            env=home.environment(),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        found = _eventually(lambda: LINK.search(log.read_text()))
        browser = Browser(found[1])
        browser.get(f"/sign-in?token={found[2]}")
        browser.post("/sign-in", token=found[2])
        for file in (orders, contacts, unknown, torn):
            address, _page = browser.post("/uploads", file)
            assert leaks(home.path) == []
            path = address.removeprefix(browser.url)
            _eventually(lambda path=path: not _is_reading(browser.get(path)))  # type: ignore[misc]
            assert leaks(home.path) == []
        _eventually(lambda: NAME in browser.get("/people"))
        for asked in (NAME, PHONE, MEMBER, NUMBER, REMARK, "查无此人诸葛问梅"):
            browser.post("/people/search", q=asked)
        assert NAME in browser.post("/people/search", q=PHONE)[1]
        assert leaks(home.path, home.said) == []
        worker = _worker_of(process.pid)
        os.kill(worker, signal.SIGKILL)
        assert leaks(home.path, home.said) == []
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
    assert leaks(home.path, home.said) == []


def _is_reading(page: str) -> bool:
    return "hx-get" in page and "/uploads/progress" in page


def _eventually(look: Callable[[], object], seconds: float = 60) -> re.Match[str]:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)
    return found  # type: ignore[return-value]


def _worker_of(group: int) -> int:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(fields[2]) == group and b"worker" in words:
            return int(entry.name)
    raise AssertionError("no worker in the group")
