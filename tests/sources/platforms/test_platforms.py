"""Each platform's order export, rows invented under its real header: orders, people, articles, to the penny."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.sources.files import CONTACTS, contact
from tests.sources.platforms import headers
from tests.sources.platforms.files import edges, facts, imported, key, orders, sealed
from tests.sources.test_taobao import counts
from xiaohe.people import overlay


def douyin(sub: str, main: str = "6930000000000000001", **cells: str) -> dict[str, str]:
    return {
        "主订单编号": f"\t{main}", "子订单编号": f"\t{sub}", "选购商品": "猫粮", "商品规格": "5kg", "商品数量": "2",
        "商品ID": "\t3600001", "商家编码": "-", "商品单价": "40.00", "订单应付金额": "75.00", "收件人": "##x9Zk==##",
        "收件人手机号": "$$aGk=$$1$$", "省": "浙江省", "市": "杭州市", "详细地址": "~~qq==~~", "订单提交时间": "2026-05-17 10:00:00",
        "支付完成时间": "2026-05-17 10:00:30", "订单状态": "已完成", "售后状态": "-", "达人ID": "-", **cells,
    }  # fmt: skip


@pytest.mark.parametrize("header", [headers.DOUYIN_74, headers.DOUYIN_75], ids=["74", "75"])
def test_douyin_adds_up_sub_orders_and_knows_nobody_by_ciphertext(
    header: list[str], place: object, tmp_path: Path
) -> None:
    rows = [
        douyin("6930000000000000001"),
        douyin("6930000000000000002", 选购商品="猫砂", 订单应付金额="25.50", 商品数量="1"),
        douyin("6930000000000000009", "6930000000000000009", 订单状态="待支付", 支付完成时间="-"),
        douyin(
            "6930000000000000010", "6930000000000000010", 订单状态="已关闭", 售后状态="退款成功"
        ),
    ]

    report = imported(tmp_path, header, rows)

    assert counts(report) == {"accepted": 2, "unpaid": 1, "closed": 1}
    assert (report.buyers, report.no_buyer, report.masked_phone_share) == (0, 4, 1.0)
    (bought,) = [each for each in orders() if each["state"] == "paid"]
    assert (bought["paid"], bought["quantity"]) == (10050, 3)
    assert edges() == set()
    assert counts(imported(tmp_path, header, rows)) == {"duplicate": 4}


def test_douyin_a_refunded_sub_order_takes_back_its_own_money(
    place: object, tmp_path: Path
) -> None:
    imported(
        tmp_path,
        headers.DOUYIN_74,
        [
            douyin("6930000000000000001"),
            douyin(
                "6930000000000000002",
                订单应付金额="25.00",
                订单状态="已关闭",
                售后状态="同意退款，退款成功",
            ),
        ],
    )

    (order,) = orders()
    assert (order["state"], order["paid"], order["refunded"]) == ("paid", 10000, 2500)


def test_douyin_joined_sub_orders_are_the_same_articles(place: object, tmp_path: Path) -> None:
    joined = douyin(
        "6930000000000000001;6930000000000000002", 选购商品="猫粮;猫砂", 商品数量="2;1", 商品单价="40.00;25.00",
        商家编码="A;B", 订单应付金额="100.00",
    )  # fmt: skip
    apart = [
        douyin("6930000000000000001", 商家编码="A"),
        douyin(
            "6930000000000000002", 选购商品="猫砂", 商家编码="B", 商品数量="1", 订单应付金额="25.00"
        ),
    ]

    first = imported(tmp_path, headers.DOUYIN_74, [joined])
    (order,) = orders()
    later = imported(tmp_path, headers.DOUYIN_74, apart)

    assert counts(first) == {"accepted": 1}
    assert (order["paid"], order["quantity"]) == (10000, 3)
    assert len(facts("order.item")) == 2
    assert counts(later) == {"duplicate": 2}


def kuaishou(number: str, **cells: str) -> dict[str, str]:
    return {
        "订单号": number, "订单创建时间": "2026-05-17 10:00:00", "订单支付时间": "2026-05-17 10:01:00", "订单状态": "交易成功",
        "实付款": "¥1,240.50", "成交数量": "3", "商品名称": "猫粮", "商品ID": "123.0", "收货人姓名": "王**",
        "收货人电话": "138****8000", "收货地址-省": "浙江省", "收货地址-市": "杭州市", "CPS达人ID": "7788", **cells,
    }  # fmt: skip


def test_kuaishou_reads_spreadsheet_ids_and_signs(place: object, tmp_path: Path) -> None:
    report = imported(
        tmp_path,
        headers.KUAISHOU,
        [
            kuaishou("2613500000001.0"),
            kuaishou("2.6135E+12"),
            kuaishou("2613500000002", 订单状态="已收货"),
        ],
    )

    assert counts(report) == {"accepted": 2, "damaged_number": 1}
    assert [each["paid"] for each in orders()] == [124050, 124050]
    subject = key("order", "kuaishou:2613500000001")
    assert sealed(subject) == {
        "receiver": "王**",
        "masked_phone": "138****8000",
        "city": "浙江杭州",
    }
    assert {each["other"] for each in facts("order.referred")} == {key("promoter", "kuaishou:7788")}


def xiaohongshu(number: str, **cells: str) -> dict[str, str]:
    return {
        "订单号": number, "订单状态": "已完成", "用户编号": "5f00aa01", "收件人姓名": "李四", "收件人电话": "13812345678",
        "收件人地址": "西湖区文三路1号", "省": "浙江省", "市": "杭州市", "SKU名称": "面霜", "SKU件数": "1",
        "商家应收金额(元)（支付金额）": "88.00", "支付方式": "微信支付", "支付渠道订单号": "4200002712345678", "支付时间": "2026-05-17 10:01:00",
        "订单创建时间": "2026-05-17 10:00:00", "订购人身份证号/ID Number": "330106199001011234", "收件人身份证姓名": "李四四", **cells,
    }  # fmt: skip


def test_xiaohongshu_knows_the_buyer_and_never_keeps_identity_cards(
    place: Any, tmp_path: Path
) -> None:
    rows = [
        xiaohongshu("P7381000000001"),
        xiaohongshu("P7381000000002", 支付时间="?", 订单创建时间="?"),
    ]

    report = imported(tmp_path, headers.XIAOHONGSHU, rows)

    assert counts(report) == {"accepted": 1, "bad_date": 1}
    subject = key("customer", "xiaohongshu:5f00aa01")
    assert sealed(subject) == {
        "customer": "xiaohongshu:5f00aa01",
        "phone": "13812345678",
        "receiver": "李四",
        "address": "浙江省 杭州市 西湖区文三路1号",
    }
    assert edges() == {
        (subject, key("phone", "13812345678"), "phone"),
        (subject, key("address", "浙江省杭州市西湖区文三路1号"), "address"),
    }
    (seen,) = facts("order.payment_seen")
    assert seen["other"] == key("payment", "wechat_pay:4200002712345678")
    from xiaohe.sources import importing

    kept = b"".join(importing.rejected_rows(report.import_id)).decode("utf-8-sig")
    assert "330106199001011234" not in kept
    assert "李四四" not in kept
    assert "P7381000000002" in kept


def wechat(number: str, **cells: str) -> dict[str, str]:
    return {
        "订单号": number, "订单下单时间": "2026-05-17 10:00:00", "订单状态": "已完成", "收件人姓名": "王**", "收件人手机": "138****8000",
        "订单实际支付金额": "90.00", "支付时间": "2026-05-17 10:01:00", "交易单号": "4200001111111111", "商品名称": "猫粮",
        "商品编码(自定义)": "CAT", "商品价格(单件)": "50.00", "商品实际价格(总共)": "50.00", "商品数量": "1",
        "企微企业ID": "ww01", "企微工号": "ahe", "企业微信加密id": "wmAbC123", **cells,
    }  # fmt: skip


def test_a_contact_export_that_names_no_company_meets_the_shops_order(
    place: object, tmp_path: Path
) -> None:
    imported(tmp_path, headers.WECHAT_SHOP_64, [wechat("3700000000000000001")])
    contacts = [*CONTACTS, "外部联系人ID"]
    row = contact("毛毛妈", "2026-05-01 12:30:11", 外部联系人ID="wmabc123")

    imported(tmp_path, contacts, [row], name="contacts.csv")

    (link,), (order,) = facts("link.started"), orders()
    who = overlay.current()
    assert who.person(link["subject"]) == who.person(order["subject"])


def test_wechat_shop_bridges_to_wecom_and_takes_the_orders_money_once(
    place: object, tmp_path: Path
) -> None:
    second = {
        "商品名称": "猫砂",
        "商品编码(自定义)": "SAND",
        "商品价格(单件)": "40.00",
        "商品实际价格(总共)": "40.00",
    }
    rows = [
        wechat("3700000000000000001", 商品已退款金额="0.00"),
        wechat("3700000000000000001", **second, 商品已退款金额="15.00"),
    ]

    report = imported(tmp_path, headers.WECHAT_SHOP_64, rows)

    assert counts(report) == {"accepted": 2}
    assert report.money["paid"] == 9000
    (order,) = orders()
    assert (order["paid"], order["refunded"], order["quantity"]) == (9000, 1500, 2)
    assert order["subject"] == key("external_userid", "wmabc123")
    (seen,) = facts("order.payment_seen")
    assert seen["other"] == key("payment", "wechat_pay:4200001111111111")
    assert counts(imported(tmp_path, headers.WECHAT_SHOP_57, rows)) == {
        "updated": 1,
        "duplicate": 1,
    }
    (again,) = orders()
    assert again["paid"] == 9000


def pinduoduo(number: str, **cells: str) -> dict[str, str]:
    return {
        "商品": "纸巾", "订单号": number, "订单状态": "已收货", "商品数量(件)": "2", "商品总价(元)": "1,019.80",
        "用户实付金额(元)": "1,009.90", "商家实收金额(元)": "1000.00", "售后状态": "无售后或售后取消",
        "订单成交时间": "2026-05-17 09:00:00", "商品id": "88001", "团ID": "556677", "团身份": "团长",
        "用户购买手机号": "13812345678", **cells,
    }  # fmt: skip


@pytest.mark.parametrize("header", [headers.PINDUODUO, headers.PINDUODUO_23], ids=["full", "23"])
def test_pinduoduo_names_no_buyer_and_tells_the_day_by_the_number(
    header: list[str], place: object, tmp_path: Path
) -> None:
    rows = [
        pinduoduo("260517-111111111111111"),
        pinduoduo("260516-222222222222222", 订单成交时间=""),
        pinduoduo("260518-333333333333333", 售后状态="退款成功", 订单状态="已发货，退款成功"),
        pinduoduo("", 商品="合计", 订单状态="", 订单成交时间=""),
    ]

    report = imported(tmp_path, header, rows, encoding="gbk")

    assert counts(report) == {"accepted": 2, "refunded": 1, "not_data": 1}
    assert (report.buyers, report.no_buyer, report.names_buyers) == (0, 3, False)
    assert sorted((str(each["on"]), each["state"]) for each in orders()) == [
        ("2026-05-16", "paid"),
        ("2026-05-17", "paid"),
        ("2026-05-17", "refunded"),
    ]
    assert {each["paid"] for each in orders()} == {100990}
    if header is headers.PINDUODUO:
        assert {each["props"] for each in facts("order.referred")} == {
            '{"group":"556677","role":"团长"}'
        }


def jd_row(number: str, **cells: str) -> dict[str, str]:
    return {
        "订单号": number, "商品ID": "100001", "商品名称": "茶", "订购数量": "1", "下单时间": "2026-05-17 10:00:00",
        "京东价": "300.00", "订单状态": "完成", "下单帐号": "jd_wang", "客户姓名": "王小", "客户地址": "浙江省杭州市西湖区文三路1号",
        "联系电话": "1******6198", **cells,
    }  # fmt: skip


def test_jd_takes_the_orders_amount_once_and_reads_notes(place: object, tmp_path: Path) -> None:
    header = ["商家应收" if name == "应付金额" else name for name in headers.JD]
    noted = "499.00（系统计算中，该值仅供参考）"
    row = jd_row("290000000001", 商家应收=noted)
    other = jd_row("290000000001", 商家应收=noted, 商品ID="100002", 京东价="199.00")

    report = imported(tmp_path, header, [row, other])

    assert counts(report) == {"accepted": 2}
    assert report.money["paid"] == 49900
    (order,) = orders()
    assert (order["paid"], order["quantity"]) == (49900, 2)
    subject = key("customer", "jd:jd_wang")
    assert order["subject"] == subject
    assert sealed(subject)["masked_phone"] == "1******6198"
    assert sealed(subject)["address"] == "浙江省杭州市西湖区文三路1号"
    assert "phone" not in sealed(subject)


def test_1688_goes_on_below_merged_cells(place: object, tmp_path: Path) -> None:
    first = {
        "订单号": "2100000000000001", "下单时间": "2026-05-17 10:00:00", "实付款": "1,000.00", "买家": "批发小李",
        "收货地址": "浙江省杭州市西湖区文三路1号", "货品标题": "纸箱", "规格": "大", "数量": "100", "订单状态": "交易成功",
    }  # fmt: skip
    more = {"货品标题": "胶带", "规格": "宽", "数量": "50"}

    report = imported(tmp_path, headers.A1688, [first, more])

    assert counts(report) == {"accepted": 2}
    (order,) = orders()
    assert (order["paid"], order["quantity"]) == (100000, 150)
    assert order["subject"] == key("customer", "1688:批发小李")


def test_1688_with_companies(place: object, tmp_path: Path) -> None:
    row = {
        "订单编号": "2100000000000002", "买家公司名": "某某公司", "买家会员名": "xiaoli88", "实付款": "660.00", "订单状态": "等待卖家发货",
        "订单创建时间": "2026-05-17 10:00:00", "订单付款时间": "2026-05-17 10:05:00", "收货人姓名": "李", "收货地址": "浙江",
    }  # fmt: skip

    assert counts(imported(tmp_path, headers.A1688_TRADES, [row])) == {"accepted": 1}

    (order,) = orders()
    assert (order["paid"], order["subject"]) == (66000, key("customer", "1688:xiaoli88"))


def test_youzan_knows_the_phone_and_who_brought_the_order(place: object, tmp_path: Path) -> None:
    row = {
        "订单号": "E20260517100000000001", "订单状态": "已完成", "订单创建时间": "2026-05-17 10:00:00",
        "买家付款时间": "2026-05-17 10:01:00", "订单实付金额": "59.90", "全部商品名称": "面膜；眼霜", "收货人/提货人": "陈",
        "收货人手机号/提货人手机号": "13900001111", "买家昵称": "小陈", "买家手机号": "138****5678", "分销员": "团长阿美",
    }  # fmt: skip

    assert counts(imported(tmp_path, headers.YOUZAN, [row])) == {"accepted": 1}

    (order,) = orders()
    assert order["subject"] == key("phone", "13900001111")
    (referred,) = facts("order.referred")
    assert referred["other"] == key("promoter", "youzan:团长阿美")


def test_xiaoetong_joins_its_own_number_and_the_unionid(place: object, tmp_path: Path) -> None:
    row = {
        "序号": "1", "内部订单号": "o_1747", "订单状态": "支付成功", "商品名称": "写作课", "商品ID": "p_9", "订单实收金额": "199.00",
        "支付时间": "2026-05-17 10:01:00", "用户ID": "u_5f", "用户UNION_ID": "oUnion01", "买家手机号": "13812345678",
    }  # fmt: skip

    assert counts(imported(tmp_path, headers.XIAOETONG, [row])) == {"accepted": 1}

    subject = key("customer", "xiaoetong:u_5f")
    assert edges() == {
        (subject, key("unionid", "ounion01"), "unionid"),
        (subject, key("phone", "13812345678"), "phone"),
    }
    assert sealed(subject)["unionid"] == "oUnion01"


def test_laike_has_one_coupon_a_row(place: object, tmp_path: Path) -> None:
    row = {
        "订单编号": "1090000000000001", "券码": "100200300400", "核销时间": "2026-05-18 12:00:00", "核销门店": "文三路店", "商品ID": "7",
        "订单商品": "双人餐", "用户实付金额": "99.00", "订单支付时间": "2026-05-17 10:00:00", "消费者UID": "uid9",
    }  # fmt: skip
    rows = [row, {**row, "券码": "100200300401", "核销时间": ""}]

    assert counts(imported(tmp_path, headers.LAIKE, rows)) == {"accepted": 2}

    (order,) = orders()
    assert (order["paid"], order["subject"]) == (19800, key("customer", "douyin:uid9"))
    assert {each["props"] for each in facts("order.created")} == {'{"store":"文三路店"}'}
    assert len(facts("order.received")) == 1


def test_tmalls_address_is_taken_apart(place: object, tmp_path: Path) -> None:
    row = {
        "订单编号": "193000000000000001", "买家实付金额": "100.00", "订单状态": "交易成功", "订单创建时间": "2026-05-17 10:00:00",
        "订单付款时间": "2026-05-17 10:01:00", "宝贝标题": "猫粮", "收货地址": "王小花，86-13812345678，浙江省 杭州市 西湖区 文三路1号",
    }  # fmt: skip

    report = imported(tmp_path, headers.TMALL_ADDRESS, [row])

    assert (report.buyers, report.no_buyer, report.names_buyers) == (1, 0, True)
    assert sealed(key("phone", "13812345678")) == {
        "phone": "13812345678",
        "receiver": "王小花",
        "address": "浙江省 杭州市 西湖区 文三路1号",
    }


def test_the_suppliers_list_names_the_buyer_of_each_article(place: object, tmp_path: Path) -> None:
    row = {
        "子订单编号": "1001", "主订单编号": "193000000000000001", "买家会员名": "小王", "支付单号": "2026051722001",
        "子单实际支付金额": "80.00", "订单状态": "交易成功", "收件人姓名": "王", "联系手机": "13812345678",
        "订单创建时间": "2026-05-17 10:00:00", "宝贝标题": "猫粮", "宝贝数量": "2", "商家编码": "CAT",
    }  # fmt: skip

    assert counts(imported(tmp_path, headers.TAOBAO_SUPPLIER, [row])) == {"accepted": 1}

    (order,) = orders()
    subject = key("member", "taobao:小王")
    assert (order["paid"], order["subject"]) == (8000, subject)
    assert edges() == {(subject, key("phone", "13812345678"), "phone")}
    (seen,) = facts("order.payment_seen")
    assert seen["other"] == key("payment", "alipay:2026051722001")
