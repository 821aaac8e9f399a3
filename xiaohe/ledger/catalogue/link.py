"""Links: live ways to reach a person through one of our accounts."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

# Where somebody came from (`shop.taxonomy`); a fact without it is counted as unknown and shown so.
SOURCE = {
    "source_type": "kind of platform: ecommerce, feed, short_video, local, wechat, own, payment, store",
    "platform": "id of the platform: taobao, jd, douyin …",
    "entry": "how they came: parcel_card, store_code, table_code, staff_code, claim_page, search, group …",
    "code": "the printed code they scanned, one per batch, store, table or member of staff",
    "store": "name of the store",
    "staff": "name of the member of staff",
}

TYPES = (
    FactType(
        "link.scanned",
        "扫码",
        "Code scanned",
        "Somebody scanned one of our codes; subject is the person if they are known, else the visit itself.",
        SOURCE,
    ),
    FactType(
        "link.requested",
        "申请",
        "Link requested",
        "Somebody asked to be added through account_id, or we asked them.",
        {
            "kind": "friend, group, app or follow",
            "by": "customer or us",
            **SOURCE,
        },
    ),
    FactType(
        "link.started",
        "建联",
        "Link started",
        "From here on the person behind subject can be reached through account_id.",
        {
            "kind": "friend, group, app or follow",
            "via": "how it began: export, tap or the platform's own word",
            **SOURCE,
        },
    ),
    FactType(
        "link.ended",
        "断开",
        "Link ended",
        "The link through account_id is gone.",
        {
            "kind": "friend, group, app or follow",
            "ended_by": "customer, staff or system",
            **SOURCE,
        },
    ),
    FactType(
        "link.denied",
        "没有加",
        "Link denied",
        "Asked whether the person behind subject is in account_id, or in none of ours if there is none, the owner said no.",
        {"why": "taken_back: it is no longer said"},
    ),
)
