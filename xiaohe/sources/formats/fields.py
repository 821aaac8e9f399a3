"""What a format file may say: the fields that rows of each kind are read into, and options of single kinds.

A word that stands here for a kind is allowed in its files; another is refused with a proposal. Kinds without an
entry take any field: their parser says what it reads.
"""

from __future__ import annotations

from collections.abc import Mapping

from xiaohe.sources.formats.base import Kind

PEOPLE = {
    "buyer": "the platform's own name or number of the buyer",
    "unionid": "WeChat unionid of the buyer",
    "openid": "WeChat openid of the buyer",
    "app_id": "the WeChat app the openid belongs to",
    "external_userid": "WeCom's number of the contact (企业微信加密id)",
    "corp_id": "the WeCom company that number belongs to",
    "mobile": "phone; only complete ones are keys",
    "telephone": "second phone, used where the first is blank",
    "receiver": "name of whoever receives the parcel",
    "province": "province of the address",
    "city": "city of the address",
    "address": "the address; also “姓名，86-手机号，省 市 区 详细” in one cell",
}
STATES = {
    "order_no": "order number",
    "created": "when the order was placed",
    "paid_at": "when it was paid",
    "shipped_at": "when it left",
    "received_at": "when it arrived, or when a coupon was used",
    "status": "how far the order has come",
    "aftersale": "state of after-sale service; words under [status] refunded count as money back",
    "paid": "what was paid",
    "refunded": "what went back, in total",
    "quantity": "pieces",
    "payment_no": "transaction number of the payment",
    "payment_method": "how it was paid; tells whose transaction number it is",
    "title": "name of the article",
    "sku": "the variant chosen",
}
REFERRAL = {
    "group_no": "number of the group purchase (团ID)",
    "group_role": "opened or joined the group (团身份)",
    "promoter": "number or name of whoever brought the order (分销员, 达人)",
    "channel": "where the order came from, in the platform's words",
    "staff": "our staff who brought the order",
    "store": "the store it belongs to",
}
LINES = {
    "sub_order_no": "number of the sub-order",
    "code": "the merchant's code of the article",
    "price": "price of one piece",
    "line_paid": "what was paid for the row, where `paid` is the whole order's",
}
# Headings that only help to recognise an export are listed as fields too where they once were.
MORE = {"goods_due": "买家应付货款", "total": "总金额"}

FIELDS: dict[Kind, Mapping[str, str]] = {
    Kind.ORDERS: {**STATES, **PEOPLE, **REFERRAL, **MORE, "sub_order_no": "refused here"},
    Kind.ORDER_LINES: {**STATES, **PEOPLE, **REFERRAL, **LINES, **MORE},
    Kind.ITEMS: {**STATES, **PEOPLE, **REFERRAL, **LINES, **MORE, "refund_status": "退款状态"},
}
# Option → what it does, for kinds whose parser takes some.
OPTIONS: dict[Kind, Mapping[str, str]] = {
    Kind.AFTERSALES: {
        "refunded": "words inside the state that say the money went back",
        "exchanged": "words that say the goods were exchanged",
        "closed": "words that say nothing came of it",
    },
    Kind.BILLS: {
        "sale": "words inside the state or kind of a sale",
        "refund": "words of a refund",
        "revoked": "words of a payment that was taken back",
        "merchant_prefix": "pattern of what stands before the merchant's own order number",
    },
}
