"""Ways to bring people over: cards with a code on them, and order numbers typed on the claim page."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType
from xiaohe.ledger.catalogue.link import SOURCE

TYPES = (
    FactType(
        "card.printed",
        "印码",
        "Cards printed",
        "A sheet with this code was made; quantity is how many cards, subject is nobody (0).",
        {"paper": "card, stand or badge: what it was laid out as", **SOURCE},
    ),
    FactType(
        "card.shipped",
        "随包裹发出",
        "Cards shipped",
        "Cards with this code left on a day; quantity is how many, subject is nobody (0).",
        SOURCE,
    ),
    FactType(
        "claim.made",
        "验单",
        "Order number claimed",
        "Somebody typed an order number on the public page. Subject is the claim, other the scanner; whether there"
        " is such an order is found out later, so a claim alone joins nobody.",
        SOURCE,
    ),
    FactType(
        "claim.refused",
        "验单不认",
        "Claim refused",
        "Somebody of the shop said that a claim is nobody we know; subject is the claim.",
        {"why": "published reason code", **SOURCE},
    ),
)
