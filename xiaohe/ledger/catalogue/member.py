"""Membership: joining the shop."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import CONTEXT, FactType

TYPES = (
    FactType(
        "member.joined",
        "入会",
        "Joined as a member",
        "The person signed up.",
        {"method": "how, as named", "plan": "which plan, as named", **CONTEXT},
    ),
)
