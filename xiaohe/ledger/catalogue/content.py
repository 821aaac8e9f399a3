"""Content: what of ours was seen, clicked and passed on."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import CONTEXT, FactType

_PROMOTION = {
    "promotion_id": "id of the promotion",
    "name": "its name",
    "creative": "which picture or words",
    "position": "where it stood",
    **CONTEXT,
}

TYPES = (
    FactType("content.viewed", "看到", "Content seen", "A promotion was in sight.", _PROMOTION),
    FactType("content.clicked", "点击", "Content clicked", "A promotion was clicked.", _PROMOTION),
    FactType(
        "content.shared",
        "分享",
        "Content shared",
        "An article or a cart was passed on; to whom is not kept.",
        {"share_via": "the way it was shared", "product_id": "the article", **CONTEXT},
    ),
)
