"""Orders: states of an order as exports and taps state them. They fold commutatively (see the export's README)."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import CONTEXT, FactType

# What a till tells of a visit.
VISIT = {
    "tender": "how it was paid: cash (any money), balance (stored before), course (a unit of a card), points",
    "covers": "how many people sat down",
    "seated_at": "when they sat down, clock time of the shop",
    "slot": "part of the day, as the till names it",
    "store": "name of the store",
    "table": "table or room",
    "staff": "name of the member of staff",
}

TYPES = (
    FactType(
        "order.created",
        "下单",
        "Order created",
        "An order exists. order_key names it; subject is the buyer, or the order itself where no buyer is"
        " named; occurred_at is when it was placed; other is the keyed hash of its number without the platform.",
        {
            **VISIT,
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
        "The order was paid. amount is the cash paid for the whole order (0 where a balance, a course unit or"
        " points paid), null where only its items carry money; several facts of one order: the largest amount,"
        " the earliest time.",
    ),
    FactType(
        "order.consumed",
        "消费",
        "Order paid without cash",
        "What was eaten, used or taken for a stored balance, a course unit or points: amount is its worth. It"
        " is consumption, never cash; several facts of one order: the largest amount.",
        {"tender": VISIT["tender"]},
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
        "Money went back. Without item_key and other: amount is the total refunded of the order so far. With"
        " item_key: the total of that item so far. With other: the total of that after-sale so far. With"
        " order_key null: a cancelled line that names no order, with quantity and quantity × cancelled price"
        " as amount.",
        {
            **CONTEXT,
            "told": "words: the file only says that it went back, and the amount is all that was paid",
        },
    ),
    FactType(
        "order.aftersale",
        "售后",
        "After-sale opened",
        "The buyer asked for money, an exchange or a repair; other is the after-sale. What went back is told"
        " by order.refunded with the same other.",
        {
            "kind": "refund, return, exchange or other",
            "state": "open, refunded, exchanged or closed, as first seen",
            "reason": "why, in the platform's words",
        },
    ),
    FactType(
        "order.settled",
        "结算",
        "Money settled",
        "The platform moved money on our account with it: amount is what came to us, negative what left. It is"
        " never revenue. order_key is null where the row names no order (a withdrawal, a fee).",
        {
            "kind": "what moved it, in the platform's words",
            "income": "sum of what spoke for us, a decimal in text",
            "fees": "sum of what was taken off, a decimal in text",
            "sub_order": "true where the row is of a part of the order",
        },
    ),
    FactType(
        "order.payment_seen",
        "支付单号",
        "Payment number seen",
        "An order list states which payment paid the order: other is the payment's keyed hash. A bill's row of"
        " that payment is then no order of its own.",
    ),
    FactType(
        "order.billed",
        "账单",
        "Payment on a bill",
        "order_key is an order known from a payment bill. other is the payment, or the merchant's own order"
        " number without a platform: where an order list states either, this order is that one and counts no"
        " second time.",
        {"fee": "what the payment service kept, a decimal in text"},
    ),
    FactType(
        "order.referred",
        "带来的订单",
        "Order referred",
        "A group purchase, a channel or a promoter brought the order: other is the promoter's keyed hash, or that"
        " of what is told where nobody is named.",
        {
            "group": "number of the group purchase",
            "role": "opened or joined the group, in the platform's words",
            "channel": "where it came from, in the platform's words",
        },
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
    FactType(
        "recharge.paid",
        "充值",
        "Recharge paid",
        "Money came in for a balance or a card: amount is cash. It is no order and no occasion; what the"
        " balance buys later is one. other is the recharge.",
        {
            "bonus": "what was given on top, a decimal in text",
            "units": "units of a card bought",
            "store": VISIT["store"],
            "staff": VISIT["staff"],
        },
    ),
)
