"""Records whose conditions are of the moment asked: links with their ends, tags with the instants they go."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from xiaohe.segments.explain.folding import Row
from xiaohe.segments.explain.person import Person, seen_at
from xiaohe.segments.query.world import World
from xiaohe.segments.records.held import ADDED, REMOVED


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
