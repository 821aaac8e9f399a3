"""The facts an explanation names: of records the facts behind them, of attributes those that decide, and the latest."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from xiaohe.segments.attributes.acts import CLOSED, CONSENTS, LOOKS, OPENED, REPLY, REVIEWED, WISHED
from xiaohe.segments.attributes.referrals import REFERRED
from xiaohe.segments.explain.folding import Row
from xiaohe.segments.explain.person import Person, seen_at
from xiaohe.segments.query.logged import CHANGED, ENTERED, LEFT
from xiaohe.segments.query.world import World
from xiaohe.segments.records.purchases import CREATED, ITEM, REFUNDED
from xiaohe.segments.records.registry import LINK, PURCHASE, SIGNAL
from xiaohe.segments.rules.tree import Been, Compare, InSegment
from xiaohe.segments.rules.tree import Sequence as Chain

PAID, STARTED = "order.paid", "link.started"
ENDED = "link.ended"
_BOUGHT = (PAID,)
# Of an attribute the types of facts that say it; those that decide are named, and the latest.
OF_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("linked", "friend", "in_group", "follows", "link_days", "linked_since", "ever_linked", "account",
                     "staff", "ended_by"), (STARTED, ENDED)),
    **dict.fromkeys(("consent", "muted"), tuple(CONSENTS)),
    "complaint_open": (OPENED, CLOSED),
    **dict.fromkeys(("stage", "days_since", "ratio", "due", "due_on", "last_on", "occasions", "net_total", "net_365",
                     "days_365", "value", "tier", "vip", "rfm", "recency_score", "frequency_score", "money_score", "ev",
                     "usual_net", "cycle", "basis", "chance", "first_on", "promo_share", "means", "hour_habit",
                     "shop_habit"), _BOUGHT),
    **dict.fromkeys(("refund_share", "bargain_hunter"), (PAID, REFUNDED)),
    **dict.fromkeys(("category_1", "category_2"), (ITEM, PAID)),
    "store": (PAID, CREATED, STARTED, "link.scanned", "claim.made"),
    "need": (PAID, *LOOKS, WISHED),
    "last_signal_on": SIGNAL,
    "trust": (STARTED, REPLY, REVIEWED, OPENED, CLOSED, REFERRED),
    "weakest": (PAID, STARTED, REPLY, REVIEWED, OPENED, CLOSED, *LOOKS, WISHED),
    **dict.fromkeys(("source_first_on", "first_source_type", "first_platform", "first_entry", "first_code",
                     "last_source_type", "last_platform", "last_entry", "last_code"),
                    (STARTED, "link.scanned", "link.requested", "claim.made", CREATED, PAID)),
    **dict.fromkeys(("referrals", "promoter", "was_referred", "chain_depth"), (REFERRED,)),
}  # fmt: skip
# Of whoever never bought these rest on links and signs of life.
BEFORE_BUYING, WITHOUT_PURCHASE = frozenset({"stage", "tier"}), (STARTED, ENDED, *SIGNAL)
LATEST = 3
# Of the facts that say an attribute so many of the latest, and of the earliest, are tried.
TRIED_LATEST, TRIED_EARLIEST = 12, 2


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
    # Of a change that was written down: the attribute, what it was, what it became, and why (`state.logged`).
    change: tuple[str, str | None, str | None, str] | None = None


def of_records(
    world: World, of: Person, kind: str, rows: Sequence[Row], alone: Collection[int] = ()
) -> tuple[Cited, ...]:
    """The facts behind records of one kind; `alone`: keys of facts that decide."""
    if not rows:
        return ()
    keys = {row.key for row in rows}
    by = {PURCHASE: "order_key", LINK: "subject"}.get(kind, "key_hash")
    types = {PURCHASE: (PAID,), LINK: (STARTED,)}.get(kind)
    told = [(each, row[by]) for each, row in _told(world, of, types) if row[by] in keys]
    if kind == LINK:
        begun = {(row.key, row.at) for row in rows}
        told = [(cited, record) for cited, record in told if (record, cited.at) in begun]
    return _latest_first(replace(each, alone=each.key in alone) for each, _record in told)


def tried(world: World, of: Person, name: str) -> tuple[int, ...]:
    """Keys of the facts of which it is asked whether they decide an attribute."""
    told = [
        each.key
        for each in _latest_first(each for each, _row in _told(world, of, _says(world, of, name)))
    ]
    return (*told[:TRIED_LATEST], *told[TRIED_LATEST:][-TRIED_EARLIEST:])


def of_attribute(
    world: World, of: Person, name: str, alone: Collection[int] = ()
) -> tuple[Cited, ...]:
    """The facts that decide an attribute, and the latest that say it; none for what many facts say together."""
    told = _latest_first(
        replace(each, alone=each.key in alone)
        for each, _row in _told(world, of, _says(world, of, name))
    )
    deciding = [each for each in told if each.alone][:LATEST]
    others = [each for each in told if not each.alone][: LATEST - len(deciding)]
    words = _latest_first(_changes(world, of, name))[:1] if name in CHANGED else ()
    return _latest_first((*deciding, *words, *others))


def _says(world: World, of: Person, name: str) -> tuple[str, ...]:
    """The types of facts that say an attribute of this person."""
    types = OF_ATTRIBUTES.get(name, ())
    if name in BEFORE_BUYING and not any(True for _each in _told(world, of, types)):
        return WITHOUT_PURCHASE
    return types


def of_steps(
    world: World, of: Person, leaf: Chain, rows: Sequence[Row], most: int, alone: Collection[int]
) -> tuple[Cited, ...]:
    """The facts behind the records of each step."""
    kinds = dict.fromkeys(step.of for step in leaf.steps)
    found = {each.key: each for kind in kinds for each in of_records(world, of, kind, rows, alone)}
    return _latest_first(found.values())[:most]


def of_words(world: World, of: Person, leaf: Been) -> tuple[Cited, ...]:
    """What was written down, latest first."""
    if isinstance(leaf.rule, InSegment):
        said = f'"{leaf.rule.slug}"'
        told = _told(world, of, (ENTERED, LEFT))
        return _latest_first(each for each, row in told if said in (row["props"] or ""))[:LATEST]
    assert isinstance(leaf.rule, Compare)
    name = leaf.rule.field
    if name in CHANGED:
        return _latest_first(_changes(world, of, name))[:LATEST]
    return of_attribute(world, of, name)


def _changes(world: World, of: Person, name: str) -> Iterator[Cited]:
    """What was written down of an attribute."""
    for each, row in _told(world, of, (CHANGED[name],)):
        props = json.loads(row["props"] or "{}")
        was, now = (
            None if told is None else _word(told) for told in (props.get("from"), props.get("to"))
        )
        yield replace(each, change=(name, was, now, str(props.get("because") or "")))


def _word(told: Any) -> str:
    return str(told).lower() if isinstance(told, bool) else str(told)


def _told(
    world: World, of: Person, types: Sequence[str] | None
) -> Iterator[tuple[Cited, dict[str, Any]]]:
    """Their facts seen by now, of these types, without those of orders that name no buyer."""
    for row in of.rows:
        is_nameless = row["subject"] == row["order_key"]
        is_one = (types is None or row["type"] in types) and not is_nameless
        if is_one and seen_at(world, row) <= world.at:
            yield _cited(world, row), row


def _cited(world: World, row: Mapping[str, Any]) -> Cited:
    at, calendar = row["occurred_at"], world.calendar
    on = calendar.local(at).date() if row["date_only"] else calendar.day_of(at)
    return Cited(row["key_hash"], on, at, row["type"], row["amount"], row["currency"])


def _latest_first(cited: Iterable[Cited]) -> tuple[Cited, ...]:
    """Those that decide stand before the others."""
    return tuple(sorted(cited, key=lambda each: (each.alone, each.at, each.key), reverse=True))
