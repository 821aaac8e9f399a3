"""Records of a person at any instant: links with their ends, tags with the instants they go, others as they are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import ibis

from xiaohe.segments.explain.folding import Row, comparisons, exact
from xiaohe.segments.explain.person import HORIZON, Person, seen_at
from xiaohe.segments.query.additive import counts, fields_of
from xiaohe.segments.query.world import World
from xiaohe.segments.records.held import ADDED, REMOVED
from xiaohe.segments.records.registry import LINK, TAG, kind_named
from xiaohe.segments.records.stated import number
from xiaohe.segments.rules.tree import Fold, Measure, Op, Records, Sequence
from xiaohe.segments.rules.vocabulary import Kind

# Fields of a link that are of the moment asked; so is which tags are held.
OF_NOW = {LINK: {"live", "days", "ended_on", "ended_by"}}


def rows_of(
    world: World, of: Person, leaf: Measure | Sequence, some: Records, name: str = ""
) -> list[Row]:
    """The person's records that pass the conditions, of all times; of conditions of the day all, with their fields."""
    kind = kind_named(some.of)
    assert kind is not None
    if some.of == TAG:
        return tags(world, of, name)
    of_now = is_of_now(some)
    fields = sorted(fields_of(some.where) | ({name} if name else set()))
    # Facts dated ahead come true by themselves.
    at = world.at + HORIZON if kind.types else world.at
    told = replace(world, at=at).records(some.of, fields)
    if not of_now:
        passed = counts(world, told, kind, Records(some.of, some.where))
        told = told if passed is None else told.filter(passed)
    value: Any = ibis.null("string")
    if name:
        value = told[name]
        as_number = kind.fields[name].kind is Kind.STATED and isinstance(leaf, Measure)
        if as_number and leaf.fold not in (Fold.FIRST, Fold.LAST, Fold.DISTINCT):  # type: ignore[union-attr]
            value = number(value)
    times = told.times if "times" in told.columns else ibis.null("int64")
    own = {f"field_{each}": told[each] for each in fields} if of_now else {}
    told = told.select("at", "on", "row_no", "key_hash", counted=times, value=value, **own)
    start_of = world.calendar.start_of
    rows = [
        Row(
            row["at"],
            row["on"],
            row["row_no"] if row["row_no"] is not None else -1,
            row["key_hash"],
            at if row["counted"] is None else row["counted"],
            max(row["at"], start_of(row["on"])),
            exact(row["value"]),
            {each: row[f"field_{each}"] for each in fields} if of_now else {},
        )
        for at, row in enumerate(world.read.run(told).to_pylist())
    ]
    return with_ends(rows, of, name) if of_now and some.of == LINK else rows


def is_of_now(records: Records) -> bool:
    """Whether the conditions on a record may come out otherwise on another day."""
    if fields_of(records.where) & OF_NOW.get(records.of, set()):
        return True
    return any(each.test.op is Op.WITHIN for each in comparisons(records.where))


def with_ends(rows: list[Row], of: Person, name: str) -> list[Row]:
    """Links with when they ended; whether they live and for how long is told of any instant then."""
    ends = {
        (each["subject"], each["account_id"], each["started_at"]): (each["ended_at"], each["off"])
        for each in of.tables["spells"].to_pylist()
    }
    found = []
    for row in rows:
        over, off = ends.get((row.key, row.row_no, row.at), (None, None))
        fields = {"live": True, **row.fields, "ended_on": off}
        found.append(replace(row, fields=fields, over=over))
    return found


def tags(world: World, of: Person, name: str) -> list[Row]:
    """Every time a tag was given, until it was taken, given anew, or ran out."""
    words: dict[tuple[str, Any], list[tuple[Any, dict[str, Any], dict[str, Any]]]] = {}
    for row in of.rows:
        if row["type"] not in (ADDED, REMOVED):
            continue
        props = json.loads(row["props"] or "{}")
        order = (row["occurred_at"], _row_no(row), row["type"] == REMOVED, row["key_hash"])
        words.setdefault((props.get("group") or "", props.get("tag")), []).append(
            (order, row, props)
        )
    found = []
    for told in words.values():
        told.sort(key=lambda each: each[0])
        for at, (_order, row, props) in enumerate(told):
            if row["type"] == ADDED:
                follows = told[at + 1][1] if at + 1 < len(told) else None
                found.append(_held(world, row, props, follows, name))
    return found


def _held(
    world: World,
    row: dict[str, Any],
    props: dict[str, Any],
    follows: dict[str, Any] | None,
    name: str,
) -> Row:
    calendar = world.calendar
    last = date.fromisoformat(props["until"]) if props.get("until") else None
    ends: list[datetime] = []
    if last is not None:
        ends.append(calendar.start_of(last + timedelta(1)))
    if follows is not None:
        ends.append(seen_at(world, follows))
    at = row["occurred_at"]
    on = calendar.local(at).date() if row["date_only"] else calendar.day_of(at)
    fields = {
        "group": props.get("group"),
        "tag": props.get("tag"),
        "by": props.get("by") or "import",
        "expires_on": last,
        "on": on,
    }
    return Row(
        at, on, _row_no(row), row["key_hash"], row["key_hash"], seen_at(world, row),
        fields.get(name) if name else None, fields, min(ends, default=None),
    )  # fmt: skip


def _row_no(row: dict[str, Any]) -> int:
    return row["row_no"] if row["row_no"] is not None else -1
