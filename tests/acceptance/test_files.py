"""Files written here by hand, counted by hand: the report to the row and to the penny, sentence by sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.counting import BASE, Ask, as_text, counts, facts
from tests.acceptance.exports import (
    CLOSED,
    CONTACTS,
    CURRENT_ITEMS,
    DONE,
    LEGACY_ORDERS,
    NEWER_ORDERS,
    SENT,
    SHORT_ORDERS,
    TO_SEND,
    UNPAID,
    contact,
    csv,
    order,
    xlsx,
)
from tests.acceptance.items import ITEM_FILES, ORDERS

# ---------------------------------------------------------------- order list, newer form


def test_the_newer_form(ask: Ask, tmp_path: Path) -> None:
    rows = [
        order(BASE + 1, "甲", "88.80", "2025-03-01", 退款金额="无退款申请"),
        order(BASE + 2, "甲", "1,288.00", "2025-03-02", SENT),
        order(BASE + 3, "乙", "60.00", "2025-03-03", 退款金额="20.50"),
        order(BASE + 4, "乙", "60.00", "2025-03-04", 退款金额="60.00"),
        order(BASE + 5, "丙", "35.00", "2025-03-05", UNPAID),
        order(BASE + 6, "丙", "0.00", "2025-03-05", CLOSED),
        order(BASE + 7, "丁", "45.00", "2025-03-06", CLOSED, 退款金额="45.00"),
        order(BASE + 8, "", "12.00", "2025-03-07", TO_SEND),
        order(BASE + 9, "王**", "13.00元", "2025-03-08"),
        {**order(0, "戊", "9.00", "2025-03-09"), "订单编号": "4.1E+17"},
        order(BASE + 11, "戊", "九块", "2025-03-09"),
        order(BASE + 12, "戊", "9.00", "三月九日"),
        {**order(0, "戊", "9.00", "2025-03-09"), "订单编号": ""},
        {"订单编号": "合计", "买家实付金额": "1,610.80"},
        {name: name for name in NEWER_ORDERS},
        order(BASE + 16, "己", "0.00", "2025-03-10"),
    ]
    report = ask("import", csv(tmp_path / "新.csv", NEWER_ORDERS, rows))

    assert report["format"] == "taobao_orders"
    assert counts(report) == {
        "accepted": 6, "unpaid": 1, "closed": 2, "refunded": 1, "not_data": 2,
        "damaged_number": 1, "bad_amount": 1, "bad_date": 1, "no_order_number": 1,
    }  # fmt: skip
    assert report["no_buyer"] == 2
    assert report["buyers"] == 3
    outcome = report["money_by_outcome"]
    # 88.80 + 1288 + 60 + 12 + 13 + 0
    assert (outcome["accepted"]["paid"], outcome["accepted"]["refunded"]) == (146180, 2050)
    assert (outcome["refunded"]["paid"], outcome["refunded"]["refunded"]) == (6000, 6000)
    assert (outcome["closed"]["paid"], outcome["closed"]["refunded"]) == (4500, 4500)
    assert report["money"]["currency"] == "CNY"
    assert ask("measure", "M24a", "--as-of", "2025-04-01")["denominator"] == 3
    assert ask("measure", "M24b", "--as-of", "2025-04-01")["numerator"] == 146180 - 2050


def test_every_row_of_a_re_import_is_a_duplicate(ask: Ask, tmp_path: Path) -> None:
    rows = [
        order(BASE + 1, "甲", "10.00", "2025-03-01"),
        order(BASE + 2, "甲", "10.00", "2025-03-02", UNPAID),
        order(BASE + 3, "甲", "0.00", "2025-03-02", CLOSED),
        order(BASE + 4, "甲", "10.00", "2025-03-02", 退款金额="10.00"),
        {"订单编号": "合计", "买家实付金额": "30.00"},
        {name: name for name in NEWER_ORDERS},
        order(BASE + 5, "", "3.00", "2025-03-03"),
        {**order(0, "戊", "9.00", "2025-03-09"), "订单编号": "4.1E+17"},
    ]
    file = csv(tmp_path / "a.csv", NEWER_ORDERS, rows)
    first = ask("import", file)
    before = facts(ask)

    again = ask("import", file)
    same_as_xlsx = ask(
        "import",
        xlsx(tmp_path / "a.xlsx", {"订单报表": (NEWER_ORDERS, as_text([*rows[:4], *rows[6:7]]))}),
    )

    assert counts(first) == {
        "accepted": 2, "unpaid": 1, "closed": 1, "refunded": 1, "not_data": 2, "damaged_number": 1,
    }  # fmt: skip
    assert counts(again) == {"duplicate": 7, "damaged_number": 1}
    assert counts(same_as_xlsx) == {"duplicate": 5}
    assert facts(ask) == before
    assert again["money"] == first["money"]


STEPS = [
    # before → after, the outcome of the later row
    ((UNPAID, "10.00", "0"), (DONE, "10.00", "0"), "updated"),
    ((UNPAID, "10.00", "0"), (CLOSED, "0.00", "0"), "closed"),
    ((TO_SEND, "10.00", "0"), (SENT, "10.00", "0"), "updated"),
    ((SENT, "10.00", "0"), (DONE, "10.00", "0"), "updated"),
    ((DONE, "10.00", "0"), (DONE, "10.00", "4.00"), "updated"),
    ((DONE, "10.00", "4.00"), (DONE, "10.00", "10.00"), "updated"),
    ((DONE, "10.00", "0"), (CLOSED, "10.00", "10.00"), "updated"),
    ((SENT, "10.00", "0"), (SENT, "9.00", "0"), "updated"),
    ((CLOSED, "0.00", "0"), (CLOSED, "0.00", "0"), "duplicate"),
    ((UNPAID, "10.00", "0"), (DONE, "10.00", "10.00"), "updated"),
]


@pytest.mark.parametrize(("before", "after", "outcome"), STEPS)
def test_a_known_order_in_another_state(
    before: tuple[str, str, str],
    after: tuple[str, str, str],
    outcome: str,
    ask: Ask,
    tmp_path: Path,
) -> None:
    def file(name: str, state: tuple[str, str, str]) -> Path:
        status, paid, refunded = state
        row = order(BASE + 1, "甲", paid, "2025-03-01", status, 退款金额=refunded)
        return csv(tmp_path / name, NEWER_ORDERS, [row])

    ask("import", file("1.csv", before))

    assert counts(ask("import", file("2.csv", after))) == {outcome: 1}


def test_both_orders_of_two_exports_give_the_same_numbers(
    new_home: Any, inside: Any, tmp_path: Path
) -> None:
    early = [
        order(BASE + 1, "甲", "10.00", "2025-03-01", UNPAID),
        order(BASE + 2, "甲", "20.00", "2025-03-02", SENT),
        order(BASE + 3, "乙", "30.00", "2025-03-03", DONE),
        order(BASE + 4, "乙", "40.00", "2025-03-04", UNPAID),
    ]
    late = [
        order(BASE + 1, "甲", "10.00", "2025-03-01", DONE),
        order(BASE + 2, "甲", "20.00", "2025-03-02", DONE, 退款金额="5.00"),
        order(BASE + 3, "乙", "30.00", "2025-03-03", CLOSED, 退款金额="30.00"),
        order(BASE + 4, "乙", "0.00", "2025-03-04", CLOSED),
        order(BASE + 5, "丙", "50.00", "2025-03-05", TO_SEND),
    ]
    files = [csv(tmp_path / "a.csv", NEWER_ORDERS, early), csv(tmp_path / "b.csv", NEWER_ORDERS, late)]  # fmt: skip
    seen = []
    for name, sequence in (("ab", files), ("ba", files[::-1]), ("aba", [*files, files[0]])):
        with inside(new_home(name)) as ask:
            for file in sequence:
                counts(ask("import", file))
            seen.append(
                [
                    {k: v for k, v in ask("measure", m, "--as-of", "2025-04-01").items() if k != "as_of"}
                    for m in ("M24a", "M24b", "M04a")
                ]
            )  # fmt: skip
    assert seen[0] == seen[1] == seen[2]
    # 甲: 10 + 15; 丙: 50; 乙 has nothing left.
    assert (seen[0][0]["numerator"], seen[0][0]["denominator"]) == (7500, 2)


# ---------------------------------------------------------------- item lists


@pytest.mark.parametrize("form", ITEM_FILES)
@pytest.mark.parametrize("first", ["items", "orders"])
def test_items_before_and_after_their_orders(
    form: str, first: str, ask: Ask, tmp_path: Path
) -> None:
    header, rows, paid = ITEM_FILES[form]
    items = csv(tmp_path / "宝贝.csv", header, rows)
    orders = csv(tmp_path / "订单.csv", LEGACY_ORDERS, ORDERS)

    reports = {}
    for name in ("items", "orders") if first == "items" else ("orders", "items"):
        reports[name] = ask("import", items if name == "items" else orders)

    assert counts(reports["items"]) == {"accepted": len(rows)}
    assert counts(reports["orders"]) == {"accepted": 2}
    assert reports["items"]["money"]["paid"] == paid
    assert counts(ask("import", items)) == {"duplicate": len(rows)}
    assert facts(ask)["order.item"] == len(rows)
    # The order's own money counts, not its items'; an order known by its items alone names nobody.
    spend = ask("measure", "M24a", "--as-of", "2025-04-01")
    assert (spend["numerator"], spend["denominator"]) == (8000, 2)


def test_an_item_that_is_refunded_later(ask: Ask, tmp_path: Path) -> None:
    rows = ITEM_FILES["current"][1]
    ask("import", csv(tmp_path / "订单.csv", LEGACY_ORDERS, ORDERS))
    ask("import", csv(tmp_path / "1.csv", CURRENT_ITEMS, rows))
    later = [{**rows[0], "退款状态": "退款成功", "退款金额": "28.00"}, *rows[1:]]

    report = ask("import", csv(tmp_path / "2.csv", CURRENT_ITEMS, later))

    assert counts(report) == {"updated": 1, "duplicate": 3}
    assert report["money"]["refunded"] == 2800
    spend = ask("measure", "M24a", "--as-of", "2025-04-01")
    assert spend["numerator"] == 8000 - 2800


# ---------------------------------------------------------------- the short form


def test_the_short_form_names_no_buyer_and_says_so(ask: Ask, xiaohe: Any, tmp_path: Path) -> None:
    rows = [
        {**order(BASE + n, "看不见", f"{n}.10", f"2025-03-{n:02}"), "商品标题": f"茶{n % 2}", "退款金额": "0.10" if n == 9 else ""}
        for n in range(1, 11)
    ]  # fmt: skip
    report = ask("import", csv(tmp_path / "短.csv", SHORT_ORDERS, rows))

    assert counts(report) == {"accepted": 10}
    assert (report["no_buyer"], report["names_buyers"], report["buyers"]) == (10, False, 0)
    assert (report["money"]["paid"], report["money"]["refunded"]) == (5600, 10)
    assert "names no buyer" in report["sentence"]
    assert "0%" not in report["sentence"]
    assert {each["title"] for each in report["goods"]} == {"茶0", "茶1"}
    assert ask("due", "--on", "2025-04-01") == []
    again = xiaohe("import", tmp_path / "短.csv")
    assert "known already" in again.out


# ---------------------------------------------------------------- contacts


def test_contacts_whose_columns_and_names_drift(ask: Ask, tmp_path: Path) -> None:
    ask("import", csv(tmp_path / "订单.csv", LEGACY_ORDERS, [
        order(BASE + 1, "云朵妈", "10.00", "2025-03-01", 联系手机="'13711112222"),
        order(BASE + 2, "老周", "10.00", "2025-03-02"),
        order(BASE + 3, "阿岚", "10.00", "2025-03-03"),
    ]))  # fmt: skip
    first = [
        contact("云朵", "man", "2025-01-01 10:00:00", 手机="137 1111 2222"),
        contact("周", "man", "2025-01-01 10:00:01", 描述=f"老周 {BASE + 2}"),
        contact(f"岚{BASE + 3}", "lei", "2025-01-01 10:00:01"),
        contact("路人", "lei", "2025-01-02 09:00:00"),
        contact("坏", "lei", "去年"),
        contact("没账号", "", "2025-01-03 09:00:00", 添加人=""),
    ]
    one = ask("import", csv(tmp_path / "1.csv", CONTACTS, first, "utf-8-sig"))
    drifted = ["添加时间", "客户昵称", "添加人帐号", "新来的列", "备注描述", "跟进人"]
    second = [
        {"添加时间": "2025/1/1 10:00:00", "客户昵称": "云朵妈妈", "添加人帐号": "man", "跟进人": "小满"},
        {"添加时间": "2025/1/1 10:00:01", "客户昵称": "周", "添加人帐号": "man", "备注描述": f"老周 {BASE + 2}", "跟进人": "小满"},
        {"添加时间": "2025/2/1 8:00:00", "客户昵称": "新友", "添加人帐号": "man", "跟进人": "小满"},
    ]  # fmt: skip
    two = ask("import", csv(tmp_path / "2.csv", drifted, second, "utf-8"))

    assert counts(one) == {"accepted": 4, "bad_date": 1, "no_account": 1}
    assert counts(two) == {"duplicate": 2, "accepted": 1}
    # Only one of them is called something else now; columns that come and go change nobody.
    assert two["changed"] == 1
    # Three buyers, each recognised: by a phone, by an order number beside the name, by one in the name.
    known = ask("measure", "M04a", "--as-of", "2025-04-01")
    assert (known["numerator"], known["denominator"]) == (3, 3)
    assert ask("measure", "M01", "--as-of", "2025-04-01")["numerator"] == 5
    assert [each["name"] for each in ask("people", "find", "云朵妈妈")["found"]] == ["云朵妈妈"]
    same = ask("import", csv(tmp_path / "3.csv", drifted, second, "gbk"))
    assert counts(same) == {"duplicate": 3}
    assert same["changed"] == 1


def test_a_contact_seen_again_under_another_name(ask: Ask, tmp_path: Path) -> None:
    ask("import", csv(tmp_path / "1.csv", CONTACTS, [contact("旧名", "man", "2025-01-01 10:00:00")], "gbk"))  # fmt: skip

    report = ask("import", csv(tmp_path / "2.csv", CONTACTS, [contact("新名", "man", "2025-01-01 10:00:00")], "gbk"))  # fmt: skip

    assert counts(report) == {"duplicate": 1}
    assert report["changed"] == 1
    assert [each["name"] for each in ask("people", "find", "新名")["found"]] == ["新名"]
    ask("undo", report["import_id"])
    assert [each["name"] for each in ask("people", "find", "旧名")["found"]] == ["旧名"]
    assert ask("people", "find", "新名")["found"] == []
