"""A shop in a few facts: an order, a claim, a contact whose text holds a word."""

from __future__ import annotations

from xiaohe import jobs
from xiaohe.entries import claims, codes
from xiaohe.entries.models import Claim
from xiaohe.jobs.models import Job
from xiaohe.ledger import stream
from xiaohe.ledger.models import Import, ImportState
from xiaohe.ledger.stream import Fact
from xiaohe.people import keys
from xiaohe.people.keys import Namespace
from xiaohe.shop import clock

REAL = "1930123456789012345"


def order_paid(number: str, buyer: int, *, platform: str = "taobao") -> None:
    """An order that a file of this platform told."""
    now = clock.now()
    Import.objects.get_or_create(
        source=platform, kind="orders", defaults={"created_at": now, "state": ImportState.COMMITTED}
    )
    key = keys.hasher()(Namespace.ORDER, keys.on_platform(platform, number) or "")
    fact = Fact(
        platform, f"{number}:paid", "order.paid", now, buyer, order_key=key, amount=100, currency="CNY"
    )  # fmt: skip
    stream.record([fact], now)


def claimed(code: str, number: str, *, scanner: int = 5) -> Claim:
    word = claims.take(codes.one(code), scanner, number, clock.now())
    return Claim.objects.get(word=word)


def contact_says(contact: int, word: str) -> int:
    """A contact as its file tells them, with a claim word in a remark; the key of what was said."""
    now = clock.now()
    link = Fact(
        "wecom",
        f"link:{contact}",
        "link.started",
        now,
        contact,
        account_id=1,
        props={"kind": "friend"},
    )
    facts = [link]
    if word:
        seen = Fact(
            "wecom", f"seen:{contact}:{word}", "identity.seen", now, contact,
            other=claims.claim_key(word), props={"kind": "claim"},
        )  # fmt: skip
        facts.append(seen)
    stream.record(facts, now)
    # An import announces itself; here the stream stands for it.
    jobs.enqueue(claims.CHECK, dedupe=claims.CHECK)
    return stream.key_hash(facts[-1])


def work(*, check: bool = False) -> None:
    if check:
        jobs.enqueue(claims.CHECK, dedupe=claims.CHECK)
    jobs.discover()
    jobs.run_pending(until_empty=True)
    # One that failed is tried again in some seconds, for which nobody here waits: why it failed is the answer.
    failed = Job.objects.exclude(error="").filter(state__in=("ready", "dead"))
    assert list(failed.values_list("name", "error")) == []
