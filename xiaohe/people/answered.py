"""Of whom the owner has said whether they are in WeChat: nobody asks a second time.

`link.started` by a tap says yes, `link.denied` no; what was said last of a subject and an account holds.
"""

from __future__ import annotations

import json
from typing import Any

from xiaohe.ledger import engine
from xiaohe.ledger.engine import Reading
from xiaohe.people import overlay as overlays
from xiaohe.people.joined.reading import BY_HAND, TAKEN_BACK

TYPES = ("link.started", "link.ended", "link.denied")


def answered() -> frozenset[int]:
    """Persons of whom a yes or a no holds now."""
    with engine.reading() as read:
        subjects = _answered(read)
    if not subjects:
        return frozenset()
    overlay = overlays.current()
    return frozenset(overlay.person(subject) for subject in subjects)


def _answered(read: Reading) -> set[int]:
    said = read.facts.filter(read.facts.source == BY_HAND, read.facts.type.isin(TYPES))
    said = said.select("type", "subject", "account_id", "props", "recorded_at", "key_hash")
    last: dict[tuple[int, int | None], dict[str, Any]] = {}
    for fact in read.run(said.order_by("recorded_at", "key_hash")).to_pylist():
        last[fact["subject"], fact["account_id"]] = fact
    return {fact["subject"] for fact in last.values() if _holds(fact)}


def _holds(fact: dict[str, Any]) -> bool:
    if fact["type"] == "link.denied":
        return json.loads(fact["props"] or "{}").get("why") != TAKEN_BACK
    return str(fact["type"]) == "link.started"
