"""Records of a person at any instant: links with their ends, tags with the instants they go, others as they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
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


# Records asked for at once: a rule may have hundreds of conditions on one kind.
AT_ONCE = 24


@dataclass(frozen=True)
class Wanted:
    """Records that pass the conditions of `some`, with the field `name` as a leaf folds it."""

    some: Records
    name: str = ""
    # Of what is stated the number is folded, not the text.
    as_number: bool = False

    @classmethod
    def of(cls, leaf: Measure | Sequence) -> list[Wanted]:
        """What a leaf looks at."""
        if isinstance(leaf, Sequence):
            return [cls(each) for each in leaf.steps]
        is_text = leaf.fold in (Fold.FIRST, Fold.LAST, Fold.DISTINCT)
        return [cls(leaf.records, leaf.field, not is_text)]

    @property
    def fields(self) -> set[str]:
        return fields_of(self.some.where) | ({self.name} if self.name else set())


def rows_of(world: World, of: Person, wanted: Iterable[Wanted]) -> Iterator[list[Row]]:
    """The person's records of each, of all times; where conditions are of the day all of them, with their fields.

    Records of one kind are one question.
    """
    # By how they are written: Python holds 1 and true for the same.
    named = [(repr(each), each) for each in wanted]
    kinds: dict[str, dict[str, Wanted]] = {}
    for name, each in named:
        kinds.setdefault(each.some.of, {})[name] = each
    found: dict[str, list[Row]] = {}
    for kind, group in kinds.items():
        if kind == TAG:
            found |= {name: tags(world, of, each.name) for name, each in group.items()}
            continue
        names = list(group)
        for begin in range(0, len(names), AT_ONCE):
            some = names[begin : begin + AT_ONCE]
            rows = _of_kind(world, of, [group[name] for name in some])
            found |= dict(zip(some, rows, strict=True))
    return (found[name] for name, _each in named)


def _of_kind(world: World, of: Person, group: list[Wanted]) -> list[list[Row]]:
    kind = kind_named(group[0].some.of)
    assert kind is not None
    fields = sorted(set().union(*(each.fields for each in group)))
    # Facts dated ahead come true by themselves.
    at = world.at + HORIZON if kind.types else world.at
    told = replace(world, at=at).records(kind.name, fields)
    columns: dict[str, Any] = {f"field_{each}": told[each] for each in fields}
    for place, each in enumerate(group):
        passed = None if is_of_now(each.some) else counts(world, told, kind, Records(each.some.of, each.some.where))  # fmt: skip
        columns[f"passed_{place}"] = ibis.literal(True) if passed is None else passed
        if each.name:
            stated = each.as_number and kind.fields[each.name].kind is Kind.STATED
            columns[f"value_{place}"] = number(told[each.name]) if stated else told[each.name]
    times = told.times if "times" in told.columns else ibis.null("int64")
    rows = world.read.run(
        told.select("at", "on", "row_no", "key_hash", counted=times, **columns)
    ).to_pylist()
    return [_rows(world, of, rows, each, at) for at, each in enumerate(group)]


def _rows(world: World, of: Person, told: list[dict[str, Any]], each: Wanted, at: int) -> list[Row]:
    of_now, start_of = is_of_now(each.some), world.calendar.start_of
    rows = [
        Row(
            row["at"],
            row["on"],
            row["row_no"] if row["row_no"] is not None else -1,
            row["key_hash"],
            place if row["counted"] is None else row["counted"],
            max(row["at"], start_of(row["on"])),
            exact(row[f"value_{at}"]) if each.name else None,
            {name: row[f"field_{name}"] for name in each.fields} if of_now else {},
        )
        for place, row in enumerate(told)
        if row[f"passed_{at}"]
    ]
    return with_ends(rows, of, each.name) if of_now and each.some.of == LINK else rows


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
