"""Browsing a shop of one's own: what a site or an app tells of looking, choosing and nearly buying."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import CART, CONTEXT, LIST, PRODUCT, FactType

_STEP = {"step": "number of the step", "shipping_method": "as named", "payment_method": "as named"}

TYPES = (
    FactType(
        "page.viewed",
        "看页面",
        "Page viewed",
        "A page of the shop's site was looked at.",
        {"name": "the page's name", "category": "its category", "title": "its title", **CONTEXT},
    ),
    FactType(
        "screen.viewed",
        "看屏幕",
        "Screen viewed",
        "A screen of the shop's app was looked at.",
        {"name": "the screen's name", "category": "its category", **CONTEXT},
    ),
    FactType(
        "product.searched",
        "搜商品",
        "Products searched",
        "The person searched the shop.",
        {"query": "what was typed, direct identifiers masked", **CONTEXT},
    ),
    FactType("product.listed", "看列表", "Product list viewed", "A list of goods was looked at.", LIST),
    FactType("product.filtered", "筛列表", "Product list filtered", "A list of goods was narrowed down.", LIST),
    FactType("product.clicked", "点商品", "Product clicked", "An article was clicked in a list.", PRODUCT),
    FactType(
        "product.viewed",
        "看商品",
        "Product viewed",
        "An article was looked at: item_key, and its price as amount.",
        PRODUCT,
    ),
    FactType("product.reviewed", "评价商品", "Product reviewed", "The person rated an article.",
             {"product_id": "the article", "review_id": "of the review", "rating": "as given", **CONTEXT}),
    FactType("product.wished", "加心愿单", "Added to the wish list", "An article went to the wish list.", PRODUCT),
    FactType("product.unwished", "移出心愿单", "Removed from the wish list",
             "An article left the wish list.", PRODUCT),
    FactType("cart.added", "加购", "Added to the cart", "An article went into the cart: item_key, quantity, amount.",
             PRODUCT),
    FactType("cart.removed", "移出购物车", "Removed from the cart", "An article left the cart.", PRODUCT),
    FactType("cart.viewed", "看购物车", "Cart viewed", "The cart was looked at.", CART),
    FactType("checkout.started", "去结算", "Checkout started",
             "The person began to order; order_key if the order has a number by then.", CART),
    FactType("checkout.step_viewed", "看结算步骤", "Checkout step viewed", "A step of the checkout was looked at.",
             {**_STEP, **CONTEXT}),
    FactType("checkout.step_completed", "完成结算步骤", "Checkout step completed", "A step of the checkout was done.",
             {**_STEP, **CONTEXT}),
    FactType("checkout.payment_entered", "填付款方式", "Payment info entered", "How to pay was chosen.",
             {**_STEP, **CONTEXT}),
)  # fmt: skip
