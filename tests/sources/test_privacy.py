"""A planted phone and name are nowhere in the data folder as bytes: not after an import, a reject or a crash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.files import CONTACTS, LEGACY, contact, csv_bytes, file, order
from xiaohe.kernel.errors import BadInput
from xiaohe.kernel.workspace import Workspace
from xiaohe.sources import importing

NOW = datetime(2025, 7, 1, tzinfo=UTC)
PHONE, NAME, MEMBER, NOTE = "13798765432", "欧阳静宜", "jingyi旅行者", "孩子九月生的"
SECRETS = [PHONE, NAME, MEMBER, NOTE, "193000000000004242"]


def orders(**cells: str) -> list[dict[str, str]]:
    planted = order(
        "193000000000004242", MEMBER, 联系手机=PHONE, 收货人姓名=NAME, 买家留言=NOTE, 订单备注=NOTE
    )
    return [planted, order("193000000000004243", MEMBER, 联系手机=PHONE, 收货人姓名=NAME, **cells)]


def leaks(home: Path) -> Iterator[tuple[str, Path]]:
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in SECRETS:
                for encoding in ("utf-8", "gbk", "utf-16-le", "utf-16-be"):
                    if secret.encode(encoding) in content:
                        yield f"{secret} as {encoding}", path


def test_nothing_direct_lies_in_the_data_folder(place: Workspace, tmp_path: Path) -> None:
    files = tmp_path / "given"
    files.mkdir()
    contacts = [contact(NAME, "2024-05-01 12:30:11", 手机=PHONE, 描述=f"{NOTE} 193000000000004242")]

    importing.run(
        file(files, f"{NAME}.csv", csv_bytes(LEGACY, orders(订单创建时间="?", 订单付款时间=PHONE))),
        now=NOW,
    )
    importing.run(file(files, "contacts.csv", csv_bytes(CONTACTS, contacts)), now=NOW)

    assert list((place.home / "rejects").iterdir())
    assert list(leaks(place.home)) == []


def test_nothing_direct_is_left_by_a_refused_or_crashed_import(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "given"
    files.mkdir()
    torn = csv_bytes(LEGACY, orders(订单创建时间="?")) + b'1,"never closed\n' + b"x,y\n" * 400_000

    with pytest.raises(BadInput) as refused:
        importing.run(file(files, "torn.csv", torn), now=NOW)

    assert refused.value.code == "broken_quotes"
    assert list(leaks(place.home)) == []

    class PowerCut(BaseException):
        pass

    def cut(*_: object, **__: object) -> None:
        raise PowerCut

    monkeypatch.setattr("xiaohe.ledger.bulk.Door.commit", cut)
    with pytest.raises(PowerCut):
        importing.run(file(files, "orders.csv", csv_bytes(LEGACY, orders())), now=NOW)
    assert list(leaks(place.home)) == []
