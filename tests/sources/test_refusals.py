"""Files that cannot be used: one clear sentence each, and nothing changed."""

from __future__ import annotations

import gzip
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.files import LEGACY, csv_bytes, file, order, xlsx_bytes, zip_bytes
from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import engine, imports
from xiaohe.ledger.models import ImportState
from xiaohe.sources import importing

NOW = datetime(2025, 7, 1, tzinfo=UTC)
GOOD = csv_bytes(LEGACY, [order(1930000000000000001 + n, f"买家{n}") for n in range(40)])


def encrypted_zip() -> bytes:
    plain = zip_bytes({"orders.csv": GOOD})
    broken = bytearray(plain)
    central = plain.index(b"PK\x01\x02")
    broken[6] |= 1
    broken[central + 8] |= 1
    return bytes(broken)


def bomb() -> bytes:
    return zip_bytes({"orders.csv": b"0" * (200 << 20)})


TRAPS = {
    "empty": (b"", "empty_file"),
    "blank": (b"\r\n  \r\n", "empty_file"),
    "header only": (csv_bytes(LEGACY, []), "no_rows"),
    "broken gzip": (gzip.compress(GOOD * 50)[:-400], "truncated"),
    "broken zip": (zip_bytes({"orders.csv": GOOD * 50})[:-100], "truncated"),
    "cut in a row": (GOOD[: GOOD.rindex(b",", 0, len(GOOD) - 120)], "truncated"),
    "cut in a character": ("订单编号,买家会员名\n1,王".encode()[:-1], "truncated"),
    "utf-8 with gbk inside": (
        "订单编号,买家会员名\n".encode() + "1,王小明先生\n".encode("gbk") * 9,
        "wrong_encoding",
    ),
    "big5": ("訂單編號,買家會員名,訂單狀態\n".encode("big5") * 50, "wrong_encoding"),
    "junk": (bytes(range(256)) * 64, "not_a_table"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"x" * 2000, "not_a_table"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4000, "old_excel"),
    "protected excel": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 900 + "EncryptedPackage".encode("utf-16-le"),
        "protected",
    ),
    "protected zip": (encrypted_zip(), "protected"),
    "bomb": (bomb(), "bomb"),
    "gzip bomb": (gzip.compress(b"1,2\n" * (40 << 20)), "bomb"),
    "nested": (zip_bytes({"inner.zip": zip_bytes({"orders.csv": GOOD})}), "nested"),
    "zip of nothing": (zip_bytes({"photo.jpg": b"\xff\xd8\xff"}), "nothing_inside"),
    "ten thousand columns": (
        (",".join(f"c{n}" for n in range(10_000)) + "\n").encode() * 3,
        "too_many_columns",
    ),
    "open quote": (
        b'order,date,amount\n1,"2025-01-01,5\n' + b"2,2025-01-02,6\n" * 90_000,
        "broken_quotes",
    ),
    "no header": (b"1,2025-01-01,5\n2,2025-01-02,6\n", "unknown_table"),
    "no orders": ("城市,人口,面积\n杭州,1200,16850\n".encode(), "unknown_table"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_an_unusable_file_ends_in_a_sentence_and_changes_nothing(
    trap: str, place: object, tmp_path: Path
) -> None:
    content, code = TRAPS[trap]
    path = tmp_path / "表.csv"
    path.write_bytes(content)

    with pytest.raises(BadInput) as refused:
        importing.run(path, now=NOW, yes=True)

    assert refused.value.code == code
    assert "表.csv" in str(refused.value)
    assert "%(" not in str(refused.value)
    assert not imports.listing(states=[ImportState.COMMITTED])
    with engine.reading() as read:
        assert read.run(read.facts.count().as_table()).to_pylist()[0].popitem()[1] == 0


def test_a_damaged_workbook_is_refused(place: object, tmp_path: Path) -> None:
    whole = xlsx_bytes({"订单报表": [list(LEGACY)] * 3})
    path = file(tmp_path, "a.xlsx", whole[: len(whole) // 2])

    with pytest.raises(BadInput) as refused:
        importing.run(path, now=NOW)

    assert refused.value.code == "truncated"


def test_a_refused_member_takes_the_whole_archive_back(place: object, tmp_path: Path) -> None:
    torn = GOOD + b'1,"never closed\n' + b"x,y\n" * 400_000
    path = file(tmp_path, "both.zip", zip_bytes({"a.csv": GOOD, "b.csv": torn}))

    with pytest.raises(BadInput) as refused:
        importing.run(path, now=NOW)

    assert refused.value.code == "broken_quotes"
    assert not imports.listing(states=[ImportState.COMMITTED])


def test_a_lying_archive_is_stopped_while_it_unpacks(
    place: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(tmp_path, "a.zip", zip_bytes({"orders.csv": GOOD * 2000}))
    monkeypatch.setattr("xiaohe.sources.readers.limits.FREE_BYTES", 100_000)
    monkeypatch.setattr("xiaohe.sources.readers.limits.MOST_RATIO", 2)
    monkeypatch.setattr("xiaohe.sources.readers.unpack.check_members", lambda members, name: None)

    with pytest.raises(BadInput) as refused:
        importing.run(path, now=NOW)

    assert refused.value.code == "bomb"
    assert zipfile.is_zipfile(path)
