"""The sample's files: exact figures, the same bytes every time, traps that cost no row, a second count."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.twin.measures import m04
from tests.twin.orders import Row, orders_of
from tests.twin.people import Contact, join, linked_people
from tests.twin.rhythm import picture
from xiaohe.simulator import sample
from xiaohe.simulator.taobao_file import HEADER

MONDAY = date(2025, 6, 30)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> sample.SampleFiles:
    return sample.write(tmp_path_factory.mktemp("sample"))


def truth_of(files: sample.SampleFiles) -> dict[str, Any]:
    assert files.truth is not None
    return json.loads(files.truth.read_text(encoding="utf-8"))


def test_default_seed_gives_the_shop_of_the_screens(files: sample.SampleFiles) -> None:
    truth = truth_of(files)
    orders, contacts = truth["orders"], truth["contacts"]
    assert [orders[name] for name in ("rows", "valid", "unpaid", "closed", "buyers")] == [
        5412,
        4930,
        170,
        312,
        3214,
    ]
    assert (contacts["friends"], contacts["recognised"]) == (1180, 412)
    assert contacts["by_description"] > 0.8 * 412
    assert contacts["by_phone"] > 0
    assert contacts["by_name"] > 0
    assert (truth["rhythm"]["due_this_week"], truth["rhythm"]["due_this_week_linked"]) == (37, 11)
    assert round(orders["masked_phones"] / orders["rows"], 2) == 0.92
    assert (orders["first_on"][:7], orders["last_on"]) == ("2023-03", "2025-06-28")


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    first, second = (sample.write(tmp_path / name, seed=5, buyers=300) for name in "ab")
    for name in ("orders", "contacts", "later_orders", "rough_orders", "rough_contacts"):
        assert getattr(first, name).read_bytes() == getattr(second, name).read_bytes()
    # Written down, so that another machine or another Python is compared with this one.
    assert sha256(first.orders.read_bytes()).hexdigest()[:16] == BYTES_OF_SEED_5


BYTES_OF_SEED_5 = "f2a4a51e627ab070"


@pytest.mark.parametrize(("seed", "buyers"), [(1, 500), (2, 3214), (3, 6000)])
def test_other_seeds_and_sizes_keep_the_shape(tmp_path: Path, seed: int, buyers: int) -> None:
    truth = truth_of(sample.write(tmp_path, seed=seed, buyers=buyers))
    share = buyers / 3214
    assert truth["orders"]["buyers"] == buyers
    assert truth["orders"]["rows"] == pytest.approx(5412 * share, abs=2)
    assert truth["contacts"]["recognised"] == pytest.approx(412 * share, abs=1)
    assert truth["rhythm"]["due_this_week"] == pytest.approx(37 * share, abs=3)
    assert truth["rhythm"]["due_this_week_linked"] == pytest.approx(11 * share, abs=2)


def test_traps_are_in_the_file(files: sample.SampleFiles) -> None:
    text = files.orders.read_bytes().decode("gbk")
    with open(files.orders, encoding="gbk", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(HEADER)
    assert {len(row) for row in rows} == {41}
    assert all(row[0].startswith('="') for row in rows[1:])
    assert all(row[16].startswith("'") for row in rows[1:])
    assert any(row[8].endswith("元") for row in rows[1:])
    assert any("," in row[8] for row in rows[1:])
    assert any("\n" in row[11] for row in rows[1:])
    assert any(row[1].startswith("\t") for row in rows[1:])
    assert "已付款，等待" in text
    assert "已付款,等待" in text
    assert sum(all(row[at] == " " for row in rows[1:]) for at in range(41)) == 4


def test_contacts_are_links_of_two_accounts(files: sample.SampleFiles) -> None:
    assert files.contacts.read_bytes().startswith(b"\xef\xbb\xbf")
    with open(files.contacts, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["添加人账号"] for row in rows} == {"店铺号1", "店铺号2"}
    assert len({(row["添加人账号"], row["添加时间"]) for row in rows}) == len(rows)


def test_the_twin_counts_the_same(files: sample.SampleFiles) -> None:
    truth = truth_of(files)
    orders = orders_of(twin_rows(files.orders))
    contacts = twin_contacts(files.contacts)
    label = join(orders, contacts)
    assert m04(orders, contacts, label, MONDAY, days=None) == (412, 3214)
    found = picture(orders, MONDAY)
    assert found.group_gap == truth["rhythm"]["group_gap"]
    assert found.first_return is None
    linked = linked_people(contacts, label)
    week = [
        person
        for person, state in found.people.items()
        if state.due_on and MONDAY <= state.due_on < date(2025, 7, 7)
    ]
    assert (len(week), len(linked.intersection(week))) == (37, 11)


def twin_rows(path: Path) -> list[Row]:
    """The Taobao list as twin rows, by a reading of our own."""
    states = {"等待买家付款": "unpaid", "交易关闭": "closed"}
    with open(path, encoding="gbk", newline="") as file:
        return [
            Row(
                at=datetime.fromisoformat(row["订单创建时间"]),
                paid_at=datetime.fromisoformat(row["订单付款时间"])
                if row["订单付款时间"]
                else None,
                buyer=row["买家会员名"].strip(),
                order_no=row["订单编号"].strip('="'),
                state=states.get(row["订单状态"], "paid"),
                paid=round(float(row["买家实际支付金额"].rstrip("元").replace(",", "")) * 100),
                quantity=float(row["宝贝总数量"]),
                phone=row["联系手机"].lstrip("'"),
            )
            for row in csv.DictReader(file)
        ]


def twin_contacts(path: Path) -> list[Contact]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [
            Contact(
                row["添加人账号"],
                datetime.fromisoformat(row["添加时间"]),
                tuple(
                    word
                    for text in (row["描述"], row["客户名称"])
                    for word in text.replace("订单号：", " ")
                    .replace("订单", " ")
                    .replace("单号", " ")
                    .split()
                    if word.isdigit() and len(word) >= 12
                ),
                (row["手机"],) if row["手机"] else (),
            )
            for row in csv.DictReader(file)
        ]
