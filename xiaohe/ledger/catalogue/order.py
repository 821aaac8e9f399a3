"""Orders: states of an order as exports and taps state them. They fold commutatively (see the export's README)."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import CONTEXT, FactType

TYPES = (
    FactType(
        "order.created",
        "下单",
        "Order created",
        "An order exists. order_key names it; subject is the buyer, or the order itself where no buyer is"
        " named; occurred_at is when it was placed.",
        {
            "coupon": "coupon on the order",
            "affiliation": "where it was placed, as the shop names it",
            "shipping": "freight, a decimal in text",
            "tax": "a decimal in text",
            "discount": "a decimal in text",
            **CONTEXT,
        },
    ),
    FactType(
        "order.paid",
        "付款",
        "Order paid",
        "The order was paid. amount is what was paid for the whole order, null where only its items carry"
        " money; several facts of one order: the largest amount, the earliest time.",
    ),
    FactType("order.shipped", "发货", "Order shipped", "The parcel left."),
    FactType("order.received", "签收", "Order received", "The parcel arrived."),
    FactType(
        "order.completed", "完成", "Order completed", "The platform calls the order complete."
    ),
    FactType(
        "order.closed",
        "关闭",
        "Order closed",
        "The order was closed before it was paid for or shipped, or called back whole; it is no occasion.",
        CONTEXT,
    ),
    FactType(
        "order.refunded",
        "退款",
        "Order refunded",
        "Money went back. Without item_key: amount is the total refunded of the order so far. With item_key:"
        " the total of that item so far. With order_key null: a cancelled line that names no order, with"
        " quantity and quantity × cancelled price as amount.",
        CONTEXT,
    ),
    FactType(
        "order.item",
        "订单明细",
        "Order line",
        "One line of an order: item_key, quantity, and amount of the whole line (negative for an adjustment).",
        {
            "title": "the listing's title",
            "sku": "the variant chosen (colour, size)",
            "category": "category of the article",
            "brand": "brand of the article",
            "unit_price": "price of one piece as the file states it, a decimal in text",
        },
    ),
    FactType(
        "order.reported",
        "客户说买了",
        "Order reported by hand",
        "Somebody of the shop marked that the customer ordered; no export has shown the order yet.",
        {"what": "ordered or just_bought", "task": "id of the task it was marked on"},
    ),
)
