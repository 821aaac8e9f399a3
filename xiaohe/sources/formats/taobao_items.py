"""Taobao / Tmall item list (千牛 宝贝报表 / 销售明细): one row per item, joined to the order list by order number."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from xiaohe.sources.formats.base import Format, Kind

FORMAT = Format(
    name="taobao_items",
    kind=Kind.ITEMS,
    source="taobao",
    title=_("Taobao items"),
    columns={
        "order_no": ("主订单编号", "订单编号"),
        "sub_order_no": ("子订单编号",),
        "buyer": ("买家会员名",),
        "title": ("标题", "商品标题", "宝贝标题"),
        "price": ("价格", "商品价格"),
        "quantity": ("购买数量", "宝贝数量"),
        "code": ("商家编码", "外部系统编号", "商品ID", "商品编码"),
        "sku": ("商品属性", "颜色/尺码", "套餐信息"),
        "status": ("订单状态",),
        "paid": ("子单实际支付金额", "买家实付金额", "买家实际支付金额"),
        "refunded": ("退款金额",),
        "refund_status": ("退款状态",),
        "created": ("订单创建时间", "创建时间"),
        "paid_at": ("订单付款时间", "付款时间"),
        "mobile": ("联系手机",),
        "receiver": ("收件人姓名", "收货人姓名"),
    },
    required=(
        frozenset({"order_no"}),
        frozenset({"title"}),
        frozenset({"quantity"}),
        frozenset({"price", "paid"}),
    ),
)
