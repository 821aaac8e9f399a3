"""Vouchers: codes tried, taken and refused on the way to an order."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import CONTEXT, FactType

_COUPON = {
    "coupon_id": "id of the coupon",
    "coupon_name": "its name",
    "reason": "why it was refused",
    **CONTEXT,
}

TYPES = (
    FactType("voucher.entered", "填券", "Voucher entered", "A code was typed in.", _COUPON),
    FactType("voucher.applied", "用券", "Voucher applied",
             "A voucher was put on a cart or order; amount is the discount.", _COUPON),
    FactType("voucher.denied", "券不可用", "Voucher denied", "A voucher was refused.", _COUPON),
    FactType("voucher.removed", "取消用券", "Voucher removed", "A voucher was taken off again.", _COUPON),
)  # fmt: skip
