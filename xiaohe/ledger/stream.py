"""The stream door: one fact at a time, safe on disk when the call returns, readable at once.

    record ──► recent key + inbox row, one commit ──► read with the lake ──► drain.py ──► a file

A fact stated twice within 35 days is told apart by its key in that commit. One that happened over 34 days ago may be
older than our memory of keys: it is put down as late, and compared with the whole lake before anybody reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe import jobs
from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import RetryLater
from xiaohe.kernel.ids import Hasher
from xiaohe.ledger import catalogue, keys, store
from xiaohe.ledger.instants import DAY_US, to_us

RECENT_DAYS = 35
# A day less than the keys are kept, so no fact falls between the two checks.
LATE_AFTER = timedelta(days=34)
# Bounded: readers load the inbox, and a stopped drain must be noticed.
INBOX_LIMIT = 200_000
DRAIN_AT = 20_000


@dataclass(frozen=True)
class Fact:
    """One fact as a caller states it; `key` is unique within `source`, columns as in schema.py."""

    source: str
    key: str
    type: str
    occurred_at: datetime
    subject: int
    date_only: bool = False
    order_key: int | None = None
    other: int | None = None
    item_key: int | None = None
    account_id: int | None = None
    amount: int | None = None
    currency: str | None = None
    quantity: float | None = None
    content: int | None = None
    props: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of the facts of one call."""

    inserted: int
    duplicates: int


class InboxFull(RetryLater):
    status = 429

    def __init__(self) -> None:
        super().__init__("inbox_full", _("Too much is waiting to be filed. Try again in a minute."))


def key_hash(fact: Fact) -> int:
    """Under which key a fact is, or will be, in the ledger; what `take_back` asks for."""
    return keys.key_hash(fact.source, fact.key)


def record(facts: Sequence[Fact], now: datetime) -> Recorded:
    """Record facts, each at most once; what returned is on disk. Joins the caller's transaction if there is one."""
    checked = [(each, catalogue.checked_json(each.type, each.props)) for each in facts]
    hasher = Hasher(workspace.current().secret("hash"))
    with control.write():
        waiting = store.inbox_size()
        if waiting + len(checked) > INBOX_LIMIT:
            raise InboxFull
        rows = [
            row
            for fact, props in checked
            if (row := _row(fact, props, keys.key_hash(fact.source, fact.key, hasher), now))
        ]
        if rows:
            store.add_to_inbox(rows)
            store.bump_taps()
        if waiting + len(rows) >= DRAIN_AT or any(is_late for is_late, *_rest in rows):
            jobs.enqueue("ledger.drain", dedupe="ledger.drain")
    return Recorded(inserted=len(rows), duplicates=len(facts) - len(rows))


def take_back(key_hash: int, now: datetime) -> bool:
    """Retract one fact of the stream door; False if there is nothing recent of that key. It may be stated again."""
    with control.write():
        recorded_us = store.recent_key(key_hash)
        if recorded_us is None:
            return False
        store.retract_key(key_hash, max(recorded_us, to_us(now)), store.now_us())
        store.drop_recent_key(key_hash)
        store.bump_taps()
    return True


def forget_old_keys(now: datetime) -> int:
    """Drop the keys of days that no retry comes from any more."""
    with control.write():
        return store.drop_recent_days_before(to_us(now) // DAY_US - RECENT_DAYS)


def _row(fact: Fact, props: str | None, key_hash: int, now: datetime) -> tuple[Any, ...] | None:
    """The inbox row of a fact that was not stated before."""
    occurred_us, now_us = to_us(fact.occurred_at), to_us(now)
    retracted_us = store.retracted_until(key_hash)
    recorded_us = now_us if retracted_us is None else max(now_us, retracted_us + 1)
    # A fact dated ahead keeps its key until that day is 35 days past.
    day = max(occurred_us, now_us) // DAY_US
    if not store.add_recent_key(key_hash, day, recorded_us):
        return None
    return (
        fact.occurred_at < now - LATE_AFTER,
        key_hash,
        fact.source,
        fact.type,
        occurred_us,
        fact.date_only,
        recorded_us,
        fact.subject,
        fact.order_key,
        fact.other,
        fact.item_key,
        fact.account_id,
        fact.amount,
        fact.currency,
        fact.quantity,
        fact.content,
        props,
    )
