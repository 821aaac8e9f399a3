# ruff: noqa: DTZ001  (the clock times that stand in files have no zone)
"""One cell at a time: what exports and spreadsheets do to a value, undone or refused, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.sources import cells
from xiaohe.sources.reasons import DOCS, LABELS, Excluded, Rejected


@pytest.mark.parametrize(
    ("cell", "exact"),
    [
        ("128.00", "128.00"),
        ("¥1,240.50", "1240.50"),
        ("１２．５元", "12.5"),
        ("12元", "12"),
        ("-3.20", "-3.20"),
        ("(3.20)", "-3.20"),
        ("¥-3", "-3"),
        ("499.00（系统计算中，该值仅供参考）", "499.00"),
        ("`0.30", "0.30"),
        ("1.5E-3", "0.0015"),
        ("¥ 12.50 元", "12.50"),
        ("1 240.50", "1240.50"),
        ("-", None),
        ("", None),
        ("无退款申请", None),
    ],
)
def test_money(cell: str, exact: str | None) -> None:
    assert cells.amount(cell) == (None if exact is None else Decimal(exact))


@pytest.mark.parametrize(
    "cell",
    [
        "不详",
        "3 或 5",
        "12-15",
        "1.2.3",
        "abc",
        "8 8 元左右",
        "8 8",
        "12 50",
        "1 2345",
        "12abc",
        "3折",
        "约3",
        "+86甲",
    ],
)
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="number"):
        cells.amount(cell)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ('="193001"', "193001"),
        ("\t193001", "193001"),
        ("'193001", "193001"),
        ("13085.0", "13085"),
        ("１２３", "123"),
        ("-", ""),
    ],
)
def test_numbers_of_orders_and_customers(cell: str, number: str) -> None:
    assert cells.number_text(cell) == number


def test_a_damaged_number_is_seen_and_a_goods_code_is_not() -> None:
    assert cells.is_damaged_number("1.93E+17")
    assert cells.is_damaged_number("2E+18")
    assert not cells.is_damaged_number("12E50")
    assert not cells.is_damaged_number("85123E")


@pytest.mark.parametrize(
    ("cell", "phone"),
    [
        ("'13812345678", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("86-13812345678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("138****5678", None),
        ("13812345678-1234", None),
        ("138123456781234", None),
        ("0571-88888888", None),
    ],
)
def test_phones(cell: str, phone: str | None) -> None:
    assert cells.complete_phone(cell) == phone


@pytest.mark.parametrize(
    ("cell", "at", "date_only"),
    [
        ("2025-06-28 21:04:09", datetime(2025, 6, 28, 21, 4, 9), False),
        ("2025/6/28 21:04", datetime(2025, 6, 28, 21, 4), False),
        ("2025年6月28日", datetime(2025, 6, 28), True),
        ("2025年6月28日 21时04分", datetime(2025, 6, 28, 21, 4), False),
        ("2025.06.28", datetime(2025, 6, 28), True),
        ("20250628", datetime(2025, 6, 28), True),
        ("2025-06-28T21:04:09", datetime(2025, 6, 28, 21, 4, 9), False),
        ("12/1/2010 8:26", datetime(2010, 12, 1, 8, 26), False),
        ("2025-06-28 下午3:04:09", datetime(2025, 6, 28, 15, 4, 9), False),
        ("12/1/09 7:45 PM", datetime(2009, 12, 1, 19, 45), False),
        ("1 Dec 2010", datetime(2010, 12, 1), True),
        ("40513.351388889", datetime(2010, 12, 1, 8, 26), False),
        ("40513", datetime(2010, 12, 1), True),
    ],
)
def test_times(cell: str, at: datetime, date_only: bool) -> None:
    assert cells.local_time(cell) == (at, date_only)


def test_a_time_with_its_own_offset_is_that_moment() -> None:
    assert cells.instant("2017-01-01T06:53:26Z") == datetime(2017, 1, 1, 6, 53, 26, tzinfo=UTC)
    assert cells.instant("2017-01-01 14:53:26+08:00") == datetime(2017, 1, 1, 6, 53, 26, tzinfo=UTC)
    assert cells.instant("2017-01-01 06:53:26") is None


@pytest.mark.parametrize(
    "cell", ["", "昨天", "2025-13-01", "2025-02-30", "25:10", "1234", "0000-00-00 00:00:00"]
)
def test_what_is_no_time(cell: str) -> None:
    assert cells.local_time(cell) is None


@given(st.text(max_size=30))
def test_no_cell_makes_the_reader_stumble(cell: str) -> None:
    cells.text(cell)
    cells.number_text(cell)
    cells.complete_phone(cell)
    cells.local_time(cell)
    try:
        cells.amount(cell)
    except ValueError:
        pass


def test_every_reason_is_published() -> None:
    assert {*Excluded, *Rejected} == LABELS.keys() == DOCS.keys()
