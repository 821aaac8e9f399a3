"""Brings the state of segments up to the ledger of this moment: a new base, or those touched laid over the one there is.

    base     once per shop day, after imports and undos, or when too many were touched: everybody is asked about
    delta    otherwise: those touched since are asked again, all of their leaves, and laid over the base
    edit     leaves no column stands for yet are asked of everybody, and stand beside the base

Which batches a generation holds is in its manifest, so none is applied twice or left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.ledger import crash
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.instants import to_us
from xiaohe.segments.attributes import cuts
from xiaohe.segments.query.world import STATE_TABLES, World
from xiaohe.segments.rules import jsonform
from xiaohe.segments.rules.tree import Leaf
from xiaohe.segments.state import (
    asking,
    changes,
    delta,
    dirty,
    entered,
    generation,
    history,
    logged,
    orders,
    unseen,
    wanting,
    whole,
)
from xiaohe.segments.state.changes import Why
from xiaohe.segments.state.dirty import Dirty
from xiaohe.segments.state.generation import Generation, Ids, Rules
from xiaohe.segments.state.orders import Came, Stood
from xiaohe.segments.state.position import Position, late_batches, position_of
from xiaohe.shop import queries as shop
from xiaohe.traits import state as traits
from xiaohe.traits.state import State

# From so many people on a new base is faster than a delta; a base also comes when a fifth of the shop was touched.
MOST_TOUCHED = 50_000
_NOBODY = np.empty(0, np.int64)


class BaseNeeded(Exception):
    """Everybody has to be asked, which takes long."""


def advance(now: datetime, *, anew: bool = False, quickly: bool = False) -> Generation | None:
    """The generation of this moment; None while the derived state it stands on is of another day or older facts.

    Safe beside anything: one process at a time works, and what another did meanwhile is not done again. `quickly`: for
    whoever must not be held up; raises `generation.Busy` while another works, and BaseNeeded rather than make a base.
    """
    with generation.alone(wait=not quickly):
        while True:
            late = late_batches()
            state = traits.current()
            if state.on != shop.calendar().day_of(now):
                return None
            with traits.reading_to_build(of_few=True) as read:
                if late_batches() != late:
                    # One came or was filed in between: whether this reading holds it could not be told.
                    continue
                if read.version != state.version.lake:
                    return None
                before = generation.newest()
                return _advanced(read, state, late, before, now, anew, quickly) or before


def _advanced(
    read: Reading,
    state: State,
    late: list[int],
    before: Generation | None,
    now: datetime,
    anew: bool,
    quickly: bool,
) -> Generation | None:
    assert read.snapshot is not None
    here = position_of(read.snapshot, late)
    rules = wanting.saved(before, now)
    wanted = wanting.columns_of(each.rule for each in rules.values())
    began = int(before.about["began_us"]) if before else to_us(now)
    world = asking.world_at(read, state, now, rules, began)

    @contextmanager
    def of_all() -> Iterator[World]:
        """The same moment, asked of everybody: with all threads, or by a cluster. Few people those would take longest."""
        with traits.reading_to_build(read) as large:
            found = asking.world_at(large, state, now, rules, began)
            if cuts.KEPT in world.kept:
                found.kept[cuts.KEPT] = world.kept[cuts.KEPT]
            yield found

    touched: Dirty | None = None
    ahead, stood, came = True, None, None
    if before is not None and not anew and before.on == world.on:
        touched = dirty.since(
            before, read, here, state, now, with_ours=wanting.follows_ours(wanted.values())
        )
        if touched is not None and _is_too_much(before, touched):
            touched = None
        if touched is not None:
            read.expect_few_rows()
            ahead = delta.have_facts_ahead(world, touched.people)
            stood, came = (None, None) if ahead else orders.prepare(world, before, touched)
            if _cuts_moved(world, before, touched, stood, came, ahead):
                touched = None
    if before is None or touched is None:
        if quickly:
            raise BaseNeeded
        with of_all() as everybody:
            return _base(everybody, here, rules, wanted, before)
    if not len(touched.people) and _same_rules(rules, before) and _same_place(before, here, state):
        return None
    made = _delta(world, of_all, here, rules, wanted, before, touched, ahead, stood, came)
    orders.keep(made.name, state.id, stood)
    return made


def _cuts_moved(
    world: World,
    before: Generation,
    touched: Dirty,
    stood: Stood | None,
    came: Came | None,
    ahead: bool,
) -> bool:
    """Whether the shop's quantiles are others now; they hold for everybody."""
    told = before.about["cuts"]
    if before.traits.id == world.state.id:
        known = cuts.Cuts.from_json(told)
        world.kept[cuts.KEPT] = _cuts_since(world, known, touched, stood, came, ahead)
    return bool(_plain(cuts.of(world).as_json()) != told)


