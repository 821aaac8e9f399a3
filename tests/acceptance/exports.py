"""Exports as a merchant would have them, written here by hand: nothing of Xiaohe takes part in making them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from openpyxl import Workbook

Row = Mapping[str, object]

LEGACY_ORDERS = [
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
NEWER_ORDERS = [
    "订单编号",
    "支付单号",
    "买家会员名",
    "买家应付货款",
    "总金额",
    "买家实付金额",
    "订单状态",
    "收货人姓名",
    "收货地址",
    "联系手机",
    "订单创建时间",
    "订单付款时间",
    "商品标题",
    "宝贝总数量",
    "物流单号",
    "订单备注",
    "退款金额",
    "发货时间",
    "确认收货时间",
]
SHORT_ORDERS = [
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
LEGACY_ITEMS = [
    "订单编号",
    "标题",
    "价格",
    "购买数量",
    "外部系统编号",
    "商品属性",
    "套餐信息",
    "备注",
    "订单状态",
    "商家编码",
]
CURRENT_ITEMS = [
    "子订单编号",
    "主订单编号",
    "商品标题",
    "价格",
    "购买数量",
    "外部系统编号",
    "商品属性",
    "订单状态",
    "商家编码",
    "买家应付货款",
    "买家实付金额",
    "退款状态",
    "退款金额",
    "订单创建时间",
    "商品ID",
    "物流单号",
]
CONTACTS = [
    "客户名称",
    "描述",
    "添加人",
    "添加人账号",
    "添加人所属部门",
    "添加时间",
    "来源",
    "手机",
    "企业",
    "邮箱",
    "地址",
    "职务",
    "电话",
    "标签组1(客户等级)",
]

DONE, SENT, TO_SEND = "交易成功", "卖家已发货，等待买家确认", "买家已付款,等待卖家发货"
UNPAID, CLOSED = "等待买家付款", "交易关闭"


def order(number: int, buyer: str, paid: str, on: str, status: str = DONE, **more: object) -> Row:
    """One order, with the cells of every form; a header decides which of them a file has."""
    created = f"{on} 10:00:00" if len(on) == 10 else on
    pay_time = "" if status == UNPAID or (status == CLOSED and paid in ("0", "0.00")) else created
    return {
        "订单编号": number, "买家会员名": buyer, "总金额": paid, "买家应付货款": paid, "买家实际支付金额": paid,
        "买家实付金额": paid, "退款金额": "0.00", "订单状态": status, "订单创建时间": created,
        "订单付款时间": pay_time, "宝贝标题": "椴木黑木耳 250g", "商品标题": "椴木黑木耳 250g", "宝贝总数量": 1,
        **more,
    }  # fmt: skip


def contact(name: str, staff: str, added: str, **more: object) -> Row:
    return {"客户名称": name, "添加人": "小满", "添加人账号": staff, "添加时间": added, "来源": "扫描二维码", **more}  # fmt: skip


def csv_text(header: Iterable[str], rows: Iterable[Row]) -> str:
    header = list(header)
    lines = [header, *([str(row.get(name, "")) for name in header] for row in rows)]
    return "".join(",".join(map(_cell, line)) + "\r\n" for line in lines)


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


def csv(path: Path, header: Iterable[str], rows: Iterable[Row], encoding: str = "gbk") -> Path:
    path.write_bytes(csv_text(header, rows).encode(encoding))
    return path


def xlsx(path: Path, sheets: Mapping[str, tuple[Iterable[str], Iterable[Row]]]) -> Path:
    """A workbook; cells keep the type they were given."""
    book = Workbook()
    book.remove(book.active)
    for title, (header, rows) in sheets.items():
        names = list(header)
        sheet = book.create_sheet(title)
        if names:
            sheet.append(names)
        for row in rows:
            sheet.append([row.get(name) for name in names])
    book.save(path)
    return path


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(body.getvalue())
    return path
