"""Tables of what work cost: per day, channel and kind; equal rows of a file are two costs, a file twice is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.test_aftersales import facts_of, imported
from tests.sources.test_taobao import counts
from xiaohe.sources.rows.costs import What, what_of

HEADER = ["日期", "渠道", "成本类型", "金额", "分钟", "批次"]


def cost(day: int, channel: str, what: str, amount: str = "", **cells: str) -> dict[str, str]:
    return {"日期": f"2025-06-0{day}", "渠道": channel, "成本类型": what, "金额": amount, **cells}


def test_money_and_minutes_find_their_channel(place: object, tmp_path: Path) -> None:
    rows = [
        cost(1, "抖音直播", "投放", "¥1,200.00"),
        cost(1, "包裹卡", "印刷", "300", 批次="A12"),
        cost(2, "企业微信社群", "人工", "", 分钟="90"),
        cost(2, "某某论坛", "", "50"),
        {"日期": "合计", "金额": "1550"},
    ]

    report = imported(tmp_path, HEADER, rows, "costs.csv")

    assert (report.format, report.kind) == ("costs", "costs")
    assert counts(report) == {"accepted": 4, "not_data": 1}
    found = [(each["amount"], json.loads(each["props"])) for each in facts_of("cost.recorded")]
    assert found[0] == (
        120_000,
        {"what": "ads", "source_type": "short_video", "platform": "douyin", "entry": "live"},
    )
    assert found[1] == (30_000, {"what": "print", "entry": "parcel_card", "code": "A12"})
    assert found[2] == (
        None,
        {
            "what": "staff",
            "minutes": 90,
            "source_type": "wechat",
            "platform": "wecom",
            "entry": "group",
        },
    )
    assert found[3] == (5_000, {"what": "other"})


def test_equal_rows_are_two_costs_and_the_file_again_is_none(place: object, tmp_path: Path) -> None:
    rows = [cost(1, "抖音", "投放", "100"), cost(1, "抖音", "投放", "100")]

    first, again = (imported(tmp_path, HEADER, rows, f"{n}.csv") for n in "ab")

    assert (counts(first), counts(again)) == ({"accepted": 2}, {"duplicate": 2})
    assert len(facts_of("cost.recorded")) == 2


def test_a_cost_of_nothing_cannot_be_read(place: object, tmp_path: Path) -> None:
    rows = [
        cost(1, "抖音", "投放"),
        cost(1, "抖音", "投放", "很多"),
        cost(1, "抖音", "人工", 分钟="许久"),
    ]

    assert counts(imported(tmp_path, HEADER, rows, "costs.csv")) == {"bad_amount": 3}


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("直通车推广", What.ADS),
        ("卡片印刷", What.PRINT),
        ("小样赠品", What.BAIT),
        ("房租", What.OTHER),
    ],
)
def test_words_of_costs(word: str, what: What) -> None:
    assert what_of(word) is what
