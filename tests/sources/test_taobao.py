"""Taobao exports through the import door: outcomes to the row, money to the penny, any order of files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sources.files import (
    CLOSED,
    ITEMS,
    LEGACY,
    NEWER,
    PAID,
    SHIPPED,
    SHORT,
    UNPAID,
    cells_of,
    csv_bytes,
    file,
    order,
    xlsx_bytes,
    zip_bytes,
)
from xiaohe.ledger import engine
from xiaohe.sources import importing
from xiaohe.sources.report import Report

NOW = datetime(2025, 7, 1, tzinfo=UTC)


def imported(folder: Path, header: Sequence[str], rows: list[dict[str, str]], **how: Any) -> Report:
    path = file(folder, how.pop("name", "orders.csv"), csv_bytes(header, rows, **how))
    return importing.run(path, now=NOW)


def counts(report: Report) -> dict[str, int]:
    found = {"accepted": report.accepted, "updated": report.updated, "duplicate": report.duplicate}
    found |= report.excluded | report.rejected
    assert report.read == sum(found.values())
    return {name: count for name, count in found.items() if count}


def facts() -> set[tuple[Any, ...]]:
    with engine.reading() as read:
        table = read.run(read.facts.drop("recorded_at", "import_id"))
    return {tuple(str(value) for value in row.values()) for row in table.to_pylist()}


ROWS = [
    order(193000000000000001, "小王", "128.00"),
    order(193000000000000002, "小李", "50.50", 订单状态=SHIPPED),
    order(193000000000000003, "小李", "0.00", 订单状态=UNPAID),
    order(193000000000000004, "小张", "0.00", 订单状态=CLOSED, 订单付款时间=""),
    order(193000000000000005, "王**", "20.00", 联系手机="138****0000"),
]  # fmt: skip


def test_an_order_list_adds_up(place: object, tmp_path: Path) -> None:
    report = imported(tmp_path, LEGACY, ROWS)

    assert counts(report) == {"accepted": 3, "unpaid": 1, "closed": 1}
    assert (report.read, report.no_buyer, report.buyers) == (5, 1, 2)
    assert report.money == {
        "paid": 19850,
        "refunded": 0,
        "currency": "CNY",
        "paid_exact": "198.50",
        "refunded_exact": "0.00",
    }
    assert sum(each["paid"] for each in report.money_by_outcome.values()) == 19850
    assert report.last_on == date(2025, 6, 1)
    assert report.masked_phone_share == 1.0
    assert "%(" not in report.sentence


def test_the_same_file_again_adds_nothing(place: object, tmp_path: Path) -> None:
    imported(tmp_path, LEGACY, ROWS)
    before = facts()

    again = imported(tmp_path, LEGACY, ROWS)

    assert counts(again) == {"duplicate": 5}
    assert facts() == before


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (UNPAID, PAID, "updated"),
        (UNPAID, CLOSED, "closed"),
        (SHIPPED, PAID, "updated"),
        (SHIPPED, CLOSED, "updated"),
        (PAID, SHIPPED, "duplicate"),
        (PAID, UNPAID, "duplicate"),
    ],
)
def test_a_later_state_of_a_known_order(
    before: str, after: str, outcome: str, place: object, tmp_path: Path
) -> None:
    number = 193000000000000009
    paid = {UNPAID: "0.00"}
    row = order(number, paid=paid.get(before, "9.00"), 订单状态=before)
    imported(tmp_path, LEGACY, [row])
    later = order(number, paid=paid.get(after, "9.00"), 订单状态=after)
    if (before, after) == (UNPAID, CLOSED):
        later |= {"买家实际支付金额": "0.00", "订单付款时间": ""}

    report = imported(tmp_path, LEGACY, [later])

    assert counts(report) == {outcome: 1}


def test_refunds_in_full_and_in_part(place: object, tmp_path: Path) -> None:
    first = imported(
        tmp_path,
        NEWER,
        [
            order(193000000000000001, paid="80.00", 退款金额="80.00"),
            order(193000000000000002, paid="80.00", 退款金额="30.00"),
            order(193000000000000003, paid="80元", 退款金额="无退款申请"),
        ],
    )
    later = imported(
        tmp_path,
        NEWER,
        [
            order(193000000000000001, paid="80.00", 退款金额="80.00"),
            order(193000000000000002, paid="80.00", 退款金额="80.00"),
            order(193000000000000003, paid="80.00", 退款金额="10.00"),
        ],
    )

    assert counts(first) == {"accepted": 2, "refunded": 1}
    assert first.money["refunded"] == 11000
    assert counts(later) == {"duplicate": 1, "updated": 2}


def test_any_order_of_files_folds_to_one_set_of_facts(place: object, tmp_path: Path) -> None:
    """Older after newer adds nothing, because a state states the ones before it."""
    older = [
        order(193000000000000001, 订单状态=SHIPPED),
        order(193000000000000002, "小李", "0.00", 订单状态=UNPAID),
    ]
    newer = [order(193000000000000001, 订单状态=PAID), order(193000000000000002, "小李", "7.00")]

    imported(tmp_path, LEGACY, newer)
    before = facts()
    report = imported(tmp_path, LEGACY, older)

    assert counts(report) == {"duplicate": 2}
    assert facts() == before


def test_the_quirks_of_exports_are_one_file(place: object, tmp_path: Path) -> None:
    imported(
        tmp_path, LEGACY, [order(193000000000000001, "小王", "1234.50", 联系手机="13812345678")]
    )

    again = imported(
        tmp_path,
        LEGACY,
        [
            order(
                '="193000000000000001"',
                " 小王 ",
                "￥1,234.50元",
                联系手机="'13812345678",
                订单创建时间="2025/6/1 10:00:00",
                订单状态="交易成功 ",
            )
        ],
        encoding="utf-8-sig",
        delimiter=";",
    )

    assert counts(again) == {"duplicate": 1}


def test_damaged_numbers_and_bad_cells_are_rejected_and_kept(place: object, tmp_path: Path) -> None:
    report = imported(
        tmp_path,
        LEGACY,
        [
            order("1.93E+17"),
            order("", paid="3.00"),
            order(193000000000000003, paid="不详"),
            order(193000000000000004, 订单创建时间="昨天", 订单付款时间="昨天"),
            order(193000000000000005),
        ],
    )

    assert counts(report) == {
        "accepted": 1,
        "damaged_number": 1,
        "no_order_number": 1,
        "bad_amount": 1,
        "bad_date": 1,
    }
    lines = b"".join(importing.rejected_rows(report.import_id)).decode("utf-8-sig").splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("订单编号,买家会员名")
    assert [line.rsplit(",", 1)[1] for line in lines[1:]] == [
        "damaged_number",
        "no_order_number",
        "bad_amount",
        "bad_date",
    ]


def test_totals_and_repeated_headers_are_not_data(place: object, tmp_path: Path) -> None:
    header = dict(zip(LEGACY, LEGACY, strict=True))
    rows = [
        order(193000000000000001),
        header,
        order(193000000000000002),
        {"订单编号": "合计", "总金额": "200.00"},
        {},
    ]

    first = imported(tmp_path, LEGACY, rows)
    again = imported(tmp_path, LEGACY, rows)

    assert counts(first) == {"accepted": 2, "not_data": 2}
    assert first.money["paid"] == 20000
    assert counts(again) == {"duplicate": 4}


def test_the_short_form_names_no_buyer_and_says_what_sells(place: object, tmp_path: Path) -> None:
    rows = [
        order(193000000000000001 + n, 订单创建时间=f"2025-06-{1 + 3 * n:02d} 09:00:00")
        for n in range(5)
    ]
    path = file(tmp_path, "short.csv", csv_bytes(SHORT, rows))

    assert "names no buyer" in importing.inspect(path).sentence
    report = importing.run(path, now=NOW)

    assert (report.accepted, report.no_buyer, report.buyers) == (5, 5, 0)
    assert report.goods == [{"title": "鸡肉猫粮", "lines": 5, "days": 5, "usual_gap_days": 3.0}]
    assert "names no buyer" in report.sentence
    assert "%" not in report.sentence


def item(sub: int, main: int, **cells: str) -> dict[str, str]:
    return {"子订单编号": str(sub), "主订单编号": str(main), "商品标题": "鸡肉猫粮", "价格": "40.00", "购买数量": "2",
            "商家编码": "CAT5", "订单状态": PAID, "买家实付金额": "80.00", "退款金额": "0.00",
            "订单创建时间": "2025-06-01 10:00:00", **cells}  # fmt: skip


def test_items_come_before_or_after_their_order(place: object, tmp_path: Path) -> None:
    items = [item(1001, 193000000000000001), item(1002, 193000000000000001)]

    before = imported(tmp_path, ITEMS, items)
    orders = imported(tmp_path, LEGACY, [order(193000000000000001, paid="160.00")])
    again = imported(tmp_path, ITEMS, items)
    refunded = imported(tmp_path, ITEMS, [item(1001, 193000000000000001, 退款金额="80.00")])

    assert counts(before) == {"accepted": 2}
    assert counts(orders) == {"accepted": 1}
    assert counts(again) == {"duplicate": 2}
    assert counts(refunded) == {"updated": 1}


def test_legacy_items_without_numbers_of_their_own_are_all_kept(
    place: object, tmp_path: Path
) -> None:
    header = [
        "订单编号",
        "标题",
        "价格",
        "购买数量",
        "外部系统编号",
        "商品属性",
        "套餐信息",
        "备注",
        "订单状态",
        "商家编码",
    ]
    row = {
        "订单编号": "193000000000000001",
        "标题": "猫粮",
        "价格": "9.90",
        "购买数量": "3",
        "订单状态": PAID,
    }

    report = imported(tmp_path, header, [row, row])
    again = imported(tmp_path, header, [row, row, row])

    assert counts(report) == {"accepted": 2}
    assert report.money["paid"] == 5940
    assert counts(again) == {"duplicate": 2, "accepted": 1}


def test_a_workbook_and_an_archive_say_the_same(place: object, tmp_path: Path) -> None:
    imported(tmp_path, LEGACY, ROWS)
    sheets: dict[str, list[list[object]]] = {
        "说明": [["导出说明", "请勿修改"]],
        "订单报表": [list(row) for row in cells_of(LEGACY, ROWS)],
    }

    workbook = importing.run(file(tmp_path, "a.xlsx", xlsx_bytes(sheets)), now=NOW)
    archive = zip_bytes({"b/订单.csv": csv_bytes(LEGACY, ROWS), "__MACOSX/x.csv": b"\0"})
    packed = importing.run(file(tmp_path, "a.zip", archive), now=NOW)
    zipped = importing.run(file(tmp_path, "o.csv.gz", csv_bytes(LEGACY, ROWS, "utf-16")), now=NOW)

    for report in (workbook, packed, zipped):
        assert counts(report) == {"duplicate": 5}
        assert report.money["paid"] == 19850


def test_a_number_typed_into_excel_is_damaged(place: object, tmp_path: Path) -> None:
    rows = cells_of(LEGACY, [order(1)])
    sheet: list[list[object]] = [list(row) for row in rows]
    sheet[1][0] = 1930000000000000000

    report = importing.run(file(tmp_path, "a.xlsx", xlsx_bytes({"订单报表": sheet})), now=NOW)

    assert counts(report) == {"damaged_number": 1}


def test_undo_with_overlap_equals_the_second_file_alone(place: object, tmp_path: Path) -> None:
    other = [*ROWS[2:], order(193000000000000008, "小赵", "9.90")]
    first = imported(tmp_path, LEGACY, ROWS)
    imported(tmp_path, LEGACY, other)

    importing.undo(first.import_id, now=NOW)
    left = facts()

    again = imported(tmp_path, LEGACY, other)
    assert counts(again) == {"duplicate": len(other)}
    assert facts() == left
    assert counts(imported(tmp_path, LEGACY, ROWS[:2])) == {"accepted": 2}
