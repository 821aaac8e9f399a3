"""A small shop for the state of segments: facts through both doors, saved rules, and the same question asked afresh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from tests.traits.facts import fact, key, order, table
from xiaohe.ledger import bulk, engine, stream
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.ledger.stream import Fact, Recorded
from xiaohe.segments import actions, queries, resolve
from xiaohe.segments.models import Segment
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.state import asking, generation
from xiaohe.segments.text import parse
from xiaohe.traits import state as traits

# Noon in Shanghai, a Monday.
NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)


def save(slug: str, text: str, now: datetime) -> None:
    """A segment of this rule; saved again, a new version of it."""
    known = Segment.objects.filter(slug=slug).exists()
    rule = parse(text, queries.vocabulary())
    done = actions.save(slug, rule, None, now, slug=slug if known else None)
    assert done.saved.slug == slug


def put_away_the_library() -> None:
    """Only what a test saves is computed, which is much faster."""
    rules = dict(queries.rules())
    while rules:
        # One that no other stands on.
        slug = next(each for each in rules if not resolve.used_by(each, rules))
        actions.archive(slug, None, NOW)
        del rules[slug]


def bring(facts: Iterable[dict[str, Any]], now: datetime = NOW) -> int:
    """Import facts; the number of the import."""
    staged = table(facts).drop_columns(["import_id", "recorded_at", "row_no"])
    staged = staged.append_column("row_no", pa.array(range(staged.num_rows), pa.int64()))
    staged = staged.append_column("in_file_ordinal", pa.array([False] * staged.num_rows))
    with bulk.open_import(kind="orders", source="table", label=None, now=now) as door:
        door.stage(staged.select(STAGED_SCHEMA.names).cast(STAGED_SCHEMA))
        for _rows in door.settle():
            pass
        door.commit({}, now=now)
        return door.id


def event(
    who: str,
    what: str,
    at: datetime,
    number: int = 0,
    props: Mapping[str, Any] | None = None,
    **more: Any,
) -> Fact:
    """A fact of the stream door."""
    name = f"{who}:{what}:{to_us(at)}:{number}"
    return Fact("segment:1", name, what, at, key(who), props=props, **more)


def tell(*facts: Fact, now: datetime = NOW) -> Recorded:
    return stream.record(facts, now)


def afresh(now: datetime) -> dict[str, set[int]]:
    """Who is in every segment saved here (not the library's), by all facts there are."""
    state, one = traits.current(), generation.newest()
    assert one is not None
    with engine.reading() as read:
        world = asking.world_at(read, state, now, one.rules, int(one.about["began_us"]))
        people = read.run(world.attributes())
        world = replace(
            world,
            known_population=read.register("fresh_people", people.select(["person"])),
            known_attributes=read.register("fresh_attributes", people),
        )
        own = Segment.objects.filter(archived_at=None).values_list("slug", flat=True)
        found = read.run(leaf_table(world, {slug: InSegment(slug) for slug in own}))
    persons = found["person"].to_pylist()
    return {
        slug: {each for each, fits in zip(persons, found[slug].to_pylist(), strict=True) if fits}
        for slug in own
    }


__all__ = [
    "NOW",
    "afresh",
    "bring",
    "event",
    "fact",
    "key",
    "order",
    "put_away_the_library",
    "save",
    "tell",
]
