"""WeCom contact exports: a link per row, certain keys as evidence, nothing else leaves the vault."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.sources.files import CONTACTS, LEGACY, contact, csv_bytes, file, order, zip_bytes
from tests.sources.test_taobao import counts
from xiaohe.ledger import engine
from xiaohe.people.overlay import person_of
from xiaohe.sources import importing
from xiaohe.sources.report import Report

NOW = datetime(2025, 7, 1, tzinfo=UTC)


def imported(folder: Path, rows: list[dict[str, str]]) -> Report:
    path = file(folder, "contacts.csv", csv_bytes(CONTACTS, rows, "utf-8-sig"))
    return importing.run(path, now=NOW)


def facts_of(type_name: str) -> list[dict[str, Any]]:
    with engine.reading() as read:
        return read.run(read.facts.filter(read.facts.type == type_name)).to_pylist()


def test_a_contact_seen_again_under_another_name_is_the_same_link(
    place: object, tmp_path: Path
) -> None:
    first = imported(
        tmp_path, [contact("毛毛妈", "2024-05-01 12:30:11"), contact("阿林", "2024-05-01 12:30:12")]
    )
    again = imported(
        tmp_path,
        [contact("毛毛妈 猫粮", "2024-05-01 12:30:11"), contact("阿林", "2024-05-01 12:30:12")],
    )

    assert counts(first) == {"accepted": 2}
    assert counts(again) == {"duplicate": 2}
    assert again.changed == 1
    assert len(facts_of("link.started")) == 2


def test_phone_and_order_number_recognise_the_buyer(place: object, tmp_path: Path) -> None:
    orders = [
        order(193000000000000001, "小王", 联系手机="13812345678"),
        order(193000000000000002, "小李", 联系手机="13912345678-1234"),
        order(193000000000000003, "小赵", 联系手机="138****0000"),
    ]
    contacts = [
        contact("王姐", "2024-05-01 12:30:11", 手机="13812345678"),
        contact("李姐", "2024-05-02 12:30:11", 描述="订单193000000000000002 要小包"),
        contact("赵姐 13912345678", "2024-05-03 12:30:11"),
    ]
    path = file(
        tmp_path,
        "both.zip",
        zip_bytes(
            {"a 联系人.csv": csv_bytes(CONTACTS, contacts), "z 订单.csv": csv_bytes(LEGACY, orders)}
        ),
    )

    report = importing.run(path, now=NOW)

    assert [part.kind for part in report.parts] == ["orders", "contacts"]
    assert (report.read, report.accepted) == (6, 6)
    with engine.reading() as read:
        assert person_of(read).num_rows == 2


def test_rows_without_time_or_account_are_rejected(place: object, tmp_path: Path) -> None:
    report = imported(
        tmp_path,
        [
            contact("甲", "很久以前"),
            contact("乙", "2024-05-01 12:30:11", 添加人="", 添加人账号=""),
            contact("丙", "2024/5/1 12:30"),
            {"客户名称": "合计", "描述": "3"},
        ],
    )

    assert counts(report) == {"accepted": 1, "bad_date": 1, "no_account": 1, "not_data": 1}
