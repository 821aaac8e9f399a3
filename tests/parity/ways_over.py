"""What is asked of facts about codes, cards and claims."""

from __future__ import annotations

from typing import Any

from tests.parity.shop import ON
from xiaohe.entries import cards, checking, queries, tags
from xiaohe.ledger import engine


def ways_over(stand: Any) -> Any:
    with engine.reading() as read:
        told = read.run(queries.told(read.facts).order_by("code")).to_pylist()
        some = read.facts.filter(read.facts.order_key.notnull())
        orders = read.run(some.select("order_key").distinct().order_by("order_key").limit(50))
        asked = orders["order_key"].to_pylist()
        buyers = checking._buyers(read, asked)
        contacts = checking._contacts(read, asked)
        came, tagged = tags._linked(read), tags._told(read)
    return {
        "told": told,
        "buyers": sorted(buyers.items()),
        "contacts": sorted(contacts.items()),
        "by code": sorted(queries._told().items()),
        "linked": sorted((code, sorted(who)) for code, who in queries._linked().items()),
        "came": sorted(came.items()),
        "tagged": sorted((each, vars(told)) for each, told in tagged.items()),
        "parcels": cards.parcels("taobao", ON),
        "buyer": checking.buyer_of(asked[0]) if asked else None,
    }
