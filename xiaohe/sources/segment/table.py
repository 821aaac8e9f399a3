"""Which event of the e-commerce spec is which type of fact: the one declaration of it; docs/events.md is made from here.

A row names the fact's type, how the event is read (`shape`), and which of its properties become which of the fact's.
What no row lists is kept in the fact's `properties`, direct identifiers masked. An event in no row is `custom:<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Shape(StrEnum):
    """What an event is made of, and what of it goes into the columns of a fact."""

    PLAIN = "plain"  # properties only
    PRODUCT = "product"  # one article: item_key; price as amount
    LINE = (
        "line"  # one article on its way to the cart: item_key, quantity; price × quantity as amount
    )
    PRODUCTS = "products"  # a list of articles
    CART = "cart"  # articles and their worth as amount; order_key if the event tells order_id
    DISCOUNT = "discount"  # a coupon: order_key if told; discount as amount
    ORDER = "order"  # order.created, order.paid, one order.item per article
    UPDATE = "update"  # order.created and order.paid; no articles
    REFUND = (
        "refund"  # order.refunded: total refunded so far, or per article; neither: order.closed
    )
    CANCEL = "cancel"  # order.closed


@dataclass(frozen=True)
class Row:
    """One event of the spec."""

    event: str
    type: str
    shape: Shape = Shape.PLAIN
    # property of the event → property of the fact
    fields: Mapping[str, str] = field(default_factory=dict)


PRODUCT = {
    "product_id": "product_id",
    "sku": "sku",
    "name": "title",
    "category": "category",
    "brand": "brand",
    "coupon": "coupon",
    "position": "position",
}
LIST = {"list_id": "list_id", "category": "category"}
CART = {"cart_id": "cart_id", "coupon": "coupon"}
STEP = {"step": "step", "shipping_method": "shipping_method", "payment_method": "payment_method"}
COUPON = {"coupon_id": "coupon_id", "coupon_name": "coupon_name", "reason": "reason"}
PROMOTION = {
    "promotion_id": "promotion_id", "name": "name", "creative": "creative", "position": "position",
}  # fmt: skip
ORDER = {
    "coupon": "coupon", "affiliation": "affiliation", "shipping": "shipping", "tax": "tax", "discount": "discount",
}  # fmt: skip
SHARED = {"share_via": "share_via", "product_id": "product_id"}
REVIEW = {"product_id": "product_id", "review_id": "review_id", "rating": "rating"}
# Of each article in `products`; price as text, exact.
ARTICLE = {
    "product_id": "product_id", "sku": "sku", "name": "title", "category": "category", "brand": "brand",
    "price": "price", "quantity": "quantity",
}  # fmt: skip

ROWS = (
    Row("Products Searched", "product.searched", fields={"query": "query"}),
    Row("Product List Viewed", "product.listed", Shape.PRODUCTS, LIST),
    Row("Product List Filtered", "product.filtered", Shape.PRODUCTS, LIST),
    Row("Promotion Viewed", "content.viewed", fields=PROMOTION),
    Row("Promotion Clicked", "content.clicked", fields=PROMOTION),
    Row("Product Clicked", "product.clicked", Shape.PRODUCT, PRODUCT),
    Row("Product Viewed", "product.viewed", Shape.PRODUCT, PRODUCT),
    Row("Product Added", "cart.added", Shape.LINE, PRODUCT),
    Row("Product Removed", "cart.removed", Shape.LINE, PRODUCT),
    Row("Cart Viewed", "cart.viewed", Shape.CART, CART),
    Row("Checkout Started", "checkout.started", Shape.CART, CART),
    Row("Checkout Step Viewed", "checkout.step_viewed", fields=STEP),
    Row("Checkout Step Completed", "checkout.step_completed", fields=STEP),
    Row("Payment Info Entered", "checkout.payment_entered", fields=STEP),
    Row("Order Completed", "order.created", Shape.ORDER, ORDER),
    Row("Order Updated", "order.created", Shape.UPDATE, ORDER),
    Row("Order Refunded", "order.refunded", Shape.REFUND),
    Row("Order Cancelled", "order.closed", Shape.CANCEL),
    Row("Coupon Entered", "voucher.entered", Shape.DISCOUNT, COUPON),
    Row("Coupon Applied", "voucher.applied", Shape.DISCOUNT, COUPON),
    Row("Coupon Denied", "voucher.denied", Shape.DISCOUNT, COUPON),
    Row("Coupon Removed", "voucher.removed", Shape.DISCOUNT, COUPON),
    Row("Product Added to Wishlist", "product.wished", Shape.PRODUCT, PRODUCT),
    Row("Product Removed from Wishlist", "product.unwished", Shape.PRODUCT, PRODUCT),
    Row("Wishlist Product Added to Cart", "cart.added", Shape.LINE, PRODUCT),
    Row("Product Shared", "content.shared", fields=SHARED),
    Row("Cart Shared", "content.shared", fields=SHARED),
    Row("Product Reviewed", "product.reviewed", fields=REVIEW),
    Row("Signed Up", "member.joined", fields={"method": "method", "plan": "plan"}),
)
# Not by `track` but by a call of their own.
PAGE = Row("page", "page.viewed", fields={"name": "name", "category": "category", "title": "title"})
SCREEN = Row("screen", "screen.viewed", fields={"name": "name", "category": "category"})


def spelled(event: str) -> str:
    """An event's name as it is looked up: `order_completed` and `Order  Completed` are one."""
    return " ".join(event.replace("_", " ").split()).casefold()


_BY_EVENT = {spelled(row.event): row for row in ROWS}
_found: dict[str, Row | None] = {}


def row_of(event: str) -> Row | None:
    """The row of an event of the spec; None if it is one of the shop's own."""
    try:
        return _found[event]
    except KeyError:
        row = _BY_EVENT.get(spelled(event))
        if len(_found) < 10_000:
            _found[event] = row
        return row
