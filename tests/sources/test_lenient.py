"""Files that lack a little are read all the same, and what is in doubt is said."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.sources.files import NEWER, csv_bytes, file, order, zip_bytes
from tests.sources.test_aftersales import NOW, imported
from tests.sources.test_bills import LONG, alipay, money
from xiaohe.kernel.errors import BadInput
from xiaohe.sources import importing


def test_an_alipay_bill_without_what_went_out_tells_what_came_in(
    place: Any, tmp_path: Path
) -> None:
    header = [name for name in LONG if not name.startswith("支出")]
    report = imported(tmp_path, header, [alipay(1, "交易付款", "100.00")], "alipay.csv")
    assert (report.format, report.accepted) == ("alipay_bill", 1)
    assert money("paid") == [(10_000,)]


def test_an_empty_table_beside_good_ones_is_passed_over(place: Any, tmp_path: Path) -> None:
    good = csv_bytes(NEWER, [order("1930000000000000001", paid="10.00")])
    both = zip_bytes({"a-empty.csv": b"", "b.csv": good, "notes/": b""})
    report = importing.run(file(tmp_path, "both.zip", both), now=NOW)
    assert report.accepted == 1


def test_nothing_but_empty_tables_is_refused(place: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        importing.run(file(tmp_path, "none.zip", zip_bytes({"a.csv": b"", "b.csv": b""})), now=NOW)
    assert refused.value.code == "empty_file"


def dated(folder: Path, *days: str) -> Any:
    rows = []
    for number, day in enumerate(days):
        row = order(f"193000000000000000{number}", paid="10.00")
        for name in row:
            if "时间" in name and row[name]:
                row[name] = f"{day} 10:00:00"
        rows.append(row)
    return imported(folder, NEWER, rows, "taobao.csv")


def test_days_that_may_be_months_are_said(place: Any, tmp_path: Path) -> None:
    report = dated(tmp_path, "07/05/2025", "08/05/2025")
    assert report.day_order
    assert "07/05/2026" in report.sentence
    assert importing.Report.from_json(report.as_json()).day_order == report.day_order


@pytest.mark.parametrize(
    ("days", "last"),
    [
        (("07/05/2025", "13/05/2025"), date(2025, 5, 13)),
        (("05/07/2025", "05/13/2025"), date(2025, 5, 13)),
        (("2025-05-07", "2025-05-13"), date(2025, 5, 13)),
    ],
)
def test_another_row_of_the_column_decides(
    place: Any, tmp_path: Path, days: tuple[str, str], last: date
) -> None:
    report = dated(tmp_path, *days)
    assert (report.accepted, report.day_order, report.last_on) == (2, "", last)
    assert report.first_on == date(2025, 5, 7)
    assert "07/05/2026" not in report.sentence
