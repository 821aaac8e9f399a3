"""Workbooks, archives, other tables and undo with overlap: written by hand, counted by hand."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.acceptance.counting import BASE, Ask, counts, facts
from tests.acceptance.exports import (
    CONTACTS,
    CURRENT_ITEMS,
    LEGACY_ORDERS,
    NEWER_ORDERS,
    contact,
    csv,
    csv_text,
    order,
    xlsx,
    zipped,
)
from tests.acceptance.items import ITEM_FILES, ORDERS

# ---------------------------------------------------------------- workbooks and archives


def test_a_workbook_with_several_sheets(ask: Ask, tmp_path: Path) -> None:
    book = xlsx(
        tmp_path / "报表.xlsx",
        {
            "说明": (["本表由系统导出"], []),
            "订单报表": (NEWER_ORDERS, [{**row, "订单编号": str(row["订单编号"]), "买家实付金额": float(str(row["买家实付金额"]))} for row in ORDERS]),
            "销售明细": (CURRENT_ITEMS, [{**row, "子订单编号": str(row["子订单编号"]), "主订单编号": str(row["主订单编号"])} for row in ITEM_FILES["current"][1]]),
            "空": ([], []),
        },
    )  # fmt: skip
    report = ask("import", book)

    assert [part["format"] for part in report["parts"]] == ["taobao_orders", "taobao_items"]
    assert [counts(part) for part in report["parts"]] == [{"accepted": 2}, {"accepted": 4}]
    assert [part["money"]["paid"] for part in report["parts"]] == [8000, 9500]


def test_a_workbook_with_numbers_as_numbers(ask: Ask, tmp_path: Path) -> None:
    typed = {**order(BASE, "甲", "10.00", "2025-03-01"), "订单编号": 41000000000123,
             "订单创建时间": datetime(2025, 3, 1, 10), "买家实付金额": 10.0, "宝贝总数量": 2}  # fmt: skip  # noqa: DTZ001
    lost = {**typed, "订单编号": 410000000000000123}
    report = ask("import", xlsx(tmp_path / "数.xlsx", {"Sheet1": (NEWER_ORDERS, [typed, lost])}))

    # A number of 18 digits as a spreadsheet number has lost its last ones.
    assert counts(report) == {"accepted": 1, "damaged_number": 1}


def test_an_archive_with_both(ask: Ask, tmp_path: Path) -> None:
    friends = [contact("友", "man", "2025-01-01 10:00:00", 描述=str(BASE + 10))]
    archive = zipped(
        tmp_path / "全.zip",
        {
            "ExportOrderList.csv": csv_text(LEGACY_ORDERS, ORDERS).encode("gbk"),
            "外部联系人.csv": csv_text(CONTACTS, friends).encode("utf-8-sig"),
            "__MACOSX/._x.csv": b"\0\1",
            "readme.txt": "这里没有表".encode(),
        },
    )
    report = ask("import", archive)

    assert sorted(part["format"] for part in report["parts"]) == ["taobao_orders", "wecom_contacts"]
    assert [counts(part) for part in report["parts"]] in ([{"accepted": 2}, {"accepted": 1}], [{"accepted": 1}, {"accepted": 2}])  # fmt: skip
    assert ask("measure", "M01", "--as-of", "2025-04-01")["numerator"] == 1


def test_a_gzip_with_tabs_and_utf16(ask: Ask, tmp_path: Path) -> None:
    text = csv_text(LEGACY_ORDERS, ORDERS).replace(",", "\t")
    file = tmp_path / "orders.csv.gz"
    file.write_bytes(gzip.compress(text.encode("utf-16")))

    assert counts(ask("import", file)) == {"accepted": 2}


# ---------------------------------------------------------------- any other table


LINES = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID"]


def line(invoice: str, code: str, quantity: int, at: str, price: str, customer: str) -> Any:
    return dict(zip(LINES, (invoice, code, f"thing {code}", quantity, at, price, customer), strict=True))  # fmt: skip


def test_cancellations_find_their_sale_or_say_so(ask: Ask, tmp_path: Path) -> None:
    rows = [
        line("536365", "A", 6, "2025-03-01 08:26:00", "2.555", "17850"),
        line("536365", "A", 6, "2025-03-01 08:26:00", "2.555", "17850"),
        line("536366", "B", 2, "2025-03-02 08:26:00", "4.00", "17850"),
        line("C536379", "B", -1, "2025-03-03 08:26:00", "4.00", "17850"),
        line("C536380", "B", -2, "2025-03-04 08:26:00", "4.00", "17850"),
        line("C536381", "A", -7, "2025-03-04 08:27:00", "2.555", "17850"),
        line("536382", "C", -10, "2025-03-04 09:27:00", "0.00", ""),
        line("536383", "C", 3, "2025-03-04 10:27:00", "1.00", ""),
        line("C536384", "A", -6, "2025-03-05 10:27:00", "2.555", "17850"),
    ]
    report = ask("import", csv(tmp_path / "lines.csv", LINES, rows, "utf-8"), "--yes")

    assert counts(report) == {"accepted": 6, "cancellation_unlinked": 2, "stock_adjustment": 1}
    # Half-even per line: 15.33 twice, exactly 15.33; 8; 3.
    assert report["money_by_outcome"]["accepted"]["paid"] == 1533 * 2 + 800 + 300
    assert report["no_buyer"] == 2
    assert report["money_by_outcome"]["cancellation_unlinked"]["refunded"] == 800 + 1788
    again = ask("import", tmp_path / "lines.csv", "--yes")
    assert counts(again) == {"duplicate": 9}


def test_a_cancellation_in_a_later_file_and_its_undo(ask: Ask, tmp_path: Path) -> None:
    sale = csv(tmp_path / "1.csv", LINES, [
        line("536365", "A", 6, "2025-03-01 08:26:00", "2.50", "17850"),
        line("536366", "B", 1, "2025-03-02 08:26:00", "9.00", "17851"),
    ], "utf-8")  # fmt: skip
    back = csv(tmp_path / "2.csv", LINES, [
        line("536370", "B", 1, "2025-03-08 08:26:00", "9.00", "17851"),
        line("C536379", "A", -6, "2025-03-09 08:26:00", "2.50", "17850"),
    ], "utf-8")  # fmt: skip

    def spend() -> tuple[int, int]:
        told = ask("measure", "M24a", "--as-of", "2025-04-01")
        return told["numerator"], told["denominator"]

    ask("import", sale, "--yes")
    before = spend()
    report = ask("import", back, "--yes")

    assert before == (2400, 2)
    assert counts(report) == {"accepted": 2}
    assert spend() == (1800, 1)
    ask("undo", report["import_id"])
    assert spend() == before


def test_rows_without_an_order_number(ask: Ask, tmp_path: Path) -> None:
    header = ["客户编号", "消费时间", "金额"]
    rows = [("7", "2025-03-01", "20"), ("7", "2025-03-01", "20"), ("8", "2025-03-02", "5.005"), ("8", "2025-04-02", "5.015")]  # fmt: skip
    file = csv(tmp_path / "流水.csv", header, [dict(zip(header, r, strict=True)) for r in rows])

    report = ask("import", file, "--yes")

    assert counts(report) == {"accepted": 4}
    # Half-even: 5.005 → 5.00, 5.015 → 5.02.
    assert (report["money"]["paid"], report["money"]["paid_exact"]) == (5002, "50.02")
    assert counts(ask("import", file, "--yes")) == {"duplicate": 4}
    longer = csv(tmp_path / "再.csv", header, [dict(zip(header, r, strict=True)) for r in [*rows, rows[0]]])  # fmt: skip
    assert counts(ask("import", longer, "--yes")) == {"duplicate": 4, "accepted": 1}


# ---------------------------------------------------------------- undo with overlap


def test_undo_with_overlap_leaves_what_the_other_file_said(
    new_home: Any, inside: Any, tmp_path: Path
) -> None:
    a = [order(BASE + n, f"客{n % 3}", f"{n}.00", f"2025-03-{n:02}") for n in range(1, 9)]
    b = [order(BASE + n, f"客{n % 3}", f"{n}.00", f"2025-03-{n:02}") for n in range(5, 13)]
    files = csv(tmp_path / "a.csv", LEGACY_ORDERS, a), csv(tmp_path / "b.csv", LEGACY_ORDERS, b)

    def numbers(ask: Ask) -> Any:
        told = [ask("measure", m, "--as-of", "2025-04-01") for m in ("M24a", "M24b", "M04a")]
        due = ask("due", "--on", "2025-04-12")
        return facts(ask), told, sorted((str(row["keys"]), row["r"], row["n"], row["m"]) for row in due)  # fmt: skip

    with inside(new_home("both")) as ask:
        ask("import", files[0])
        assert counts(ask("import", files[1])) == {"duplicate": 4, "accepted": 4}
        ask("undo", 1)
        both = numbers(ask)
        listed = {row["id"]: row["state"] for row in ask("imports")}
        assert listed == {1: "undone", 2: "committed"}
        assert counts(ask("import", files[0])) == {"duplicate": 4, "accepted": 4}
    with inside(new_home("alone")) as ask:
        ask("import", files[1])
        alone = numbers(ask)
    assert both == alone
