"""A process that begins asks what looks ask, of ten people to whom nothing happened: to put questions together takes longer
than to answer them, and whoever does something first would wait for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import numpy as np

from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.timeline import MANY
from xiaohe.segments.attributes import cuts
from xiaohe.segments.attributes.evidence import ORDERS, PARTS
from xiaohe.segments.rules.tree import Leaf
from xiaohe.segments.state import asking, few, generation, orders, wanting
from xiaohe.segments.state.dirty import Dirty
from xiaohe.segments.state.few import News
from xiaohe.shop import queries as shop
from xiaohe.traits import state as traits


def warm(now: datetime) -> bool:
    """Put together what a look at this day's state would ask; nothing is written. False: there is no such state."""
    newest, state = generation.newest(), traits.current()
    if newest is None or not newest.on == state.on == shop.calendar().day_of(now):
        return False
    with traits.reading_to_build(of_few=True) as read:
        if read.version != state.version.lake or not few.has_evidence(newest):
            return False
        read.expect_few_rows()
        began = int(newest.about["began_us"])
        world = asking.world_at(read, state, now, newest.rules, began)
        world.kept[cuts.KEPT] = cuts.Cuts.from_json(newest.about["cuts"])
        wanted = {
            key: leaf
            for key, leaf in newest.leaves.items()
            if key not in wanting.ranks(newest.leaves)
        }
        people = np.asarray(newest.base_persons[:MANY])
        nobody = people[:0]
        news = News(_types(wanted.values()), FACT_SCHEMA.empty_table())
        stood, _came = orders.prepare(world, newest, Dirty(people, nobody, nobody, nobody, news))
        if stood is not None:
            orders.warm(world, stood)
            narrow = replace(asking.only(world, people), at=asking.end_of_day(world))
            cuts.told_more(narrow, world.kept[cuts.KEPT])
        # Where no order is among what came, questions are other ones, of tables that are always there.
        of_views = replace(news, types=news.types.difference(ORDERS))
        for told, new in ((news, True), (news, False), (of_views, False)):
            few.few(world, newest, people, wanted, told, new=new, ahead=False, stood=stood)
    return True


def _types(wanted: Iterable[Leaf]) -> frozenset[str]:
    """Every type of facts that something is looked up for."""
    found = {each for part in PARTS for each in part.reads}
    for leaf in wanted:
        found |= few.looks_at(leaf) or frozenset()
    return frozenset(found)
