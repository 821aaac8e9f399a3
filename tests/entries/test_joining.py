"""What a claim leads to: order and contact become one person, whichever comes first, and come apart again."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.entries.shop import REAL, claimed, contact_says, order_paid, work
from xiaohe.entries import claims, codes, settling
from xiaohe.entries.models import Claim, ClaimState
from xiaohe.jobs.models import Job
from xiaohe.kernel import store as control
from xiaohe.kernel.errors import Conflict
from xiaohe.ledger import engine, stream
from xiaohe.people import overlay as overlays
from xiaohe.shop import clock

BUYER, CONTACT, OTHER_CONTACT = 41, 77, 78


def together(left: int, right: int) -> bool:
    # Afresh: while events pour in, pages may look at an overlay that is some seconds old.
    with engine.reading() as read:
        overlay = overlays.overlay_of(read)
    return overlay.person(left) == overlay.person(right)


@pytest.fixture
def code(any_place: Any) -> str:
    order_paid("seed", buyer=1)
    return str(codes.make("parcel_card", clock.now(), platform="taobao").code)


@pytest.mark.parametrize("order_first", [True, False])
def test_the_owner_says_who_it_is_and_takes_it_back(code: str, order_first: bool) -> None:
    if order_first:
        order_paid(REAL, BUYER)
    claim = claimed(code, REAL)
    contact_says(CONTACT, "")
    work()

    settling.join(claim.pk, CONTACT, clock.now())
    if not order_first:
        order_paid(REAL, BUYER)
    work()
    joined = together(BUYER, CONTACT)
    settling.take_back(claim.pk, clock.now())
    work()

    assert joined
    assert not together(BUYER, CONTACT)
    assert Claim.objects.get().state == ClaimState.WAITING.value


@pytest.mark.parametrize("first", ["order", "contact", "claim"])
def test_the_word_in_a_remark_joins_whatever_comes_first(code: str, first: str) -> None:
    claim = claimed(code, REAL)
    steps = {
        "order": lambda: order_paid(REAL, BUYER),
        "contact": lambda: contact_says(CONTACT, claim.word),
        "claim": lambda: None,
    }
    steps.pop(first)()
    work()
    for step in steps.values():
        step()
        work()

    assert together(BUYER, CONTACT)
    assert Claim.objects.get().state == ClaimState.JOINED.value
    # Lists and segments will know it: a state is asked for, after a while.
    assert Job.objects.filter(dedupe="traits.refresh:claims", state="ready").count() == 1


def test_a_claim_alone_joins_nobody(code: str) -> None:
    order_paid(REAL, BUYER)
    claim = claimed(code, REAL)
    work()

    claim.refresh_from_db()
    assert claim.order_key is not None
    assert not together(BUYER, claims.claim_key(claim.word))
    with engine.reading() as read:
        seen = read.run(read.facts.filter(read.facts.type == "identity.seen"))
    assert seen.num_rows == 0


def test_of_two_claims_of_one_number_the_first_whose_word_turns_up_counts(code: str) -> None:
    order_paid(REAL, BUYER)
    right, guessed = claimed(code, REAL), claimed(code, REAL, scanner=6)
    contact_says(CONTACT, right.word)
    work()
    contact_says(OTHER_CONTACT, guessed.word)
    work()

    assert together(BUYER, CONTACT)
    assert not together(BUYER, OTHER_CONTACT)
    guessed.refresh_from_db()
    assert guessed.state == ClaimState.WAITING.value
    assert settling.claimed_by_others([guessed]) == {guessed.pk: 1}


def test_what_a_remark_joined_follows_the_remark(code: str) -> None:
    order_paid(REAL, BUYER)
    claim = claimed(code, REAL)
    said = contact_says(CONTACT, claim.word)
    work()
    assert together(BUYER, CONTACT)

    stream.take_back(said, clock.now())
    work(check=True)

    assert not together(BUYER, CONTACT)
    assert Claim.objects.get().state == ClaimState.WAITING.value


def test_not_them_holds_though_the_remark_still_says_so(code: str) -> None:
    order_paid(REAL, BUYER)
    claim = claimed(code, REAL)
    contact_says(CONTACT, claim.word)
    work()

    settling.take_back(claim.pk, clock.now())
    work(check=True)
    apart = not together(BUYER, CONTACT)
    settling.take_back(claim.pk, clock.now())
    work()

    assert apart
    assert together(BUYER, CONTACT)


def test_a_refused_claim_is_done_with_until_it_is_taken_back(code: str) -> None:
    claim = claimed(code, REAL)
    settling.refuse(claim.pk, clock.now())

    with pytest.raises(Conflict):
        settling.join(claim.pk, CONTACT, clock.now())
    settling.take_back(claim.pk, clock.now())
    settling.join(claim.pk, CONTACT, clock.now())

    assert Claim.objects.get().state == ClaimState.JOINED.value


def test_an_order_of_another_platform_of_the_shop_is_found(code: str) -> None:
    order_paid("seed-2", 2, platform="douyin")
    order_paid(REAL, BUYER, platform="douyin")
    claim = claimed(code, f"订单编号：{REAL}")
    work()

    claim.refresh_from_db()
    assert claim.order_key is not None


def test_one_number_sent_twice_at_once_is_one_claim(code: str) -> None:
    """A thumb taps twice: both answers hold the same word."""
    found = codes.one(code)
    start = threading.Barrier(4)
    told: list[str] = []

    def send() -> None:
        start.wait()
        told.append(claims.take(found, 5, REAL, clock.now()))
        control.connection().close()

    senders = [threading.Thread(target=send) for _n in range(4)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()

    assert len(told) == 4
    assert len(set(told)) == 1
    assert Claim.objects.count() == 1
