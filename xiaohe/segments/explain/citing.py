"""The facts an explanation names: of records the facts behind them, of attributes the latest ones that say so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.segments.explain.folding import Row
from xiaohe.segments.query.world import World
from xiaohe.segments.records.registry import LINK, PURCHASE

PAID, STARTED = "order.paid", "link.started"
# Of an attribute the facts that say it; their latest few are named.
OF_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("linked", "friend", "in_group", "follows", "link_days", "linked_since", "ever_linked", "account",
                     "staff"), (STARTED, "link.ended")),
    **dict.fromkeys(("consent", "muted"), ("consent.given", "consent.reduced", "consent.withdrawn")),
    "complaint_open": ("complaint.opened", "complaint.closed"),
    **dict.fromkeys(("stage", "days_since", "ratio", "due", "due_on", "last_on", "occasions", "net_total", "net_365",
                     "days_365", "value", "tier", "vip", "rfm", "recency_score", "frequency_score", "money_score", "ev",
                     "usual_net", "cycle", "chance", "first_on", "promo_share", "refund_share", "need", "means"), (PAID,)),
    "last_signal_on": (PAID, "message.in"),
    "trust": (STARTED, "message.in", "product.reviewed"),
    **dict.fromkeys(("referrals", "promoter", "was_referred"), ("order.referred", STARTED)),
}  # fmt: skip
LATEST = 3


@dataclass(frozen=True)
class Cited:
    """A fact: its key, its shop day, its type. `alone`: taking it back alone changes whether the person fits."""

    key: int
    on: date
    at: datetime
    type: str
    amount: int | None = None
    currency: str | None = None
    alone: bool = False


def of_records(
    world: World, of: str, rows: Sequence[Row], alone: Mapping[int, bool]
) -> tuple[Cited, ...]:
    """The facts behind records of one kind, latest first."""
    if not rows:
        return ()
    facts = world.of_people(
        world.seen([PAID] if of == PURCHASE else [STARTED] if of == LINK else None)
    )
    keys = pa.table({"key": pa.array(sorted({row.key for row in rows}), pa.int64())})
    wanted = world.read.register("cited_keys", keys)
    by = {PURCHASE: facts.order_key, LINK: facts.subject}.get(of, facts.key_hash)
    found = facts.mutate(record=by).semi_join(wanted, [("record", "key")])
    told = _told(world, found, found.record)
    if of == LINK:
        begun = {(row.key, row.at) for row in rows}
        told = [(cited, record) for cited, record in told if (record, cited.at) in begun]
    # Two facts say the same: neither decides alone.
    several = [record for _cited, record in told]
    cited = [
        replace(each, alone=alone.get(record, False) and several.count(record) == 1)
        for each, record in told
    ]
    return _latest_first(cited)


def of_attribute(world: World, name: str) -> tuple[Cited, ...]:
    """The latest facts that say an attribute; none for what many facts say together."""
    types = OF_ATTRIBUTES.get(name)
    if types is None:
        return ()
    facts = world.of_people(world.seen(types))
    latest = facts.order_by([facts.occurred_at.desc(), facts.key_hash]).limit(LATEST)
    return _latest_first(cited for cited, _key in _told(world, latest, latest.key_hash))


def _told(world: World, facts: ir.Table, record: ir.Value) -> list[tuple[Cited, int]]:
    rows = world.read.run(
        facts.select(
            "key_hash",
            "type",
            "amount",
            "currency",
            "date_only",
            record=record,
            at=facts.occurred_at,
        ).distinct()
    ).to_pylist()
    return [(_cited(world, row), row["record"]) for row in rows]


def _cited(world: World, row: Mapping[str, Any]) -> Cited:
    at, calendar = row["at"], world.calendar
    on = calendar.local(at).date() if row["date_only"] else calendar.day_of(at)
    return Cited(row["key_hash"], on, at, row["type"], row["amount"], row["currency"])


def _latest_first(cited: Iterable[Cited]) -> tuple[Cited, ...]:
    return tuple(sorted(cited, key=lambda each: (each.at, each.key), reverse=True))
