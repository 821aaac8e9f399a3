"""WeCom contact exports: a link per row, certain keys as evidence, nothing else leaves the vault."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.sources.files import CONTACTS, LEGACY, contact, csv_bytes, file, order, zip_bytes
from tests.sources.test_taobao import counts
from xiaohe.ledger import engine
from xiaohe.people import keys
from xiaohe.people.keys import Namespace
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


def test_tags_source_and_keys_of_a_wider_export(place: object, tmp_path: Path) -> None:
    header = [*CONTACTS[:-1], "标签组1(客户等级)", "标签组2（喜好）", "外部联系人ID"]
    row = contact(
        "毛毛妈",
        "2024-05-01 12:30:11",
        来源="名片分享",
        邮箱="mao@example.com",
        企业="毛毛宠物店",
        外部联系人ID="wmAAAAAAAAAAAA1",
        **{"标签组1(客户等级)": "VIP", "标签组2（喜好）": "鸡肉;13812345678，鱼"},
    )
    for _turn in range(2):
        path = file(tmp_path, "wide.csv", csv_bytes(header, [row], "utf-8-sig"))
        report = importing.run(path, now=NOW)

    assert counts(report) == {"duplicate": 1}
    tags = [json.loads(each["props"]) for each in facts_of("tag.added")]
    assert tags == [
        {"group": "客户等级", "tag": "VIP"},
        {"group": "喜好", "tag": "鸡肉"},
        {"group": "喜好", "tag": "[masked]"},
        {"group": "喜好", "tag": "鱼"},
    ]
    (link,) = facts_of("link.started")
    assert json.loads(link["props"]) == {"kind": "friend", "via": "export", "entry": "card_share"}
    seen = {json.loads(each["props"])["kind"] for each in facts_of("identity.seen")}
    assert seen == {"email", "external_userid"}


def test_a_claim_word_or_another_platforms_number_in_a_description(
    place: object, tmp_path: Path
) -> None:
    rows = [
        contact("甲", "2024-05-01 12:30:11", 描述="小河-7K3M9P"),
        contact("乙", "2024-05-01 12:30:12", 描述="抖音单 6920000000000000001"),
    ]
    imported(tmp_path, rows)

    seen = facts_of("identity.seen")
    spelled = str(keys.normalise(Namespace.CLAIM, "7K3M9P"))
    assert keys.hasher()(Namespace.CLAIM, spelled) in {each["other"] for each in seen}
    order_key = keys.hasher()(Namespace.ORDER, "douyin:6920000000000000001")
    assert order_key in {each["other"] for each in seen}
