"""Those touched since the base, laid over it: what they are asked, and what stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.ledger.engine import FACTS
from xiaohe.ledger.instants import to_us
from xiaohe.segments.attributes import kept as evidence
from xiaohe.segments.attributes import rows as mapped
from xiaohe.segments.attributes.present import has
from xiaohe.segments.query.world import World
from xiaohe.segments.records.purchases import FOLDED_TYPES
from xiaohe.segments.rules.tree import Leaf, Rank
from xiaohe.segments.state import accumulated, asking, dirty, few, unseen
from xiaohe.segments.state.bits import Flags, unpacked
from xiaohe.segments.state.columns import columns
from xiaohe.segments.state.compared import rows_of
from xiaohe.segments.state.dirty import Dirty
from xiaohe.segments.state.generation import Generation, Ids, Touched, schema_of
from xiaohe.segments.state.logged import attributes_of
from xiaohe.segments.state.orders import Came, Stood
from xiaohe.segments.state.touched import ATTRIBUTES

# Facts whose subject may be nobody the shop knows yet (`attributes.population`).
WITHOUT_PERSON = ("link.scanned", "claim.made", "claim.refused")


@dataclass(frozen=True)
class Looked:
    """What is true now of those touched, a row each, ascending."""

    people: Ids
    present: Flags
    # Whose attributes were read again.
    reread: Flags
    flags: Mapping[str, Flags]
    # Attributes, and the evidence they are concluded from, of those whose were read again.
    attributes: pa.Table | None
    evidence: pa.Table | None
    # What measures have added up now, by the group of `accumulated`.
    sums: Mapping[str, pa.Table]


def look(
    world: World,
    before: Generation,
    touched: Dirty,
    wanted: Mapping[str, Leaf],
    at_hand: Mapping[str, unseen.Column],
    *,
    ahead: bool,
    stood: Stood | None = None,
    came: Came | None = None,
) -> Looked:
    """Ask again what may have changed: of people with new facts and nothing else, what looks at facts of such types.

    `ahead`: one of them may have a fact that is dated later than now. `stood`, `came`: see `orders.prepare`.
    """
    people = touched.people
    old = rows_of(before, people)
    present, reread = old.present.copy(), np.zeros(len(people), bool)
    flags = {
        key: at_hand[key].of(before, people) if key in at_hand else old.of(key) for key in wanted
    }
    plain = np.isin(people, touched.facts) & ~np.isin(people, touched.otherwise)
    if touched.news.facts is None or not few.has_evidence(before):
        # Somebody new has everything to be asked.
        plain &= old.present
    else:
        plain &= ~np.isin(people, _told_of_before(world, people[plain & ~old.present], touched))
    attributes: list[pa.Table] = []
    told: list[pa.Table] = []
    sums: dict[str, pa.Table] = {}
    of_today = FOLDED_TYPES if came is not None and came.are_of(world) else ()
    parts = (
        (~plain, None, False),
        (plain & ~old.present, touched.news, True),
        (plain & old.present, touched.news, False),
    )
    for some, news, new in parts:
        if not some.any():
            continue
        found = few.few(
            world,
            before,
            people[some],
            wanted,
            news,
            new=new,
            ahead=ahead,
            stood=stood,
            of_today=frozenset(of_today),
        )
        if found.renewed is not None:
            there = np.isin(people, found.persons) & some
            attributes.append(found.renewed.attributes)
            told += [found.renewed.evidence, _of_nobody(people[some & ~there])]
            present[some], reread[some] = there[some], True
            for of in flags.values():
                of[some & ~there] = False
        for key, (persons, of) in found.truths.items():
            flags[key][np.searchsorted(people, persons)] = of
        for name, rows in found.sums.items():
            sums[name] = accumulated.joined([sums[name], rows]) if name in sums else rows
    if not attributes:
        return Looked(people, present, reread, flags, None, None, sums)
    return Looked(
        people,
        present,
        reread,
        flags,
        pa.concat_tables(attributes),
        pa.concat_tables([each.cast(evidence.SCHEMA) for each in told]),
        sums,
    )


def _of_nobody(people: Ids) -> pa.Table:
    """Evidence that says nothing: of whoever is not known, whatever the base had of them."""
    return pa.table(
        {
            each.name: people if each.name == "person" else pa.nulls(len(people), each.type)
            for each in evidence.SCHEMA
        },
        schema=evidence.SCHEMA,
    )


def _told_of_before(world: World, newcomers: Ids, touched: Dirty) -> Ids:
    """Newcomers who scanned or claimed before: that made nobody known, but belongs to them now and is to be read, too."""
    if not len(newcomers) or not has(world, WITHOUT_PERSON):
        return newcomers[:0]
    assert touched.news.facts is not None
    narrow = asking.only(world, newcomers)
    rows = world.read.run(
        narrow.of_people(narrow.seen(WITHOUT_PERSON)).select("person", "key_hash")
    )
    came = np.isin(rows["key_hash"].to_numpy(), touched.news.facts["key_hash"].to_numpy())
    return np.unique(rows["person"].to_numpy()[~came])


def have_facts_ahead(world: World, people: Ids) -> bool:
    """Whether one of these people has a fact that is dated later than now."""
    taken = world.read.snapshot
    assert taken is not None
    now_us = to_us(world.at)
    latest = pc.max(taken.inbox["occurred_at"].cast(pa.int64())).as_py()
    files = [each.occurred_max_us for each in taken.files]
    if (latest is None or latest <= now_us) and all(
        each is not None and each <= now_us for each in files
    ):
        return False
    told = world.read.run(FACTS.filter(FACTS.occurred_at > world.at).select("subject").distinct())
    theirs = dirty.persons_of(world.read, told["subject"].to_numpy())
    return bool(np.isin(theirs, people).any())


def merged(
    before: Generation, looked: Looked, keys: tuple[str, ...], at_hand: Mapping[str, unseen.Column]
) -> Touched:
    """Rows of those touched before and now; the later row counts."""
    old = before.touched or Touched.nobody(())
    people = looked.people
    kept = ~np.isin(old.persons, people)
    persons = np.concatenate([old.persons[kept], people])
    present = np.concatenate([old.present[kept], looked.present])
    known_before = np.isin(people, old.persons[old.reread])
    reread = np.concatenate([old.reread[kept], looked.reread | known_before])
    values = np.zeros((len(persons), len(keys)), bool)
    for number, key in enumerate(keys):
        if key in at_hand:
            values[:, number] = at_hand[key].of(before, persons)
        elif key in old.keys:
            values[: kept.sum(), number] = old.of(key)[kept]
        if key in looked.flags:
            values[kept.sum() :, number] = looked.flags[key]
    order = np.argsort(persons)
    persons, present, reread, values = persons[order], present[order], reread[order], values[order]
    base = before.base_persons
    at = np.searchsorted(base, persons)
    at[at == len(base)] = 0
    known = base[at] == persons if len(base) else np.zeros(len(persons), bool)
    # Somebody neither the base nor anybody now knows is nobody.
    somebody = known | present
    return Touched(
        persons[somebody],
        np.where(known, at, -1)[somebody],
        present[somebody],
        (reread | ~present)[somebody],
        (values & present[:, None])[somebody],
        keys,
    )


def write_attributes(before: Generation, looked: Looked, folder: Path) -> None:
    """Attributes of those who were read again, over those of whoever was before."""
    fresh = looked.attributes
    if fresh is None:
        fresh = schema_of(before.base_attributes).empty_table()
    old = None if before.is_base else before.folder / ATTRIBUTES
    mapped.lay(old, fresh.cast(schema_of(before.base_attributes)), folder / ATTRIBUTES)


def write_evidence(before: Generation, looked: Looked, touched: Dirty, folder: Path) -> None:
    """What attributes are concluded from, of those who were read again, over that of whoever was before."""
    there = few.evidence_of(before)
    if looked.evidence is not None:
        types = None if len(touched.otherwise) else touched.news.types
        evidence.lay_over(there, looked.evidence, types, folder)
    else:
        evidence.carry_on(there, folder)


def carry_on(
    before: Generation,
    looked: Looked,
    wanted: Mapping[str, Leaf],
    folder: Path,
    called: str,
) -> dict[str, dict[str, Any]]:
    """What measures have added up, into a draft that will be `called` so: `accumulated` of its manifest."""
    told = {}
    for name in few.accumulated_of(before, wanted):
        group = accumulated.groups(before)[name]
        if name in looked.sums:
            group = accumulated.lay_over(before, name, looked.sums[name], folder, called)
        elif group.laid is not None:
            group = accumulated.linked(group, folder, called)
        told[name] = group.told()
    return told


def ranks_kept(before: Generation, looked: Looked, ranks: Mapping[str, Leaf]) -> dict[str, Flags]:
    """Places among others that stay as they are, with the flags of those touched: of nobody the number or group is another.

    Whatever else happens, the order of everybody is then the same, and so is whoever stands at a bound.
    """
    known = [key for key in ranks if key in before.about["columns"]]
    people = looked.people[looked.reread]
    old = rows_of(before, looked.people)
    found = {}
    for key in known:
        leaf = ranks[key]
        assert isinstance(leaf, Rank)
        columns = list(dict.fromkeys(each for each in ("person", leaf.field, leaf.per) if each))
        was = attributes_of(before, columns, people)
        now = was.schema.empty_table()
        if looked.attributes is not None:
            now = looked.attributes.select(columns).cast(was.schema)
        if _placed(was).equals(_placed(now)):
            found[key] = old.of(key)
    return found


def _placed(told: pa.Table) -> pa.Table:
    """Who has a place at all, by what."""
    return told.drop_null().sort_by("person").combine_chunks()


def asked_of_all(
    world: World, before: Generation, rows: Touched, fresh: Mapping[str, Leaf], folder: Path
) -> Touched:
    """Columns of everybody for leaves nobody asked before, and for places among others, which hang on everybody."""
    base = before.base_persons
    persons = np.concatenate([base, rows.persons[rows.places < 0]])
    there = np.sort(persons[~np.isin(persons, rows.persons[~rows.present])])
    read = world.read
    kept = read.register("attributes_base", before.base_attributes)
    told = rows.attributes(folder, schema_of(before.base_attributes))
    laid = read.register("attributes_touched", told)
    over = read.register("touched_over", pa.table({"person": rows.over}))
    everybody = replace(
        world,
        known_population=read.register("everyone", pa.table({"person": there})),
        known_attributes=kept.anti_join(over, "person").union(laid.select(kept.columns)),
    )
    columns(everybody, there, fresh, folder)
    values = rows.values.copy()
    for key in fresh:
        path = folder / "columns" / f"{key}.npy"
        flags = unpacked(np.load(path), len(there))
        np.save(path, np.packbits(_at(there, flags, base)))
        values[:, rows.keys.index(key)] = rows.present & _at(there, flags, rows.persons)
    return replace(rows, values=values)


def _at(there: Ids, flags: Flags, persons: Ids) -> Flags:
    """The flags of `persons` by those of `there` (ascending); False for others."""
    at = np.searchsorted(there, persons)
    at[at == len(there)] = 0
    found = np.zeros(len(persons), bool)
    if len(there):
        known = there[at] == persons
        found[known] = flags[at[known]]
    return found


def runs_out(
    world: World,
    before: Generation,
    wanted: Mapping[str, Leaf],
    new: Mapping[str, Leaf],
    looked: Looked,
    touched: Dirty,
    *,
    ahead: bool,
) -> np.ndarray:
    """When people must be looked at again: of those touched anew, of the others as it was.

    Not `ahead`: none of them has a fact that is dated later than now.
    """
    people = looked.people
    old = before.runs_out
    if not ahead:
        people = _whose_hours_moved(before, looked, touched, wanted)
    parts = [old[~np.isin(old[:, 1], people)] if len(old) else old]
    if len(people) and (ahead or asking.of_hours(wanted.values())):
        theirs = asking.only(world, people)
        parts.append(asking.running_out(theirs, wanted.values(), ahead=ahead))
    if asking.of_hours(new.values()):
        parts.append(asking.running_out(world, new.values()))
    return np.unique(np.concatenate(parts), axis=0)


def _whose_hours_moved(
    before: Generation, looked: Looked, touched: Dirty, wanted: Mapping[str, Leaf]
) -> Ids:
    """Those touched of whom hours may run out at another time: all, if what came is among records that hours are of."""
    timed = [leaf for leaf in wanted.values() if asking.of_hours([leaf])]
    named = [few.looks_at(leaf) for leaf in timed]
    if any(each is None or not each.isdisjoint(touched.news.types) for each in named):
        return looked.people
    known = rows_of(before, looked.people).present
    otherwise = np.isin(looked.people, touched.otherwise)
    return looked.people[otherwise | (looked.present & ~known)]
