"""What has been so for some time, by the facts of what changed: entering and leaving a segment, stages.

A change is a word in the other direction than the one before; the latest must be into it and old enough. Whoever has
no word at all fitted when the log began, and is asked whether they still do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger.engine import prop
from xiaohe.segments.query.values import fits
from xiaohe.segments.records.facts import place
from xiaohe.segments.rules.tree import Compare, InSegment, Rule, Test
from xiaohe.segments.rules.vocabulary import Kind

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

ENTERED, LEFT, STAGE = "segment.entered", "segment.left", "stage.changed"


def in_segment(world: World, slug: str, days: int) -> ir.Table:
    """(person) of those who have been members without a break for so many days."""
    told = world.of_people(world.seen([ENTERED, LEFT]))
    told = told.filter(prop(told.props, "segment") == slug)
    return _lasting(world, told, told.type == ENTERED, days, slug, InSegment(slug))


def attribute(world: World, name: str, test: Test, days: int) -> ir.Table:
    """(person) of those whose logged attribute has passed the test without a break for so many days."""
    if name != "stage":
        # Of no other attribute changes are facts (yet): nobody is known to have been so.
        return world.population().filter(ibis.literal(False)).select("person")
    told = world.of_people(world.seen([STAGE]))
    into = fits(world, Kind.CHOICE, prop(told.props, "to"), test)
    return _lasting(world, told, into, days, name, Compare(name, test))


def _lasting(world: World, told: ir.Table, into: Any, days: int, name: str, now: Rule) -> ir.Table:
    told = told.select("person", on=world.clock(told).date(), **place(told), into=into)
    order = [told["at"], told.row_no, told.key_hash]
    in_time = ibis.window(group_by=told.person, order_by=order)
    told = told.mutate(former=told.into.lag().over(in_time))
    changes = told.filter(told.former.isnull() | (told.former != told.into))
    latest = ibis.window(
        group_by=changes.person,
        order_by=[changes["at"].desc(), changes.row_no.desc(), changes.key_hash.desc()],
    )
    changes = changes.mutate(nth=ibis.row_number().over(latest))
    last = changes.filter(changes.nth == 0)
    since = world.on - timedelta(days)
    lasting = last.filter(last.into, last.on <= ibis.literal(since)).select("person")
    began = world.logged_from(name)
    if began is None or began > since:
        return lasting
    from xiaohe.segments.query.compile import members

    unsaid = members(world, now).anti_join(last, "person")
    return lasting.union(unsaid)
