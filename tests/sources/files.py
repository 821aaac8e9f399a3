"""Files for the tests: small exports as merchants have them."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook

LEGACY = [
    "订单编号",
    "买家会员名",
    "买家支付宝账号",
    "买家应付货款",
    "买家应付邮费",
    "买家支付积分",
    "总金额",
    "返点积分",
    "买家实际支付金额",
    "买家实际支付积分",
    "订单状态",
    "买家留言",
    "收货人姓名",
    "收货地址",
    "运送方式",
    "联系电话",
    "联系手机",
    "订单创建时间",
    "订单付款时间",
    "宝贝标题",
    "宝贝种类",
    "物流单号",
    "物流公司",
    "订单备注",
    "宝贝总数量",
    "店铺Id",
    "店铺名称",
    "订单关闭原因",
]
NEWER = ["订单编号", "买家会员名", "总金额", "买家实付金额", "退款金额", "订单状态", "收货人姓名", "联系手机",
         "订单创建时间", "订单付款时间", "宝贝标题", "宝贝总数量", "买家应付货款"]  # fmt: skip
SHORT = [
    "订单编号",
    "支付单号",
    "支付详情",
    "买家应付货款",
    "买家应付邮费",
    "总金额",
    "买家实付金额",
    "订单创建时间",
    "订单付款时间",
    "商品标题",
    "退款金额",
    "是否主动赔付",
    "主动赔付金额",
    "主动赔付出账时间",
    "商品属性SKU",
    "C2B小额收款",
    "确认收货打款金额",
    "含应开票给个人红包",
    "总金额(旧版)",
]
ITEMS = ["子订单编号", "主订单编号", "商品标题", "价格", "购买数量", "外部系统编号", "商品属性", "订单状态", "商家编码",
         "买家应付货款", "买家实付金额", "退款状态", "退款金额", "订单创建时间"]  # fmt: skip
CONTACTS = ["客户名称", "描述", "添加人", "添加人账号", "添加人所属部门", "添加时间", "来源", "手机", "企业", "邮箱", "地址",
            "职务", "电话", "标签组1(名称)"]  # fmt: skip

PAID, UNPAID, CLOSED, SHIPPED = "交易成功", "等待买家付款", "交易关闭", "卖家已发货，等待买家确认"


def order(
    number: int | str, buyer: str = "小王", paid: str = "100.00", **cells: str
) -> dict[str, str]:
    """One row of an order list, in whatever form: the writer takes the columns it has."""
    status = cells.get("订单状态", PAID)
    at = cells.get("订单创建时间", "2025-06-01 10:00:00")
    return {
        "订单编号": str(number),
        "买家会员名": buyer,
        "买家实际支付金额": paid,
        "买家实付金额": paid,
        "总金额": paid,
        "退款金额": "0.00",
        "订单状态": status,
        "订单创建时间": at,
        "订单付款时间": "" if status == UNPAID else at,
        "宝贝标题": "鸡肉猫粮",
        "商品标题": "鸡肉猫粮",
        "宝贝总数量": "1",
        **cells,
    }


def contact(name: str, added: str, **cells: str) -> dict[str, str]:
    return {
        "客户名称": name,
        "添加人": "阿禾",
        "添加人账号": "ahe",
        "添加时间": added,
        "来源": "扫描二维码",
        **cells,
    }


def cells_of(header: Sequence[str], rows: Iterable[dict[str, str]]) -> list[list[str]]:
    return [list(header), *([row.get(name, "") for name in header] for row in rows)]


def csv_bytes(
    header: Sequence[str],
    rows: Iterable[dict[str, str]],
    encoding: str = "gb18030",
    delimiter: str = ",",
) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(cells_of(header, rows))
    return text.getvalue().encode(encoding)


def xlsx_bytes(sheets: dict[str, list[list[object]]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def zip_bytes(members: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return body.getvalue()


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path
