"""What went back of one order, from its refunds as facts state them: the same as `traits.orders` folds, for a timeline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from xiaohe.people.bills import BILLED


def total(refunds: Sequence[dict[str, Any]]) -> int:
    """Cumulative totals: of the order, of its items, of its after-sales, of its bill together; the most of the four."""
    totals: dict[tuple[str, int | None], int] = {}
    for refund in _amounts_before_words(refunds):
        part = _part(refund)
        totals[part] = max(totals.get(part, 0), refund["amount"] or 0)
    ways = ("whole", "item", "aftersale", "billed")
    return max(sum(amount for (way, _), amount in totals.items() if way == each) for each in ways)


def _part(refund: dict[str, Any]) -> tuple[str, int | None]:
    if refund["item_key"] is not None:
        return "item", refund["item_key"]
    if refund["other"] is None:
        return "whole", None
    return ("billed" if refund.get(BILLED) else "aftersale"), refund["other"]


def _amounts_before_words(refunds: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the orders' fold has it: an amount only supposed from a word gives way to one that is stated."""
    stated = [each for each in refunds if not _in_words(each)]
    items = {each["item_key"] for each in stated}
    aftersales = {each["other"] for each in stated if each["item_key"] is None}
    words = [
        each
        for each in refunds
        if _in_words(each) and (each["item_key"] not in items if each["item_key"] else not stated)
    ]
    said = {each["item_key"] for each in words} - {None}
    told = None in aftersales or (aftersales and len(aftersales) >= len(said))
    return stated + [each for each in words if each["item_key"] is None or not told]


def _in_words(refund: dict[str, Any]) -> bool:
    return bool(refund["props"]) and json.loads(refund["props"]).get("told") == "words"
