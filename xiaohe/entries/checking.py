"""What became of claims, found out afterwards: is there such an order, and whose chat holds the word?

    claim ── number, on every platform we have ──► order ──► buyer
      └───── word ──► identity.seen(contact, claim) ──► contact          (a remark, a name, a description)

Only when both ends are known are they joined: identity.seen(buyer, claim), evidence that is gone when either file is.
Of several claims of one number the first whose word turns up is joined; the others are for the owner to see to.
Everything is looked up anew after each import, so it does not matter which comes first, and undo follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from xiaohe.entries import claims, codes
from xiaohe.entries.models import Claim, ClaimState, Code
from xiaohe.entries.scans import SOURCE
from xiaohe.kernel import store
from xiaohe.ledger import engine, stream
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.stream import Fact
from xiaohe.people import actions, keys

BY_CLAIM = as_json({"kind": "claim"})
# Claims told to the ledger in one commit.
SLICE = 500


def check(now: datetime) -> dict[str, int]:
    """Bring all claims up to what the ledger knows; safe to run twice. What changed, by what it was."""
    told = tell(now)
    waiting = list(Claim.objects.exclude(state=ClaimState.REFUSED.value).order_by("made_at", "id"))
    if not waiting:
        return {"told": told, "found": 0, "joined": 0}
    platforms = keys.platforms()
    wanted = {each.pk: _candidates(each, platforms) for each in waiting}
    buyers, contacts = _known(wanted, waiting)
    found = _note_orders(waiting, wanted, buyers)
    joined = _join(waiting, buyers, contacts, now)
    return {"told": told, "found": found, "joined": joined}


def anybody_waits() -> bool:
    """Whether an order that comes in may be one of a claim."""
    return Claim.objects.filter(order_key=None).exclude(state=ClaimState.REFUSED.value).exists()


def tell(now: datetime) -> int:
    """State the claims nobody has told the ledger yet."""
    count = 0
    known = {code.pk: code for code in Code.objects.defer("picture")}
    while True:
        untold = list(Claim.objects.filter(told=False).order_by("id")[:SLICE])
        if not untold:
            return count
        with store.write():
            facts = [_made(each, known[each.code_id]) for each in untold if each.code_id in known]
            stream.record(facts, now)
            Claim.objects.filter(pk__in=[each.pk for each in untold]).update(told=True)
        count += len(untold)


def buyer_fact(claim: Claim, buyer: int, now: datetime) -> Fact:
    """The order's buyer holds this claim, as a contact does whose text has its word."""
    return Fact(
        source=SOURCE,
        key=f"claim:{claim.word}:{buyer}",
        type="identity.seen",
        occurred_at=now,
        subject=buyer,
        other=claims.claim_key(claim.word),
        order_key=claim.order_key,
        props={"kind": "claim"},
    )


def buyer_of(order_key: int) -> int | None:
    """Who bought this order, as the ledger has it; the order itself where no file names a buyer."""
    with engine.reading() as read:
        return _buyers(read, [order_key]).get(order_key)


def _made(claim: Claim, code: Code) -> Fact:
    return Fact(
        source=SOURCE,
        key=f"claim:{claim.word}",
        type="claim.made",
        occurred_at=claim.made_at,
        subject=claims.claim_key(claim.word),
        other=claim.scanner,
        account_id=code.account_id,
        props=codes.source_props(code),
    )


# ---------------------------------------------------------------- what the ledger knows


def _candidates(claim: Claim, platforms: list[str]) -> list[int]:
    return claims.candidates(claims.number_of(claim), platforms)


def _known(
    wanted: dict[int, list[int]], waiting: Sequence[Claim]
) -> tuple[dict[int, int], dict[int, int]]:
    """Buyer by order key, and contact by claim key, of everything that is asked for; one moment."""
    asked = sorted({key for keys_of in wanted.values() for key in keys_of})
    claimed = [claims.claim_key(each.word) for each in waiting]
    with engine.reading() as read:
        return _buyers(read, asked), _contacts(read, claimed)


