"""Links: live ways to reach a person, one per subject, account and kind.

A link that was started again after it had ended is live from its latest beginning. Whether a link is private
(three of three) is said by the register of accounts, so an edit there changes every count at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.ledger.engine import Reading
from xiaohe.ledger.schema import INSTANT
from xiaohe.shop.accounts import register

SCHEMA = pa.schema(
    [
        ("subject", pa.int64()),
        ("person", pa.int64()),
        ("account_id", pa.int64()),
        ("kind", pa.string()),
        ("private", pa.bool_()),
        ("started_at", INSTANT),
        ("ended_at", INSTANT),
    ]
)
FRIEND = "friend"


def links(read: Reading, persons: pa.Table) -> pa.Table:
    """Every link ever, by subject, account and kind; live ones have no `ended_at`."""
    accounts = register()
    pointed = read.register("people_persons", persons.select(["subject", "person"]))
    private = read.register(
        "people_accounts",
        pa.table(
            {
                "account_id": pa.array([account.id for account in accounts], pa.int64()),
                "private": pa.array([account.is_private for account in accounts], pa.bool_()),
            }
        ),
    )
    told = _told(read.facts)
    found = told.left_join(pointed, "subject").drop("subject_right")
    found = found.left_join(private, "account_id").drop("account_id_right")
    answer = found.select(
        "subject",
        "account_id",
        "kind",
        "started_at",
        "ended_at",
        person=ibis.coalesce(found.person, found.subject),
        private=found.private.fill_null(False),
    )
    ordered = answer.order_by("subject", "account_id", "kind")
    return read.run(ordered.select(*SCHEMA.names)).cast(SCHEMA)


def _told(facts: ibis.Table) -> ibis.Table:
    """One row per link: the beginning of its latest spell, and its end if that is over."""
    told = facts.filter(
        facts.type.isin(["link.started", "link.ended"]), facts.account_id.notnull()
    ).mutate(kind=_kind(facts.props))
    each = told.group_by("subject", "account_id", "kind")
    ends = each.agg(over_at=told.occurred_at.max(where=told.type == "link.ended"))
    starts = told.filter(told.type == "link.started")
    beside = starts.left_join(ends, ["subject", "account_id", "kind"])
    # An end at the very instant of a start is that link's end, not an earlier one's.
    again = beside.over_at.isnull() | (beside.occurred_at > beside.over_at)
    spell = beside.group_by("subject", "account_id", "kind").agg(
        first_at=beside.occurred_at.min(),
        again_at=beside.occurred_at.min(where=again),
        over_at=beside.over_at.max(),
    )
    return spell.select(
        "subject",
        "account_id",
        "kind",
        started_at=ibis.coalesce(spell.again_at, spell.first_at),
        ended_at=ibis.ifelse(
            spell.again_at.isnull(), spell.over_at, ibis.null(spell.over_at.type())
        ),
    )


def _kind(props: Any) -> Any:
    """`kind` out of the props' one spelling (sorted, compact); a link is a friend unless it says otherwise."""
    found = props.re_extract(r'"kind":"([a-z]+)"', 1)
    return ibis.coalesce(found.nullif(""), FRIEND)


# ---------------------------------------------------------------- how many of whom


@dataclass(frozen=True)
class Coverage:
    """How many buyers are recognised in the chat list, and how many friends are not."""

    buyers: int
    recognised: int  # persons: buyers with a live private link
    friends: int  # links: distinct live friend links
    unmatched: int  # friend links whose person never bought


def coverage(told: pa.Table, buyers: Any) -> Coverage:
    """Count over `links(...)` and the person ids of everybody who bought."""
    bought = np.unique(np.asarray(buyers, dtype=np.int64))
    live = told.filter(pc.is_null(told["ended_at"]))
    private = live.filter(live["private"])
    friends = private.filter(pc.equal(private["kind"], FRIEND))
    recognised = np.intersect1d(private["person"].to_numpy(), bought)
    known = np.isin(friends["person"].to_numpy(), bought)
    return Coverage(len(bought), len(recognised), friends.num_rows, int((~known).sum()))


def live_at(told: pa.Table, moment: datetime) -> pa.Table:
    """The links that were live at an instant, as far as their latest spell tells."""
    at = pa.scalar(moment, INSTANT)
    started = pc.less_equal(told["started_at"], at)
    ended = pc.fill_null(pc.less_equal(told["ended_at"], at), False)
    return told.filter(pc.and_(started, pc.invert(ended)))
