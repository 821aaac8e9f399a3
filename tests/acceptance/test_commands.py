"""Every command as a person types it, well and badly: one clear sentence, an exit code, nothing changed, no traceback."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.exports import LEGACY_ORDERS, csv, csv_text, order, xlsx
from tests.acceptance.home import Answer

Run = Callable[..., Answer]
ROWS = [order(510000000000000000 + n, f"客{n % 4}", "10.00", f"2025-0{1 + n % 5}-1{n % 9}") for n in range(30)]  # fmt: skip
TEXT = csv_text(LEGACY_ORDERS, ROWS)


# ---------------------------------------------------------------- files nobody can read


def _bad_zip(method: int = zipfile.ZIP_DEFLATED, flags: int = 0) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", method) as archive:
        archive.writestr("orders.csv", TEXT.encode("gbk"))
    content = bytearray(body.getvalue())
    if flags:
        # The bit that says "encrypted", in the local and in the central header.
        content[6] |= flags
        content[content.rindex(b"PK\x01\x02") + 8] |= flags
    return bytes(content)


def _bomb() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"{number}.csv", b"0" * 30_000_000)
    return body.getvalue()


def _xlsx(tmp_path: Path) -> bytes:
    typed = [{**row, "订单编号": str(row["订单编号"])} for row in ROWS]
    return xlsx(tmp_path / "whole.xlsx", {"订单": (LEGACY_ORDERS, typed)}).read_bytes()


# The beginning of an OLE container, which is how Excel keeps a workbook behind a password.
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 3000  # fmt: skip
BAD: dict[str, Callable[[Path], bytes]] = {
    "empty.csv": lambda _: b"",
    "blank.csv": lambda _: b"\r\n \r\n,,,\r\n",
    "only-headings.csv": lambda _: csv_text(LEGACY_ORDERS, []).encode("gbk"),
    "cut.csv.gz": lambda _: gzip.compress(TEXT.encode("gbk"))[:-200],
    "not.csv.gz": lambda _: b"\x1f\x8b" + b"\x07" * 300,
    "cut.zip": lambda _: _bad_zip()[:-120],
    "cut.xlsx": lambda folder: _xlsx(folder)[:-400],
    "cut-early.xlsx": lambda folder: _xlsx(folder)[:300],
    "encoding.csv": lambda _: TEXT.encode("gbk")[:4000] + b"\xff\xfe\xfa\x81\xff" * 200 + TEXT.encode("gbk")[4000:],
    "locked.zip": lambda _: _bad_zip(flags=1),
    "locked.xlsx": lambda _: OLE,
    "old.xls": lambda _: bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504 + "Workbook".encode("utf-16-le") + b"\0" * 3000,
    "bomb.zip": lambda _: _bomb(),
    "bomb.csv.gz": lambda _: gzip.compress(b"0" * 400_000_000, 9),
    "wide.csv": lambda _: (",".join(f"列{n}" for n in range(10_000)) + "\r\n" + "1," * 9_999 + "1\r\n").encode(),
    "picture.png": lambda _: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "words.csv": lambda _: "今天,天气\r\n真,好\r\n".encode("gbk"),
    "archive-in-archive.zip": lambda _: _nested(),
    "no-table.zip": lambda _: _zip_of({"a.txt": b"hello", "b.png": b"\x89PNG"}),
    "nothing.zip": lambda _: _zip_of({}),
    "open-quote.csv": lambda _: (TEXT + '"never closed,' + "x,y\r\n" * 300_000).encode("gbk"),
    "page.xls": lambda _: b"<html><table><tr><td>1</td></tr></table></html>",
    "null.csv": lambda _: b"\0" * 5000,
}  # fmt: skip


def _zip_of(members: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return body.getvalue()


def _nested() -> bytes:
    return _zip_of({"inner.zip": _bad_zip()})


@pytest.mark.parametrize("name", BAD)
def test_a_file_nobody_can_read(
    name: str, xiaohe: Run, ask: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    file.write_bytes(BAD[name](tmp_path))

    said = {}
    for language in ("en_US.UTF-8", "zh_CN.UTF-8"):
        monkeypatch.setenv("LANG", language)
        plainly = xiaohe("import", file, "--yes")
        in_json = xiaohe("import", file, "--yes", "--json")
        for answer in (plainly, in_json):
            assert answer.code == 2
            assert "Traceback" not in answer.out + answer.err
            assert len(answer.err.strip().splitlines()) == 1, answer.err
            # A compressed file may be told by the name of what it holds.
            assert file.name.removesuffix(".gz") in answer.err
            assert str(tmp_path) not in answer.err
        assert json.loads(in_json.out)["error"]["message"] == in_json.err.strip()
        said[language] = plainly.err
    assert "Nothing was changed." in said["en_US.UTF-8"]
    assert any("\u4e00" <= char <= "\u9fff" for char in said["zh_CN.UTF-8"])
    assert "Nothing" not in said["zh_CN.UTF-8"]
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert ask("imports") == []
    assert ask("facts", "count")["count"] == 0


def test_formulas_are_text_and_stay_text(xiaohe: Run, ask: Any, place: Any, tmp_path: Path) -> None:
    from xiaohe.sources import importing

    evil = '=HYPERLINK("http://x","y")'
    rows = [
        order(510000000000000001, evil, "10.00", "2025-03-01", 收货人姓名="@SUM(A1)"),
        order(510000000000000002, "+86甲", "=1+1", "2025-03-01"),
    ]
    report = ask("import", csv(tmp_path / "f.csv", LEGACY_ORDERS, rows))

    assert report["accepted"] == 1
    assert report["rejected"]["bad_amount"] == 1
    kept = b"".join(importing.rejected_rows(report["import_id"])).decode("utf-8-sig")
    assert "'=1+1" in kept
    assert "'+86" in kept


def test_one_bad_file_does_not_hold_up_the_others(xiaohe: Run, ask: Any, tmp_path: Path) -> None:
    good = csv(tmp_path / "good.csv", LEGACY_ORDERS, ROWS)
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"")

    answer = xiaohe("import", bad, good, "--json")

    assert answer.code == 2
    assert [each.get("accepted") for each in json.loads(answer.out)] == [None, 30]
    assert ask("facts", "count")["count"] > 0


# ---------------------------------------------------------------- commands


GOOD = [
    ("imports",),
    ("due", "--on", "2025-06-20"),
    ("people", "find", "客1"),
    ("people", "find", "查无此人"),
    ("measure", "M01"),
    ("measure", "M04"),
    ("measure", "M04a", "--as-of", "2025-06-01"),
    ("measure", "M24a", "--from", "2025-01-01", "--to", "2025-04-01"),
    ("measure", "M25", "--days", "90", "--by", "month"),
    ("measure", "M26", "--days", "180"),
    ("measure", "M02"),
    ("measure", "M03"),
    ("facts", "count"),
    ("facts", "count", "--type", "order.paid"),
    ("doctor",),
]
BAD_WORDS: list[tuple[tuple[str, ...], int]] = [
    (("due", "--on", "2025-13-40"), 2),
    (("due", "--on", "gestern"), 2),
    (("measure", "M99"), 3),
    (("measure", "M04", "--as-of", "20-01-01"), 2),
    (("measure", "M25", "--days", "viele"), 2),
    (("measure", "M25", "--days", "-5"), 2),
    (("measure", "M25", "--days", "0"), 2),
    (("measure", "M24a", "--from", "2025-05-01", "--to", "2025-01-01"), 2),
    (("undo", "77"), 3),
    (("undo", "first"), 2),
    (("import", "nowhere.csv"), 2),
    (("import", "."), 2),
    (("import",), 2),
    (("restore", "nowhere.tar"), 2),
    (("people", "find"), 2),
    (("people", "find", "x", "--limit", "0"), 2),
    (("people", "find", "x", "--limit", "-1"), 2),
    (("facts", "count", "--type", "order.imagined"), 2),
    (("fliegen",), 2),
    (("sample", "--out", "{folder}/out", "--size", "-1"), 2),
    (("lake", "export", "{folder}/good.csv"), 2),
    (("backup", "{folder}/nowhere/deep/file.tar"), 1),
]


@pytest.fixture
def shop(ask: Callable[..., Any], tmp_path: Path) -> Path:
    ask("import", csv(tmp_path / "good.csv", LEGACY_ORDERS, ROWS))
    return tmp_path


def test_every_command_answers_in_words_and_in_json(xiaohe: Run, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    for command in GOOD:
        for language in ("en_US.UTF-8", "zh_CN.UTF-8"):
            monkeypatch.setenv("LANG", language)
            said = xiaohe(*command)
            assert (said.code, said.err) == (0, ""), command
            assert said.out.strip(), command
        answer = xiaohe(*command, "--json")
        assert (answer.code, answer.err) == (0, ""), command
        json.loads(answer.out)


def test_every_slip_is_told_in_one_sentence(xiaohe: Run, ask: Any, shop: Path) -> None:
    before = ask("facts", "count")
    wrong = []
    for command, code in BAD_WORDS:
        for more in ((), ("--json",)):
            answer = xiaohe(*(word.format(folder=shop) for word in command), *more)
            # A slip of the words themselves is told after the usage.
            lines = [line for line in answer.err.strip().splitlines() if line[:1] not in (" ", "") and not line.startswith("usage")]  # fmt: skip
            if answer.code != code or "Traceback" in answer.err or len(lines) != 1:
                wrong.append((command, more, answer))
    assert not wrong, "\n".join(
        f"{c} {m} {a.code} {a.err[-300:]!r} {a.out[:80]!r}" for c, m, a in wrong
    )
    assert ask("facts", "count") == before


def test_undo_twice_is_refused(xiaohe: Run, ask: Any, shop: Path) -> None:
    ask("undo", 1)

    again = xiaohe("undo", 1, "--json")

    assert again.code == 4
    assert json.loads(again.out)["error"]["code"] == "not_undoable"
