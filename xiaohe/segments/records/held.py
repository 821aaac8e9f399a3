"""Links and tags: what a person has had, and has."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.ledger.engine import prop
from xiaohe.people.spells import FRIEND
from xiaohe.segments.records.facts import place, wanting
from xiaohe.segments.records.spells import spells as as_they_stand
from xiaohe.shop.accounts import register
from xiaohe.shop.taxonomy import Zone

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

ADDED, REMOVED, ENDED = "tag.added", "tag.removed", "link.ended"
_ACCOUNTS = pa.schema(
    [
        ("account_id", pa.int64()),
        *((name, pa.string()) for name in ("account", "staff", "own_store")),
    ]
)


def links(world: World, fields: list[str], since: date | None) -> ir.Table:
    """Spells of links that had begun: each time a link was live is one record, of the day it began."""
    spells = as_they_stand(world)
    spells = spells.filter(spells.started_at.notnull(), spells.started_at <= world.until)
    if since is not None:
        spells = spells.filter(spells.on >= ibis.literal(since))
    if {"account", "staff", "store"} & set(fields):
        spells = _with_accounts(world, spells)
    if "ended_by" in fields:
        spells = _with_end(world, spells)
    over = (spells.ended_at <= world.until).fill_null(False)
    off = ibis.ifelse(over, spells.off, ibis.null("date"))
    today = ibis.literal(world.on)
    known = {
        "kind": spells.kind,
        "platform": spells.platform,
        "entry": spells.entry,
        "code": spells.code.nullif(""),
        "live": ~over,
        "private": spells.zone == Zone.PRIVATE.value,
        "ended_on": off,
        "days": ibis.coalesce(off, today).delta(spells.on, unit="day").cast("int64"),
    }
    if "account" in spells.columns:
        known |= {"account": spells.account, "staff": spells.staff, "store": spells.own_store}
    if "ended_by" in fields:
        known["ended_by"] = ibis.ifelse(over, spells.ended_by, ibis.null("string"))
    return spells.select(
        "person",
        "on",
        at=spells.started_at,
        row_no=spells.account_id,
        key_hash=spells.subject,
        **wanting(fields, known),
    )


def _with_accounts(world: World, spells: ir.Table) -> ir.Table:
    known = [
        (each.id, each.name, _staff(each), each.store.name if each.store else None)
        for each in register()
    ]
    told = pa.table(
        [list(column) for column in zip(*known, strict=True)] or [[]] * 4, schema=_ACCOUNTS
    )
    accounts = world.read.register("accounts_of_links", told)
    return spells.left_join(accounts, "account_id").drop("account_id_right")


def _with_end(world: World, spells: ir.Table) -> ir.Table:
    """`spells` with `ended_by`, as the fact that ended them says it."""
    ends = world.seen([ENDED])
    ends = ends.filter(ends.account_id.notnull())
    ends = ends.group_by(
        "subject",
        "account_id",
        kind=ibis.coalesce(prop(ends.props, "kind").nullif(""), FRIEND),
        ended_at=ends.occurred_at,
    ).aggregate(ended_by=prop(ends.props, "ended_by").nullif("").min())
    link = ["subject", "account_id", "kind", "ended_at"]
    return spells.left_join(ends, link).drop(*(f"{each}_right" for each in link))


def _staff(account: object) -> str | None:
    member = getattr(account, "staff_member", None)
    return member.name if member else getattr(account, "staff", "") or None


def tags(world: World, fields: list[str], since: date | None) -> ir.Table:
    """Tags held: of each tag the latest word, if it gave the tag and its last day is not over."""
    told = world.of_people(world.seen([ADDED, REMOVED]))
    told = told.mutate(
        on=world.clock(told).date(),
        group=prop(told.props, "group"),
        tag=prop(told.props, "tag"),
        by=ibis.coalesce(prop(told.props, "by").nullif(""), "import"),
        expires_on=prop(told.props, "until").nullif("").cast("date"),
        gone=(told.type == REMOVED).cast("int64"),
        place_row=place(told)["row_no"],
    )
    latest = ibis.window(
        group_by=[told.person, told.group.fill_null(""), told.tag],
        order_by=[
            told.occurred_at.desc(),
            told.place_row.desc(),
            told.gone.desc(),
            told.key_hash.desc(),
        ],
    )
    told = told.mutate(at_place=ibis.row_number().over(latest))
    held = told.filter(told.at_place == 0, told.gone == 0)
    lasting = held.expires_on.isnull() | (held.expires_on >= ibis.literal(world.on))
    held = held.filter(lasting)
    if since is not None:
        held = held.filter(held.on >= ibis.literal(since))
    known = {name: held[name] for name in ("group", "tag", "by", "expires_on")}
    return held.select(
        "person",
        "on",
        at=held.occurred_at,
        row_no=held.place_row,
        key_hash=held.key_hash,
        **wanting(fields, known),
    )
