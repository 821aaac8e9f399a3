"""Spells: every time a link was live, from its beginning to its end, and where its person came from.

`people.links` keeps the latest spell of a link; the river and the shares of new links need each of them.

    start ── end ── start ── start ── end          (told twice: the second start says nothing new)
    └ spell ┘       └──── spell ──────┘

Of several facts of one instant an end comes last, so a link that began and ended at once was never live.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.ledger.engine import Reading, prop
from xiaohe.ledger.schema import INSTANT
from xiaohe.shop import zones
from xiaohe.shop.accounts import register
from xiaohe.shop.taxonomy import UNKNOWN, Zone

SOURCE = ("source_type", "platform", "entry", "code")
SCHEMA = pa.schema(
    [
        ("subject", pa.int64()),
        ("person", pa.int64()),
        ("account_id", pa.int64()),
        ("kind", pa.string()),
        ("zone", pa.string()),
        ("started_at", INSTANT),
        ("ended_at", INSTANT),
        *[(name, pa.string()) for name in SOURCE],
    ]
)
FRIEND = "friend"
STARTED, ENDED = WORDS = "link.started", "link.ended"


def spells(read: Reading, persons: pa.Table, until: datetime) -> pa.Table:
    """Every spell that had begun at the instant `until`; one that was going on then has no `ended_at`."""
    pointed = read.register("spell_persons", persons.select(["subject", "person"]))
    answer = folded(read, read.facts.filter(read.facts.occurred_at <= until), pointed)
    ordered = answer.order_by("subject", "account_id", "kind", "started_at")
    return read.run(ordered).cast(SCHEMA)


def folded(read: Reading, facts: ir.Table, persons: ir.Table) -> ir.Table:
    """SCHEMA of every spell that these facts tell, as a question; `persons` (subject, person): whose a subject is."""
    accounts = read.register("spell_accounts", _accounts())
    found = _told(facts).left_join(persons.select("subject", "person"), "subject")
    found = found.drop("subject_right").left_join(accounts, "account_id").drop("account_id_right")
    answer = found.mutate(
        person=ibis.coalesce(found.person, found.subject),
        zone=found.zone.fill_null(Zone.MIXED.value),
    )
    return answer.select(*SCHEMA.names)


def of_links(links: pa.Table, until: datetime) -> pa.Table:
    """The latest spell of each link as `people.links` keeps it; for whoever has no facts at hand."""
    rows = []
    for link in links.to_pylist():
        if link["started_at"] is None or link["started_at"] > until:
            continue
        ended = link["ended_at"] if link["ended_at"] and link["ended_at"] <= until else None
        zone = Zone.PRIVATE if link["private"] else Zone.MIXED
        nothing = {**dict.fromkeys(SOURCE, UNKNOWN), "code": ""}
        rows.append({**link, "ended_at": ended, "zone": zone.value, **nothing})
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _accounts() -> pa.Table:
    table = zones.table()
    accounts = register()
    return pa.table(
        {
            "account_id": pa.array([account.id for account in accounts], pa.int64()),
            "zone": pa.array(
                [zones.zone_of_account(each, table).value for each in accounts], pa.string()
            ),
        }
    )


def _told(facts: ir.Table) -> ir.Table:
    """One row per spell: the first start after an end, and the end that follows it."""
    told = facts.filter(facts.type.isin([STARTED, ENDED]), facts.account_id.notnull())
    told = told.mutate(
        kind=ibis.coalesce(prop(told.props, "kind").nullif(""), FRIEND),
        over=(told.type == ENDED).cast("int64"),
        **said(told.props),
    )
    link = [told.subject, told.account_id, told.kind]
    # Which of several starts of one instant speaks: one that knows its source, then the smallest name.
    unsaid = (told.platform == UNKNOWN).cast("int64") + (told.entry == UNKNOWN).cast("int64")
    in_time = ibis.window(
        group_by=link,
        order_by=[told.occurred_at, told.over, unsaid, *[told[each] for each in SOURCE], told.key_hash],
    )  # fmt: skip
    told = told.mutate(before=told.over.lag().over(in_time))
    # Only changes count: a start while the link is live says nothing, nor does an end while it is not.
    turns = told.filter((told.over == 0) & (told.before.fill_null(1) == 1) | _ends(told))
    again = ibis.window(
        group_by=[turns.subject, turns.account_id, turns.kind],
        order_by=[turns.occurred_at, turns.over, turns.key_hash],
    )
    turns = turns.mutate(ended_at=turns.occurred_at.lead().over(again))
    begun = turns.filter(turns.over == 0)
    # Begun and ended at once: never live.
    begun = begun.filter(begun.ended_at.isnull() | (begun.ended_at > begun.occurred_at))
    return begun.select(
        "subject", "account_id", "kind", "ended_at", *SOURCE, started_at=begun.occurred_at
    )


def _ends(told: ir.Table) -> Any:
    return (told.over == 1) & (told.before == 0)


def said(props: Any) -> dict[str, Any]:
    """The four parts of a source as a fact's properties say them; what is not said is unknown, a code empty."""
    parts = {
        name: ibis.coalesce(prop(props, name).nullif(""), UNKNOWN)
        for name in ("source_type", "platform", "entry")
    }
    return {**parts, "code": ibis.coalesce(prop(props, "code"), "")}
