"""Links of each person: live ones by kind, since when, with whom, and who ended the last that is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from xiaohe.segments.attributes.population import beside

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

FIELDS = ["kind", "account", "staff", "store", "live", "private", "ended_by", "ended_on"]
FRIEND, GROUP, FOLLOW = "friend", "group", "follow"


def links(world: World) -> ir.Table:
    """(person, linked, friend, in_group, follows, ever_linked, linked_since, account, staff, link_store, ended_by).

    `linked`: a live link through an account that is wholly ours (three of three), as in M01. `linked_since`: the day on
    which the oldest of those live began. `account`, `staff` and `link_store` are of the newest of them.
    """
    told = world.records("link", FIELDS)
    mine = told.live & told.private
    each = told.group_by("person").aggregate(
        linked=mine.cast("int8").max() == 1,
        friend=(told.live & (told.kind == FRIEND)).cast("int8").max() == 1,
        in_group=(told.live & (told.kind == GROUP)).cast("int8").max() == 1,
        follows=(told.live & (told.kind == FOLLOW)).cast("int8").max() == 1,
        ever_linked=told.private.cast("int8").max() == 1,
        linked_since=told.on.min(where=mine),
    )
    newest = told.filter(mine)
    newest = _first(newest, newest["at"].desc(), newest.row_no, newest.key_hash)
    newest = newest.select("person", "account", "staff", link_store=newest.store)
    # Of links that ended on one day, the one that began last.
    over = told.filter(told.private, ~told.live)
    over = _first(over, over.ended_on.desc(), over["at"].desc(), over.row_no, over.key_hash)
    each = beside(each, newest, over.select("person", over_by=over.ended_by))
    lost = ~each.linked & each.ever_linked
    return each.mutate(ended_by=ibis.ifelse(lost, each.over_by, ibis.null("string"))).drop(
        "over_by"
    )


def _first(rows: ir.Table, *order: ir.Value) -> ir.Table:
    ranked = ibis.window(group_by=rows.person, order_by=list(order))
    rows = rows.mutate(place=ibis.row_number().over(ranked))
    return rows.filter(rows.place == 0)
