"""Any other order table: a mapping proposed in words, lines that recognise each other, public shops to the penny."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.files import file, xlsx_bytes
from tests.sources.test_taobao import counts
from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import engine
from xiaohe.sources import importing
from xiaohe.sources.report import Report

NOW = datetime(2025, 7, 1, tzinfo=UTC)
FIRST_YEAR = [
    "Invoice",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "Price",
    "Customer ID",
    "Country",
]
SECOND_YEAR = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]

SALE = [
    "536365",
    "85123A",
    "WHITE HEART",
    "6",
    "2010-12-01 08:26:00",
    "2.55",
    "17850",
    "United Kingdom",
]
SAME = [
    "536366",
    "22633",
    "HAND WARMER",
    "6",
    "2010-12-01 08:28:00",
    "1.85",
    "17850",
    "United Kingdom",
]
BACK = [
    "C536379",
    "85123A",
    "WHITE HEART",
    "-2",
    "2010-12-13 09:41:00",
    "2.55",
    "17850",
    "United Kingdom",
]
ALONE = [
    "C536380",
    "D",
    "Discount",
    "-1",
    "2010-12-13 09:41:00",
    "27.50",
    "14527",
    "United Kingdom",
]
LOST = ["536589", "21777", "", "-10", "2010-12-13 16:50:00", "0.0", "", "United Kingdom"]
NOBODY = ["536414", "22139", "", "56", "2010-12-13 11:52:00", "0.125", "", "United Kingdom"]
ROWS = [SALE, SAME, SAME, BACK, ALONE, LOST, NOBODY]


def text(header: list[str], rows: list[list[str]]) -> bytes:
    lines = io.StringIO()
    csv.writer(lines).writerows([header, *rows])
    return lines.getvalue().encode()


def imported(
    folder: Path, header: list[str], rows: list[list[str]], name: str = "shop.csv"
) -> Report:
    return importing.run(file(folder, name, text(header, rows)), now=NOW, yes=True)


def american(rows: list[list[str]]) -> list[list[str]]:
    """The same rows as another export writes them: customer `17850.0`, US dates to the minute, long prices."""
    found = []
    for row in rows:
        at = datetime.fromisoformat(row[4])
        when = f"{at.month}/{at.day}/{at:%y} {at.hour}:{at.minute:02d}"
        customer = f"{row[6]}.0" if row[6] else ""
        found.append([*row[:3], row[3], when, f"{float(row[5]):.4f}", customer, row[7]])
    return found


def test_an_unknown_table_asks_before_it_is_read(place: object, tmp_path: Path) -> None:
    path = file(tmp_path, "shop.csv", text(SECOND_YEAR, ROWS))

    looked = importing.inspect(path)
    with pytest.raises(BadInput) as refused:
        importing.run(path, now=NOW)

    assert looked.needs_confirmation
    assert looked.mapping is not None
    assert looked.mapping.columns == {
        "order_no": "InvoiceNo",
        "buyer": "CustomerID",
        "time": "InvoiceDate",
        "quantity": "Quantity",
        "unit_price": "UnitPrice",
        "item": "StockCode",
        "title": "Description",
    }
    assert "“Quantity” × “UnitPrice”" in looked.sentence
    assert refused.value.code == "needs_confirmation"
    assert importing.run(path, looked.mapping, now=NOW).read == len(ROWS)


def test_lines_cancellations_and_corrections_are_told_apart(place: object, tmp_path: Path) -> None:
    report = imported(tmp_path, SECOND_YEAR, ROWS)

    assert counts(report) == {"accepted": 5, "cancellation_unlinked": 1, "stock_adjustment": 1}
    assert report.no_buyer == 2
    # 6 × 2.55 + 2 × 6 × 1.85 + 56 × 0.125; back: 2 × 2.55 + 27.50
    assert (report.money["paid"], report.money["refunded"]) == (4450, 3260)
    assert report.money_by_outcome["cancellation_unlinked"]["refunded"] == 2750


@pytest.mark.parametrize("as_workbook", [False, True])
def test_two_years_of_one_shop_recognise_each_other(
    as_workbook: bool, place: object, tmp_path: Path
) -> None:
    imported(tmp_path, SECOND_YEAR, ROWS)
    if as_workbook:
        typed: list[list[object]] = [
            [int(row[0]) if row[0].isdigit() else row[0], row[1], row[2], int(row[3]),
             datetime.fromisoformat(row[4]), float(row[5]), float(row[6]) if row[6] else None, row[7]]
            for row in ROWS
        ]  # fmt: skip
        path = file(tmp_path, "a.xlsx", xlsx_bytes({"Year 2009-2010": [list(FIRST_YEAR), *typed]}))
        again = importing.run(path, now=NOW, yes=True)
    else:
        again = imported(tmp_path, FIRST_YEAR, american(ROWS))

    assert counts(again) == {"duplicate": len(ROWS)}


def test_a_british_date_is_told_from_an_american_one(place: object, tmp_path: Path) -> None:
    header = ["Order ID", "Customer", "Date", "Amount"]
    british = [["1", "a", "03/04/2011", "5"], ["2", "b", "25/04/2011", "6"]]

    report = imported(tmp_path, header, british)

    assert str(report.first_on) == "2011-04-03"


def test_rows_without_a_number_are_orders_of_their_own(place: object, tmp_path: Path) -> None:
    header = ["customer_id", "date", "number_of_cds", "dollar_value"]
    rows = [["00001", "1997-01-01", "1", "11.77"], ["00001", "1997-01-01", "1", "11.77"]]

    report = imported(tmp_path, header, rows)
    again = imported(tmp_path, header, [*rows, rows[0]])

    assert counts(report) == {"accepted": 2}
    assert counts(again) == {"duplicate": 2, "accepted": 1}
    with engine.reading() as read:
        created = read.facts.filter(read.facts.type == "order.created")
        assert len(set(read.run(created)["order_key"].to_pylist())) == 3


def test_an_order_total_on_each_row_counts_once(place: object, tmp_path: Path) -> None:
    header = ["订单号", "客户编号", "下单时间", "商品名称", "订单金额"]
    rows = [
        ["A1001", "c1", "2025-03-01 10:00:00", "猫粮", "100.00"],
        ["A1001", "c1", "2025-03-01 10:00:00", "猫砂", "100.00"],
        ["A1002", "c2", "2025-03-02 10:00:00", "猫粮", "60.00"],
    ]
    path = file(tmp_path, "totals.csv", text(header, rows))
    proposed = importing.inspect(path)
    assert proposed.mapping is not None
    assert "per_order=no" in proposed.sentence

    report = importing.run(path, mapping=proposed.mapping, now=NOW)

    assert (report.read, report.accepted, report.duplicate) == (3, 2, 1)
    with engine.reading() as read:
        paid = read.facts.filter(read.facts.type == "order.paid")
        assert sorted(read.run(paid.select("amount"))["amount"].to_pylist()) == [6_000, 10_000]
    line_by_line = proposed.mapping.changed(per_order=False)
    assert "per_order" not in line_by_line.in_words()


def test_another_currency_is_listed_and_never_summed(place: object, tmp_path: Path) -> None:
    header = ["Order ID", "Customer", "Date", "Amount"]
    path = file(tmp_path, "pounds.csv", text(header, [["1", "a", "2011-04-03", "£5.10"]]))

    looked = importing.inspect(path)
    report = importing.run(path, now=NOW, yes=True)

    assert looked.mapping is not None
    assert looked.mapping.currency == "GBP"
    assert report.money["currency"] == "GBP"
    assert "never added" in report.sentence


def test_a_column_of_currencies_is_never_summed_across_them(place: object, tmp_path: Path) -> None:
    header = ["Order ID", "Customer", "Date", "Amount", "Currency"]
    rows = [
        ["1", "a", "2011-04-03", "5.10", "CNY"],
        ["2", "a", "2011-04-04", "7.00", "USD"],
        ["3", "b", "2011-04-05", "900", "JPY"],
    ]

    report = imported(tmp_path, header, rows)

    assert (report.money["paid"], report.money["currency"]) == (510, "CNY")
    assert report.other_currencies == {"USD": 700, "JPY": 900}
    with engine.reading() as read:
        items = read.run(read.facts.filter(read.facts.type == "order.item")).to_pylist()
    assert {(row["amount"], row["currency"]) for row in items} == {
        (510, "CNY"),
        (700, "USD"),
        (900, "JPY"),
    }


@pytest.mark.shared
def test_online_retail_reconciles_to_the_penny(place: object, shared_data: Path) -> None:
    path = shared_data / "online-retail" / "online_retail_2010_2011.csv.gz"

    report = importing.run(path, now=NOW, yes=True)

    assert report.read == 541_909
    assert report.no_buyer == 135_080
    assert report.accepted + report.excluded["cancellation_unlinked"] == 541_909 - 1_336
    assert report.excluded["stock_adjustment"] == 1_336
    assert report.money["paid"] - report.money["refunded"] == 974_774_793
    assert report.money["paid_exact"] == "10644560.424"
    assert report.money["refunded_exact"] == "896812.49"
    with engine.reading() as read:
        back = read.facts.filter(read.facts.type == "order.refunded")
        assert read.run(back).num_rows == 9_288


@pytest.mark.shared
def test_cdnow_reconciles(place: object, shared_data: Path) -> None:
    path = shared_data / "cdnow" / "cdnow_master_transactions.csv.gz"
    with gzip.open(path, "rt") as handle:
        cents = sum(round(float(row["dollar_value"]) * 100) for row in csv.DictReader(handle))

    report = importing.run(path, now=NOW, yes=True)

    assert (report.read, report.accepted, report.buyers) == (69_659, 69_659, 23_570)
    assert report.money["paid"] == cents
