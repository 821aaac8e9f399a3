"""A format written from docs/formats.md alone, for an export with every trap at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sources.files import file
from tests.sources.test_aftersales import NOW
from tests.sources.test_bills import money
from xiaohe.ledger import engine
from xiaohe.sources import importing

FORMAT = """
kind = "order_lines"
platform = "cloud"
split = ";"
required = ["order_no", "paid", "created|paid_at"]
telling = ["云单号"]
[title]
en = "Cloud orders"
zh = "云单"
[columns]
order_no = ["云单号"]
sub_order_no = ["子单号"]
created = ["成单时间"]
paid_at = ["付款时间"]
buyer = ["会员号"]
mobile = ["手机"]
title = ["商品"]
quantity = ["件数"]
paid = ["实付款"]
aftersale = ["售后情况"]
status = ["订单进度"]
[status]
completed = ["已签"]
unpaid = ["等付"]
refunded = ["钱退回去了"]
"""
EXPORT = """\
云单号,子单号,成单时间,付款时间,会员号,手机,商品,件数,应收,实付款,售后情况,订单进度
="9900000000001",="990000000101;990000000102",2025/05/17 09:30,2025/05/17 09:31,Y-7,13812345678,麒麟瓜;白桃,1;2,"￥1,086.00","￥1,086.00",-,已签
="9900000000002",="990000000201",2025/05/18 10:10,2025/05/18 10:12,Y-8,139****0000,白桃,1,26.00元,26.00元,钱退回去了,已签
="9900000000003",="990000000301;990000000302",2025/05/19 10:10,,Y-9,13912345679,白桃;杏,1;1,52.00,0.00,-,等付
总计,,,,,,,6,,1112.00,,
"""


def test_traps_of_an_invented_platform_are_read(place: Any, tmp_path: Path) -> None:
    (place.home / "formats").mkdir()
    (place.home / "formats" / "cloud_orders.toml").write_text(FORMAT, encoding="utf-8")
    report = importing.run(file(tmp_path, "cloud.csv", EXPORT.encode("gbk")), now=NOW)
    assert (report.format, report.read, report.accepted) == ("cloud_orders", 4, 1)
    told = {name: count for name, count in report.excluded.items() if count}
    assert told == {"unpaid": 1, "refunded": 1, "not_data": 1}
    assert not any(report.rejected.values())
    assert [each for each in money("paid", "refunded") if each[0]] == [(108_600, 0), (2_600, 2_600)]
    with engine.reading() as read:
        items = read.facts.filter(read.facts.type == "order.item")
        pieces = read.run(items.select("quantity").order_by("quantity"))["quantity"].to_pylist()
    assert pieces[-1] == 2
