"""A confirmed reading of unknown headings is remembered, follows its columns, and is asked again when they change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.files import csv_bytes, file
from tests.sources.test_aftersales import facts_of, money
from tests.sources.test_taobao import counts
from xiaohe.kernel.errors import BadInput, NotFound
from xiaohe.people import keys
from xiaohe.people.keys import Namespace
from xiaohe.sources import importing, saved
from xiaohe.sources.report import Report

NOW = datetime(2025, 7, 1, tzinfo=UTC)
HEADER = ["外卖单", "下单时刻", "顾客代号", "到手金额", "备注栏"]


def row(number: int, total: str = "30.00", **cells: str) -> dict[str, str]:
    return {
        "外卖单": f"5500000000{number}",
        "下单时刻": f"2025-06-0{number} 12:00:00",
        "顾客代号": f"K{number}",
        "到手金额": total,
        **cells,
    }


def path_of(folder: Path, header: Sequence[str], rows: list[dict[str, str]]) -> Path:
    return file(folder, "外卖.csv", csv_bytes(header, rows, "utf-8"))


ANSWERS = {"order_no": "外卖单", "time": "下单时刻", "buyer": "顾客代号", "amount": "到手金额"}


def confirmed(folder: Path, header: Sequence[str] = HEADER, **answers: str) -> Report:
    """Somebody says once what each column is, and whose export it is."""
    path = path_of(folder, header, [row(1), row(2)])
    mapping = importing.inspect(path).mapping
    assert mapping is not None
    return importing.run(path, mapping.changed(**{**ANSWERS, **answers}), now=NOW)


def test_the_second_file_of_the_same_headings_needs_no_question(
    place: object, tmp_path: Path
) -> None:
    first = confirmed(tmp_path, platform="美团")
    path = path_of(tmp_path, HEADER, [row(2), row(3, "45.00")])

    looked = importing.inspect(path)
    second = importing.run(path, now=NOW)

    assert (looked.needs_confirmation, looked.mapping) == (False, None)
    assert [first.source, second.source] == ["meituan", "meituan"]
    assert counts(second) == {"accepted": 1, "duplicate": 1}
    assert money("paid") == [(3_000,), (3_000,), (4_500,)]
    order_key = keys.hasher()(Namespace.ORDER, "meituan:55000000003")
    assert order_key in {each["order_key"] for each in facts_of("order.paid")}


def test_columns_are_found_by_name_wherever_they_stand(place: object, tmp_path: Path) -> None:
    confirmed(tmp_path)

    turned = [HEADER[4], HEADER[3], HEADER[0], HEADER[2], HEADER[1]]
    report = importing.run(path_of(tmp_path, turned, [row(3, "45.00")]), now=NOW)

    assert counts(report) == {"accepted": 1}
    assert (4_500,) in money("paid")


@pytest.mark.parametrize("changed", [[*HEADER, "新列"], HEADER[:4], ["外卖号", *HEADER[1:]]])
def test_changed_headings_ask_again(changed: list[str], place: object, tmp_path: Path) -> None:
    confirmed(tmp_path)

    with pytest.raises(BadInput):
        importing.run(path_of(tmp_path, changed, [row(3), row(4)]), now=NOW)


def test_a_kept_reading_can_be_changed_and_forgotten(place: object, tmp_path: Path) -> None:
    confirmed(tmp_path)
    path = path_of(tmp_path, HEADER, [row(3)])
    known = importing.inspect(path).remembered
    assert known is not None

    importing.run(path, known.changed(platform="eleme"), now=NOW)
    (kept,) = saved.listing()
    assert kept.told["platform"] == "eleme"

    saved.forget(kept.pk)
    assert saved.listing() == []
    with pytest.raises(NotFound):
        saved.forget(kept.pk)


def test_a_refused_file_is_not_remembered(place: object, tmp_path: Path) -> None:
    path = path_of(tmp_path, HEADER, [])
    with pytest.raises(BadInput):
        importing.run(path, now=NOW, yes=True)

    assert saved.listing() == []


def test_dates_that_can_only_be_read_otherwise_ask_again(place: object, tmp_path: Path) -> None:
    header = ["日期", "客户", "金额"]
    first = [{"日期": "03/14/2025", "客户": "a", "金额": "3"}]
    importing.run(path_of(tmp_path, header, first), now=NOW, yes=True)

    other = path_of(tmp_path, header, [{"日期": "14/03/2025", "客户": "a", "金额": "3"}])

    with pytest.raises(BadInput):
        importing.run(other, now=NOW)