def _buyers(read: Any, order_keys: Sequence[int]) -> dict[int, int]:
    if not order_keys:
        return {}
    asked = read.register("claimed_orders", _ids("order_key", order_keys))
    facts = read.facts
    orders = facts.filter(facts.type.startswith("order."), facts.order_key.notnull())
    found = orders.semi_join(asked, "order_key")
    each = read.run(found.group_by("order_key").aggregate(buyer=found.subject.min()))
    return dict(zip(each["order_key"].to_pylist(), each["buyer"].to_pylist(), strict=True))


def _contacts(read: Any, claim_keys: Sequence[int]) -> dict[int, int]:
    asked = read.register("claim_keys", _ids("other", claim_keys))
    facts = read.facts
    seen = facts.filter(
        facts.type == "identity.seen", facts.props == BY_CLAIM, facts.source != SOURCE
    )
    held = seen.semi_join(asked, "other")
    each = read.run(held.group_by("other").aggregate(contact=held.subject.min()))
    return dict(zip(each["other"].to_pylist(), each["contact"].to_pylist(), strict=True))


def _ids(name: str, values: Iterable[int]) -> pa.Table:
    return pa.table({name: pa.array(sorted(set(values)), pa.int64())})


# ---------------------------------------------------------------- what follows


def _note_orders(
    waiting: Sequence[Claim], wanted: dict[int, list[int]], buyers: dict[int, int]
) -> int:
    changed = []
    for claim in waiting:
        order = next((key for key in wanted[claim.pk] if key in buyers), None)
        if order != claim.order_key:
            claim.order_key = order
            changed.append(claim)
    with store.write():
        Claim.objects.bulk_update(changed, ["order_key"], batch_size=SLICE)
    return len(changed)


def _join(
    waiting: Sequence[Claim], buyers: dict[int, int], contacts: dict[int, int], now: datetime
) -> int:
    """Join what both ends are known of; part again what a text joined that nobody states any more."""
    taken = {each.number_hash for each in waiting if each.state == ClaimState.JOINED.value}
    count = 0
    for claim in waiting:
        buyer = buyers.get(claim.order_key) if claim.order_key is not None else None
        contact = contacts.get(claims.claim_key(claim.word))
        joined = claim.state == ClaimState.JOINED.value
        if joined and claim.by_hand:
            count += _tell_other_end(claim, buyer, now)
        elif joined and (contact is None or buyer is None):
            taken.discard(claim.number_hash)
            _part(claim, now)
        elif (
            contact is not None and buyer is not None and (joined or claim.number_hash not in taken)
        ):
            taken.add(claim.number_hash)
            count += _tell_evidence(claim, contact, buyer, now)
    return count


def _tell_evidence(claim: Claim, contact: int, buyer: int, now: datetime) -> int:
    fact = buyer_fact(claim, buyer, now)
    key = stream.key_hash(fact)
    if claim.facts == [key] and claim.contact == contact:
        return 0
    with store.write():
        stream.record([fact], now)
        claim.contact, claim.state, claim.settled_at = contact, ClaimState.JOINED.value, now
        claim.facts = [key]
        claim.save(update_fields=["contact", "state", "settled_at", "facts"])
    return 1


def _tell_other_end(claim: Claim, buyer: int | None, now: datetime) -> int:
    """The owner said whose claim it is before its order came."""
    if buyer is None or len(claim.facts) > 1 or buyer == claim.contact:
        return 0
    with store.write():
        claim.facts = [*claim.facts, *actions.join(claims.claim_key(claim.word), buyer, now).facts]
        claim.save(update_fields=["facts"])
    return 1


def _part(claim: Claim, now: datetime) -> None:
    with store.write():
        for key in claim.facts:
            stream.take_back(key, now)
        claim.contact, claim.state, claim.settled_at = None, ClaimState.WAITING.value, None
        claim.facts = []
        claim.save(update_fields=["contact", "state", "settled_at", "facts"])
