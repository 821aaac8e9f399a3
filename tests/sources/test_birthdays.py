"""Birthdays in files and from programs: as they are written, whose they are, and what is none."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.sources.files import CONTACTS, contact, csv_bytes, file
from tests.sources.test_aftersales import facts_of, imported
from tests.sources.test_taobao import counts
from xiaohe.people.days import Calendar, Day
from xiaohe.sources import birthdays, importing, writekeys
from xiaohe.sources.segment import taking

TODAY = date(2025, 7, 1)
NOW = datetime(2025, 7, 1, tzinfo=UTC)
SUN, MOON = Day(5, 20, 1990), Day(8, 15, 1990, Calendar.LUNAR)
MEMBERS = ["会员号", "会员姓名", "手机号", "生日", "会员等级", "开卡时间", "累计消费金额"]


def told() -> list[tuple[Any, ...]]:
    said = [json.loads(each["props"]) for each in facts_of("date.told")]
    names = ("calendar", "month", "day", "year")
    return sorted((tuple(each.get(name) for name in names) for each in said), key=str)


def member(number: str, birthday: str, **cells: str) -> dict[str, str]:
    return {"会员号": number, "会员姓名": f"会员{number}", "生日": birthday, "会员等级": "金卡",
            "开卡时间": "2024-03-01", **cells}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "day"),
    [
        *[(each, SUN) for each in ("1990-05-20", "1990/5/20", "1990年5月20日", "19900520", "1990.5.20", "公历1990-05-20",
                                   "1990-05-20 00:00:00", "1990-05-20T00:00:00.000Z", "1990-05-19T16:00:00Z",
                                   "1990-05-20T05:00:00Z", "1990-05-20T00:00:00+08:00", "90-5-20", "33013")],
        *[(each, Day(5, 20)) for each in ("05-20", "5月20日", "--05-20", "0520", "0000-05-20", "1604-05-20", "５月２０日")],
        *[(each, MOON) for each in ("农历1990年八月十五", "(农)1990-8-15", "阴历 1990.8.15", "lunar 1990-08-15", "1990年8月15日（农历）")],
        ("农历腊月廿九", Day(12, 29, None, Calendar.LUNAR)), ("正月初一", Day(1, 1, None, Calendar.LUNAR)),
        ("闰四月初八", Day(4, 8, None, Calendar.LUNAR)), ("2000-02-29", Day(2, 29, 2000)),
        ("", None), ("无", None), ("1900-01-01", None), ("1970-01-01", None), ("0001-01-01", None),
    ],
)  # fmt: skip
def test_a_birthday_as_it_is_written(written: str, day: Day | None) -> None:
    assert birthdays.read(written, TODAY) == day


@pytest.mark.parametrize(
    "written", ["2023-02-29", "2-30", "13-1", "下周", "x" * 100, "1990-05-20T99:00:00Z", "农历", "三十月初一", "2027-01-01", "5"]
)  # fmt: skip
def test_what_is_no_birthday_is_refused(written: str) -> None:
    with pytest.raises(birthdays.BadInput):
        birthdays.read(written, TODAY)


def test_a_list_of_members_tells_birthdays_once_and_says_which_are_none(
    place: object, tmp_path: Path
) -> None:
    rows = [
        member("1", "1990-05-20"),
        member("2", "农历八月十五"),
        member("3", "2023-02-29"),
        member("4", ""),
    ]
    report = imported(tmp_path, MEMBERS, rows, "members.csv")
    again = imported(tmp_path, MEMBERS, rows, "members.csv")

    assert (report.kind, counts(report), counts(again)) == (
        "members",
        {"accepted": 4},
        {"duplicate": 4},
    )
    assert "1 birthday is no day of the calendar" in report.sentence
    assert told() == [("lunar", 8, 15, None), ("solar", 5, 20, 1990)]
    assert len(facts_of("member.joined")) == 4
    for each in (report, again):
        importing.undo(each.import_id, now=NOW)
    assert told() == []


def test_contacts_and_recharges_tell_birthdays_too_and_the_later_list_is_right(
    place: object, tmp_path: Path
) -> None:
    header = [*CONTACTS, "生日"]
    for hours, birthday in enumerate(("5-21", "5-22", "5-21")):
        row = contact("毛毛妈", "2024-05-01 12:30:11") | {"生日": birthday}
        path = file(tmp_path, "contacts.csv", csv_bytes(header, [row], "utf-8-sig"))
        importing.run(path, now=NOW + timedelta(hours=hours))
    recharge = {
        "充值单号": "R1",
        "充值时间": "2025-05-01 10:00:00",
        "充值金额": "500",
        "会员号": "9",
        "会员生日": "1990-05-20",
    }
    imported(tmp_path, list(recharge), [recharge], "recharges.csv")

    assert told() == [("solar", 5, 20, 1990), ("solar", 5, 21, None), ("solar", 5, 22, None)]
    of_contact = [each for each in facts_of("date.told") if each["source"] == "wecom"]
    assert len({each["subject"] for each in of_contact}) == 1
    newest = max(of_contact, key=lambda each: each["occurred_at"])
    assert json.loads(newest["props"])["day"] == 22


def test_the_trait_birthday_of_identify_is_told_and_nonsense_is_left_out(place: object) -> None:
    source, _key = writekeys.add("segment", "our site", NOW)
    writer = writekeys.writer_for(source)
    said = ["1990-05-20", "1990-05-19T16:00:00.000Z", "soon", 19900520, None, "lunar 08-15"]
    for number, birthday in enumerate(said):
        message = {
            "type": "identify",
            "userId": f"u{number}",
            "messageId": f"m{number}",
            "traits": {"birthday": birthday},
        }
        for _twice in range(2):
            taking.take([message], writer, NOW)

    assert told() == [("lunar", 8, 15, None), ("solar", 5, 20, 1990), ("solar", 5, 20, 1990)]
    assert len(facts_of("identity.described")) == 6
