"""Links: live ways to reach a person through one of our accounts."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

TYPES = (
    FactType(
        "link.started",
        "建联",
        "Link started",
        "From here on the person behind subject can be reached through account_id.",
        {
            "kind": "friend, group, app or follow",
            "via": "how it began: export, tap or the platform's own word",
        },
    ),
    FactType(
        "link.ended",
        "断开",
        "Link ended",
        "The link through account_id is gone.",
        {"kind": "friend, group, app or follow", "ended_by": "customer, staff or system"},
    ),
)
