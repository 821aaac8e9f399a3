"""The owner's taps on the page 验单; each is undone by `take_back`.

| tap       | facts                                      | the claim |
|-----------|--------------------------------------------|-----------|
| join      | identity.merged(claim, contact), and of    | joined; an order that comes later is joined when it comes |
|           | claim and buyer once the order is known    |           |
| refuse    | claim.refused                              | refused   |
| take_back | takes back all facts of the claim's tap    | waiting again |
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from xiaohe import jobs
from xiaohe.entries import checking, claims, codes
from xiaohe.entries.models import Claim, ClaimState, Code
from xiaohe.entries.scans import SOURCE
from xiaohe.kernel import store
from xiaohe.kernel.errors import Conflict, NotFound
from xiaohe.ledger import stream
from xiaohe.ledger.stream import Fact
from xiaohe.people import actions


def one(number: int) -> Claim:
    found = Claim.objects.filter(pk=number).first()
    if found is None:
        raise NotFound("no_such_claim", _("There is no such claim."))
    return found


def join(number: int, contact: int, now: datetime) -> Claim:
    """It is this contact who claimed: claim, contact and, once known, the order's buyer are one person."""
    claim = _waiting(number)
    buyer = checking.buyer_of(claim.order_key) if claim.order_key is not None else None
    key = claims.claim_key(claim.word)
    with store.write():
        done = actions.join(key, contact, now).facts
        if buyer is not None and buyer != contact:
            done += actions.join(key, buyer, now).facts
        return _settle(claim, ClaimState.JOINED, done, contact, now)


def refuse(number: int, now: datetime, *, why: str = "not_ours") -> Claim:
    """Nobody we know: it leaves the page, and joins nothing even if its word turns up."""
    claim = _waiting(number)
    code = Code.objects.filter(pk=claim.code_id).defer("picture").first()
    fact = Fact(
        source=SOURCE,
        key=f"claim.refused:{claim.word}:{now.isoformat(timespec='microseconds')}",
        type="claim.refused",
        occurred_at=now,
        subject=claims.claim_key(claim.word),
        order_key=claim.order_key,
        props={"why": why, **(codes.source_props(code) if code else {})},
    )
    with store.write():
        stream.record([fact], now)
        return _settle(claim, ClaimState.REFUSED, (stream.key_hash(fact),), None, now)


def take_back(number: int, now: datetime) -> Claim:
    """The claim waits again, as if nobody had said anything; safe to repeat.

    What a contact's text joined would be joined again at once, so that is refused instead, and undone by one tap more.
    """
    claim = one(number)
    if claim.state == ClaimState.WAITING.value:
        return claim
    if claim.state == ClaimState.JOINED.value and not claim.by_hand:
        for key in claim.facts:
            stream.take_back(key, now)
        _settle(claim, ClaimState.WAITING, (), None, None)
        return refuse(number, now, why="not_them")
    if claim.state == ClaimState.JOINED.value:
        actions.undo(claim.facts, now)
    else:
        for key in claim.facts:
            stream.take_back(key, now)
    with store.write():
        _settle(claim, ClaimState.WAITING, (), None, None)
        jobs.enqueue(claims.CHECK, dedupe=claims.CHECK)
    return claim


def claimed_by_others(listed: list[Claim]) -> dict[int, int]:
    """Of each claim, how many other scanners claimed the same number and were not refused."""
    hashes = {each.number_hash for each in listed}
    same = Claim.objects.filter(number_hash__in=hashes).exclude(state=ClaimState.REFUSED.value)
    scanners: dict[int, set[int]] = {}
    for hashed, scanner in same.values_list("number_hash", "scanner"):
        scanners.setdefault(hashed, set()).add(scanner)
    return {each.pk: len(scanners.get(each.number_hash, set()) - {each.scanner}) for each in listed}


def _waiting(number: int) -> Claim:
    claim = one(number)
    if claim.state != ClaimState.WAITING.value:
        raise Conflict("settled", _("Somebody has seen to this one already."))
    return claim


def _settle(
    claim: Claim,
    state: ClaimState,
    facts: tuple[int, ...],
    contact: int | None,
    at: datetime | None,
) -> Claim:
    claim.state, claim.contact, claim.settled_at = state.value, contact, at
    claim.facts, claim.by_hand = list(facts), at is not None
    with store.write():
        claim.save(update_fields=["state", "contact", "settled_at", "facts", "by_hand"])
        # Whoever came by the code has its tag (tags.py).
        jobs.enqueue(claims.CHECK, dedupe=claims.CHECK)
    return claim
