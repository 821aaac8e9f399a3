"""Who is who: edges of evidence between keys. A join is undone by another fact, never by an edit."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

TYPES = (
    FactType(
        "identity.seen",
        "发现身份",
        "Keys seen together",
        "A source states two keys, subject and other, for one person.",
        {"kind": "what joins them: phone or order_no"},
    ),
    FactType(
        "identity.merged",
        "合并",
        "Joined by hand",
        "Somebody of the shop said that subject and other are one person.",
        {"why": "published reason code"},
    ),
    FactType(
        "identity.unmerged",
        "撤销合并",
        "Taken apart by hand",
        "Somebody of the shop said that subject and other are not one person; the latest statement holds.",
        {"why": "published reason code"},
    ),
)
