"""Taobao / Tmall order list (千牛 订单报表): legacy full form, the newer form, and the short form without a buyer."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from xiaohe.sources.formats.base import Format, Kind, fold_header


class Status(StrEnum):
    """How far an order has come, in the platform's words folded to five."""

    UNPAID = "unpaid"
    PAID = "paid"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CLOSED = "closed"


_WORDS = {
    Status.UNPAID: ("等待买家付款", "没有创建支付宝交易", "待付款", "未付款", "unpaid", "pending"),
    Status.PAID: (
        "买家已付款,等待卖家发货",
        "买家已付款",
        "等待卖家发货",
        "待发货",
        "等待发货",
        "已付款",
        "待出库",
        "备货中",
        "paid",
        "processing",
    ),
    Status.SHIPPED: (
        "卖家已发货,等待买家确认",
        "卖家已发货,等待买家确认收货",
        "卖家已发货",
        "卖家部分发货",
        "部分发货",
        "已发货",
        "待收货",
        "已签收",
        "已收货",
        "shipped",
    ),
    Status.COMPLETED: (
        "交易成功",
        "交易完成",
        "已完成",
        "完成",
        "买家已签收,货到付款专用",
        "completed",
        "complete",
    ),
    Status.CLOSED: (
        "交易关闭",
        "已关闭",
        "已取消",
        "付款以后用户退款成功,交易自动关闭",
        "付款以前,卖家或买家主动关闭交易",
        "cancelled",
        "canceled",
        "closed",
    ),
}
STATUS_WORDS = {fold_header(word): status for status, words in _WORDS.items() for word in words}


def status_of(cell: str) -> Status | None:
    """The status behind a platform's words, ASCII or full-width comma alike; None if they are new to us."""
    return STATUS_WORDS.get(fold_header(cell))


FORMAT = Format(
    name="taobao_orders",
    kind=Kind.ORDERS,
    source="taobao",
    title=_("Taobao orders"),
    columns={
        "order_no": ("订单编号", "主订单编号"),
        "sub_order_no": ("子订单编号",),
        "buyer": ("买家会员名", "买家昵称"),
        "goods_due": ("买家应付货款",),
        "total": ("总金额",),
        "paid": ("买家实付金额", "买家实际支付金额"),
        "refunded": ("退款金额",),
        "status": ("订单状态",),
        "receiver": ("收货人姓名", "收件人姓名"),
        "mobile": ("联系手机",),
        "telephone": ("联系电话",),
        "address": ("收货地址",),
        "created": ("订单创建时间", "创建时间"),
        "paid_at": ("订单付款时间", "付款时间"),
        "shipped_at": ("发货时间",),
        "received_at": ("确认收货时间",),
        "title": ("宝贝标题", "商品标题"),
        "sku": ("商品属性SKU", "商品属性"),
        "quantity": ("宝贝总数量", "宝贝数量"),
    },
    required=(
        frozenset({"order_no"}),
        frozenset({"paid"}),
        frozenset({"created", "paid_at"}),
        frozenset({"buyer", "goods_due", "title"}),
    ),
    forbidden=frozenset({"sub_order_no"}),
)
