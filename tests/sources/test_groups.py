"""Customer groups: a link from joining to leaving, whoever tells it, and staff are no customers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.sources.files import csv_bytes, file
from tests.sources.test_aftersales import facts_of, imported
from tests.sources.test_taobao import counts
from xiaohe.ledger import engine
from xiaohe.people import links
from xiaohe.people.overlay import person_of
from xiaohe.sources import importing

NOW = datetime(2025, 7, 1, tzinfo=UTC)
HEADER = ["群名称", "群主", "成员名称", "成员类型", "入群时间", "入群方式", "邀请人"]
LEFT = ["群名称", "成员名称", "退群时间", "退群方式"]


def member(name: str, day: int, **cells: str) -> dict[str, str]:
    return {
        "群名称": "猫粮福利一群",
        "成员名称": name,
        "成员类型": "外部联系人",
        "入群时间": f"2025-05-0{day} 10:00:00",
        "入群方式": "通过扫描群二维码入群",
        **cells,
    }


def live() -> list[tuple[str, bool]]:
    with engine.reading() as read:
        told = links.links(read, person_of(read)).to_pylist()
    return sorted((each["kind"], each["ended_at"] is None) for each in told)


def test_members_are_linked_until_a_list_says_they_left(place: object, tmp_path: Path) -> None:
    joined = imported(tmp_path, HEADER, [member("毛毛妈", 1), member("阿林", 1)], "members.csv")
    again = imported(tmp_path, HEADER, [member("毛毛妈", 1), member("阿林", 1)], "members.csv")
    gone = {
        "群名称": "猫粮福利一群",
        "成员名称": "阿林",
        "退群时间": "2025-06-01 09:00:00",
        "退群方式": "被移出群聊",
    }
    left = imported(tmp_path, LEFT, [gone], "left.csv")

    assert (joined.format, counts(joined), counts(again)) == (
        "group_members",
        {"accepted": 2},
        {"duplicate": 2},
    )
    assert counts(left) == {"accepted": 1}
    assert live() == [("group", False), ("group", True)]
    assert json.loads(facts_of("link.ended")[0]["props"]) == {"kind": "group", "ended_by": "staff"}
    importing.undo(left.import_id, now=NOW)
    assert live() == [("group", True), ("group", True)]


def test_a_group_and_a_friend_are_two_links_of_one_person(place: object, tmp_path: Path) -> None:
    contacts = ["客户名称", "添加人", "添加人账号", "添加时间", "来源", "外部联系人ID"]
    friend = {"客户名称": "毛毛妈", "添加人": "阿禾", "添加人账号": "ahe", "添加时间": "2025-04-01 10:00:00", "来源": "扫描二维码",
              "外部联系人ID": "wmAAAAAAAAAAAA1"}  # fmt: skip
    imported(tmp_path, contacts, [friend], "contacts.csv")
    header = [*HEADER, "外部联系人ID"]
    imported(
        tmp_path,
        header,
        [member("毛毛妈的群名片", 1, 外部联系人ID="wmAAAAAAAAAAAA1")],
        "members.csv",
    )

    assert live() == [("friend", True), ("group", True)]
    with engine.reading() as read:
        assert person_of(read).num_rows == 1


def test_staff_are_marked_and_broken_rows_told(place: object, tmp_path: Path) -> None:
    rows = [
        member("店长", 1, 成员类型="企业成员"),
        member("", 2),
        member("小李", 3, 群名称=""),
        member("小王", 3, 入群时间="不详"),
    ]

    report = importing.run(
        file(tmp_path, "members.csv", csv_bytes(HEADER, rows, "utf-8-sig")), now=NOW
    )

    assert counts(report) == {"accepted": 1, "no_name": 1, "no_account": 1, "bad_date": 1}
    assert facts_of("identity.marked")[0]["props"] == '{"as":"staff","on":"person"}'
