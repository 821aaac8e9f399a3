"""Taking an order number on the public page. It is noted and answered alike whatever it is; what it was worth is found out
afterwards (checking.py) and seen by the owner alone. So nobody learns here whether an order exists, whose it is, or
whether somebody else claimed it.

Bounded: at most MOST_WAITING rows wait; the oldest that led to nothing give way.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.db import IntegrityError

from xiaohe import jobs
from xiaohe.entries import words
from xiaohe.entries.belongings import NUMBER
from xiaohe.entries.codes import CHECK
from xiaohe.entries.models import Claim, ClaimState, Code
from xiaohe.entries.rate import Hurried
from xiaohe.kernel import store
from xiaohe.kernel.ids import fold
from xiaohe.people import evidence, keys
from xiaohe.people.keys import Namespace
from xiaohe.shop import vault

MOST_WAITING = 20_000
# A number nobody knows is kept this long: next month's file may bring its order.
KEPT = timedelta(days=180)
# When the shelf is full, what is unknown for this long gives way.
GIVES_WAY_AFTER = timedelta(days=7)
LONGEST = 64
_BLANKS = re.compile(r"\s+")
_NUMBER = re.compile(r"[0-9a-z\-]+")


def claim_key(word: str) -> int:
    """The key of a claim, as a contact's text leads to it."""
    return keys.hasher()(Namespace.CLAIM, keys.normalise(Namespace.CLAIM, word) or word)


def tidy_number(typed: str) -> str:
    """An order number as somebody typed or pasted it, without what stands around it; empty if nothing was typed."""
    text = fold(_BLANKS.sub(" ", typed[: 4 * LONGEST]))
    bare = _BLANKS.sub("", text)
    if not _NUMBER.fullmatch(bare):
        # Copied with its label: 订单编号：1930…
        found = evidence.order_numbers(text)
        bare = found[0] if len(found) == 1 else bare
    return bare[:LONGEST]


def take(code: Code, scanner: int, typed: str, now: datetime) -> str:
    """Note a claim; returns its word, the same one when the same scanner repeats the same number."""
    number = tidy_number(typed)
    hashed = keys.hasher()(NUMBER, number)
    sealed = vault.seal(number, NUMBER)
    for _try in range(3):
        before = _word(code, scanner, hashed)
        if before is not None:
            return before
        try:
            return _noted(code, scanner, hashed, sealed, now)
        except IntegrityError:
            # The same number by the same scanner at the same moment, or a word that was drawn before.
            continue
    raise Hurried(1)


def number_of(claim: Claim) -> str:
    """The number in plain; for the owner's page only."""
    return vault.unseal(bytes(claim.sealed), NUMBER)


def candidates(number: str, platforms: list[str]) -> list[int]:
    """The keys an order of this number would have, one per platform the shop has."""
    spelled = (keys.on_platform(platform, number) for platform in platforms)
    return [keys.hasher()(Namespace.ORDER, each) for each in spelled if each is not None]


def forget_old(now: datetime) -> int:
    """Forget numbers that led to nothing for half a year; how many."""
    with store.write():
        gone, _each = _led_to_nothing(now - KEPT).delete()
    return int(gone)


def _noted(code: Code, scanner: int, hashed: int, sealed: bytes, now: datetime) -> str:
    word = words.new_claim_word()
    with store.write():
        _make_room(now)
        Claim.objects.create(
            word=word,
            code_id=code.pk,
            scanner=scanner,
            number_hash=hashed,
            sealed=sealed,
            made_at=now,
            state=ClaimState.WAITING.value,
        )
        jobs.enqueue(CHECK, dedupe=CHECK)
    return word


def _word(code: Code, scanner: int, hashed: int) -> str | None:
    found = Claim.objects.filter(scanner=scanner, code_id=code.pk, number_hash=hashed)
    return found.values_list("word", flat=True).first()


def _make_room(now: datetime) -> None:
    if Claim.objects.count() < MOST_WAITING:
        return
    _led_to_nothing(now - GIVES_WAY_AFTER).delete()
    if Claim.objects.count() >= MOST_WAITING:
        raise Hurried(3600)


def _led_to_nothing(before: datetime):  # type: ignore[no-untyped-def]
    return Claim.objects.filter(
        state=ClaimState.WAITING.value, order_key=None, contact=None, made_at__lt=before, told=True
    )
