"""What has been so for some time, by the facts of what changed: segments, standing, links, consent.

A change is a word in the other direction than the one before; the latest must be into it and old enough.

| said | its words | before the first word |
|------|-----------|-----------------------|
| in a segment, `stage`, `tier`, `vip` | what the shop wrote down when it changed | unknown; whoever has no word has been so since it began to, if they are |
| `muted` | consent | not muted |
| `linked` | private links, begun and ended | not linked |
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger.engine import prop
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.query.values import fits
from xiaohe.segments.records.facts import place
from xiaohe.segments.records.spells import spells as as_they_stand
from xiaohe.segments.rules.tree import Compare, InSegment, Rule, Test
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.shop.taxonomy import Zone

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

ENTERED, LEFT = "segment.entered", "segment.left"
# Of an attribute that the shop concludes the facts that say when it became another.
CHANGED: Mapping[str, str] = {
    "stage": "stage.changed",
    "tier": "tier.changed",
    "vip": "vip.changed",
}
GIVEN, MUTING = "consent.given", ("consent.reduced", "consent.withdrawn")


def in_segment(world: World, slug: str, days: int) -> ir.Table:
    """(person) of those who have been members without a break for so many days."""
    told, _at_first, _name = words(world, InSegment(slug))
    return _or_since_it_began(world, _last_change(told), days, slug, InSegment(slug))


def attribute(world: World, name: str, test: Test, days: int) -> ir.Table:
    """(person) of those whose attribute has passed the test without a break for so many days."""
    told, at_first, _name = words(world, Compare(name, test))
    if at_first is None:
        return _or_since_it_began(world, _last_change(told), days, name, Compare(name, test))
    return _or_ever(world, told, at_first, days)


def words(world: World, rule: Compare | InSegment) -> tuple[ir.Table, bool | None, str]:
    """(person, on, at, row_no, key_hash, into): every word about a rule; how it was before the first, and its name.

    None: unknown before the first; whoever has no word has been as they are since `world.logged_from` the name.
    Raises KeyError for an attribute whose changes nobody writes down.
    """
    if isinstance(rule, InSegment):
        told = world.of_people(world.seen([ENTERED, LEFT]))
        told = told.filter(prop(told.props, "segment") == rule.slug)
        return _words(world, told, told.type == ENTERED), None, rule.slug
    name, test = rule.field, rule.test
    match name:
        case "stage" | "tier" | "vip":
            return concluded(world, name, test), None, name
        case "muted":
            told = world.of_people(world.seen([GIVEN, *MUTING]))
            found = _words(world, told, told.type.isin(MUTING))
        case "linked":
            found = _linked(world)
        case _:
            raise KeyError(name)
    return found.mutate(into=fits(world, Kind.TRUTH, found.into, test)), False in test.values, name


def concluded(world: World, name: str, test: Test) -> ir.Table:
    """(person, on, at, row_no, key_hash, into) of the shop's words about an attribute of CHANGED."""
    told = world.of_people(world.seen([CHANGED[name]]))
    to, kind = prop(told.props, "to"), ATTRIBUTES[name].kind
    to = to == "true" if kind is Kind.TRUTH else to
    return _words(world, told, fits(world, kind, to, test))


def _words(world: World, told: ir.Table, into: Any) -> ir.Table:
    return told.select("person", on=world.clock(told).date(), **place(told), into=into)


def _linked(world: World) -> ir.Table:
    """Whether each person has a live private link, at every instant at which one begins or ends."""
    spells = as_they_stand(world)
    spells = spells.filter(spells.zone == Zone.PRIVATE.value)
    begun = spells.select("person", "on", at=spells.started_at, step=ibis.literal(1, "int64"))
    ended = spells.select(
        "person", on=spells.off, at=spells.ended_at, step=ibis.literal(-1, "int64")
    )
    steps = begun.union(ended)
    steps = steps.filter(steps["at"].notnull(), steps["at"] <= world.until)
    each = steps.group_by("person", "on", "at").aggregate(step=steps.step.sum())
    upto = ibis.window(group_by=each.person, order_by=each["at"], preceding=None, following=0)
    nothing = ibis.literal(0, "int64")
    return each.select(
        "person", "on", "at", row_no=nothing, key_hash=nothing, into=each.step.sum().over(upto) > 0
    )


def _last_change(words: ir.Table, at_first: bool | None = None) -> ir.Table:
    """(person, on, into) of each person's last change; `at_first` is how it was before the first word."""
    order = [words["at"], words.row_no, words.key_hash]
    words = words.mutate(
        former=words.into.lag().over(ibis.window(group_by=words.person, order_by=order))
    )
    if at_first is None:
        changes = words.filter(words.former.isnull() | (words.former != words.into))
    else:
        changes = words.filter(words.former.fill_null(at_first) != words.into)
    latest = ibis.window(
        group_by=changes.person,
        order_by=[changes["at"].desc(), changes.row_no.desc(), changes.key_hash.desc()],
    )
    changes = changes.mutate(nth=ibis.row_number().over(latest))
    return changes.filter(changes.nth == 0).select("person", "on", "into")


def _or_since_it_began(world: World, last: ir.Table, days: int, name: str, now: Rule) -> ir.Table:
    began = world.logged_from(name)
    lasting = _lasting(world, last, days)
    if began is None or began > _since(world, days):
        return lasting
    from xiaohe.segments.query.compile import members

    return lasting.union(members(world, now).anti_join(last, "person"))


def _or_ever(world: World, told: ir.Table, at_first: bool, days: int) -> ir.Table:
    """Of what everybody is not at first; where not being so is asked for, whoever never changed is right too."""
    last = _last_change(told, at_first)
    lasting = _lasting(world, last, days)
    return (
        lasting.union(world.population().select("person").anti_join(last, "person"))
        if at_first
        else lasting
    )


def _lasting(world: World, last: ir.Table, days: int) -> ir.Table:
    return last.filter(last.into, last.on <= ibis.literal(_since(world, days))).select("person")


def _since(world: World, days: int) -> date:
    return world.on - timedelta(days)