def _cuts_since(
    world: World,
    known: cuts.Cuts,
    touched: Dirty,
    stood: Stood | None,
    came: Came | None,
    ahead: bool,
) -> cuts.Cuts:
    news = touched.news
    bought = any(each.startswith("order.") for each in news.types)
    if not bought and not len(touched.back):
        return known
    if news.facts is None or len(touched.otherwise):
        return cuts.told_again(world, known)
    # Orders are at hand only in a shop without bills.
    if not cuts.only_add(news.facts, known.on, world.calendar, billed=stood is None):
        return cuts.told_again(world, known)
    if came is not None and not came.tell_discounts:
        return known
    narrow = asking.only(world, touched.facts)
    if not ahead:
        # Orders are folded once: the delta looks at them as of the day's end.
        narrow = replace(narrow, at=asking.end_of_day(world))
    return cuts.told_more(narrow, known)


def _plain(told: Any) -> Any:
    return json.loads(json.dumps(told))


def _same_place(before: Generation, here: Position, state: State) -> bool:
    return before.position == here and before.traits.id == state.id


def _same_rules(rules: Mapping[str, Rules], before: Generation) -> bool:
    """By their text: to Python `is true` and `is 1` are equal."""
    told = {slug: _told(each) for slug, each in rules.items()}
    return json.dumps(told) == json.dumps(before.about["rules"])


def _told(rule: Rules) -> dict[str, Any]:
    tree = jsonform.to_json(rule.rule)
    return {"version": rule.version, "tree": tree, "first_us": rule.first_us}


def _is_too_much(before: Generation, touched: Dirty) -> bool:
    known = before.touched.persons if before.touched is not None else _NOBODY
    every = len(np.union1d(known, touched.people))
    return every > max(MOST_TOUCHED, before.size // 5)


# ---------------------------------------------------------------- base


def _base(
    world: World,
    here: Position,
    rules: Mapping[str, Rules],
    wanted: Mapping[str, Leaf],
    before: Generation | None,
) -> Generation:
    with generation.draft() as folder:
        name = generation.new_name(before.number + 1 if before else 1)
        groups = whole.everybody(world, wanted, folder, name)
        logged.keep(folder, wanted)
        np.save(folder / "runs_out.npy", asking.running_out(world, wanted.values()))
        crash.at("segments_after_write")
        columns = {key: f"{name}/columns/{key}.npy" for key in wanted}
        about = _about(world, here, rules, wanted, columns, name, base=name, before=before)
        about["accumulated"] = {each.name: each.told() for each in groups}
        quiet = before is not None and before.position.lake == here.lake and before.on != world.on
        why = Why(_NOBODY, _NOBODY, all_quiet=quiet)
        return _finished(folder, name, about, world.state, before, None, None, why)


# ---------------------------------------------------------------- delta


def _delta(
    world: World,
    of_all: Callable[[], AbstractContextManager[World]],
    here: Position,
    rules: Mapping[str, Rules],
    wanted: Mapping[str, Leaf],
    before: Generation,
    touched: Dirty,
    ahead: bool,
    stood: Stood | None,
    came: Came | None,
) -> Generation:
    with generation.draft() as folder:
        name = generation.new_name(before.number + 1)
        new = {key: leaf for key, leaf in wanted.items() if key not in before.about["columns"]}
        ranks = wanting.ranks(wanted)
        asked = {key: leaf for key, leaf in wanted.items() if key not in ranks}
        at_hand = unseen.adopted(before, new, folder)
        looked = delta.look(
            world, before, touched, asked, at_hand, ahead=ahead, stood=stood, came=came
        )
        same = delta.ranks_kept(before, looked, ranks)
        looked = replace(looked, flags={**looked.flags, **same})
        columns = {key: path for key, path in before.about["columns"].items() if key in wanted}
        moved = {key: leaf for key, leaf in ranks.items() if key not in same}
        fresh = {key: leaf for key, leaf in new.items() if key not in at_hand} | moved
        rows = delta.merged(before, looked, tuple(wanted), at_hand)
        delta.write_attributes(before, looked, folder)
        delta.write_evidence(before, looked, touched, folder)
        # Places hang on attributes alone, which are in files here.
        with of_all() if fresh.keys() - moved.keys() else nullcontext(world) as everybody:
            if fresh:
                rows = delta.asked_of_all(everybody, before, rows, fresh, folder)
        rows.save(folder / "touched.npz")
        columns |= {key: f"{name}/columns/{key}.npy" for key in (*fresh, *at_hand)}
        out = delta.runs_out(world, before, wanted, new, looked, touched, ahead=ahead)
        np.save(folder / "runs_out.npy", out)
        crash.at("segments_after_write")
        base = before.about["base"]
        about = _about(world, here, rules, wanted, columns, name, base=base, before=before)
        about["accumulated"] = delta.carry_on(before, looked, wanted, folder, name)
        happened = np.concatenate([touched.facts, touched.back, touched.state])
        quiet = np.setdiff1d(touched.time, happened)
        why = Why(touched.state, quiet)
        reread = looked.people[looked.reread]
        # Places may be others of whoever was not touched.
        some = None if moved else touched.people
        return _finished(folder, name, about, world.state, before, some, reread, why)


# ---------------------------------------------------------------- both


def _about(
    world: World,
    here: Position,
    rules: Mapping[str, Rules],
    wanted: Mapping[str, Leaf],
    columns: Mapping[str, str],
    name: str,
    *,
    base: str,
    before: Generation | None,
) -> dict[str, Any]:
    state = world.state
    pending = list(before.about["unrecorded"]) if before else []
    root = generation.root()
    return {
        "began_us": before.about["began_us"] if before else to_us(world.at),
        "cuts": _plain(cuts.of(world).as_json()),
        "number": before.number + 1 if before else 1,
        "base": base,
        "on": world.on.isoformat(),
        "at": world.at.isoformat(),
        "position": here.told(),
        "state": {
            "lake": state.version.lake,
            "tap": state.version.tap,
            "on": state.on.isoformat(),
            "at": state.at.isoformat(),
            "currency": state.currency,
            "id": state.id,
            "terms": state.terms,
        },
        "leaves": {key: jsonform.to_json(leaf) for key, leaf in wanted.items()},
        "columns": dict(columns),
        "rules": {slug: _told(each) for slug, each in rules.items()},
        # Whose changes are not facts yet: the file is gone when they are.
        "unrecorded": [
            *(each for each in pending if (root / each / "changes.parquet").exists()),
            *([name] if before else []),
        ],
    }


def _finished(
    folder: Path,
    name: str,
    about: dict[str, Any],
    state: State,
    before: Generation | None,
    touched: Ids | None,
    reread: Ids | None,
    why: Why,
) -> Generation:
    """Work out what changed, write it beside, and publish; None: of everybody.

    `reread`: those of the touched whose attributes may be others now.
    """
    _keep_state(state, folder)
    changed = changes.SCHEMA.empty_table()
    if before is not None:
        after = _preview(folder, name, about)
        parts = list(changes.between(before, after, touched, why))
        if reread is None or len(reread):
            parts.append(logged.between(before, after, reread, why))
        changed = pa.concat_tables([changed, *parts])
        if changed.num_rows:
            pq.write_table(changed, folder / "changes.parquet")
        else:
            about["unrecorded"] = [each for each in about["unrecorded"] if each != name]
    about["sizes"] = history.after(_preview(folder, name, about), before, changed)
    at_us = to_us(datetime.fromisoformat(about["at"]))
    entered.carry_on(before.folder if before else None, changed, at_us, folder)
    crash.at("segments_before_publish")
    made = generation.publish(folder, name, about)
    crash.at("segments_after_publish")
    generation.prune(made)
    return made


def _preview(folder: Path, name: str, about: Mapping[str, Any]) -> Generation:
    """The draft, as it will be read once it has its name."""
    columns = {
        key: f"{folder.name}/{path.split('/', 1)[1]}" if path.startswith(f"{name}/") else path
        for key, path in about["columns"].items()
    }
    base = folder.name if about["base"] == name else about["base"]
    return Generation(folder, {**about, "columns": columns, "base": base})


def _keep_state(state: State, folder: Path) -> None:
    """Links to the state's files: they outlive its own pruning."""
    kept = folder / "state"
    kept.mkdir(mode=0o700)
    for table in STATE_TABLES:
        os.link(state.path(table), kept / state.path(table).name)
