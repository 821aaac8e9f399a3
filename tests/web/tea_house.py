"""A tea house of two stores: forty-eight people who differ in just what a rule about them asks, and who they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pyarrow as pa

from xiaohe.ledger import bulk, stream
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.ledger.stream import Fact
from xiaohe.people import keys
from xiaohe.people.identifiers import Recorder
from xiaohe.people.keys import Kind, Namespace
from xiaohe.segments import state as segments
from xiaohe.shop import actions, stores
from xiaohe.shop.accounts import account_named
from xiaohe.traits import state

ON = date(2025, 6, 30)  # a Monday
NOW = datetime(2025, 6, 30, 5, tzinfo=UTC)
EAST, WEST = "东店", "西店"
# Every twenty days; the last one decides whether the rhythm says this week.
GAP, DUE_SOON, DUE_LATER = timedelta(days=20), date(2025, 6, 12), date(2025, 6, 27)


@dataclass(frozen=True)
class Guest:
    name: str
    store: str
    teas: int
    opened: bool
    complains: bool
    due: bool

    @property
    def fits(self) -> bool:
        """The rule of the example, in plain words."""
        is_theirs = self.store == EAST and self.teas >= 2 and self.due
        return is_theirs and not self.opened and not self.complains


def guests() -> list[Guest]:
    shapes = product((EAST, WEST), (0, 1, 3), (False, True), (False, True), (False, True))
    told = [Guest(f"客人{n:02d}", *shape) for n, shape in enumerate(shapes)]
    # A name a spreadsheet would run.
    told[0] = replace(told[0], name="=cmd|' /C calc'!A0")
    return told


def fill() -> None:
    """Bring them into the current workspace, and have everything worked out."""
    hashed = keys.hasher()
    rows: list[dict[str, object]] = []
    names: list[tuple[int, str]] = []
    later: list[Fact] = []
    for each in (EAST, WEST):
        stores.add(each)
    account = account_named("wecom", "小河茶馆").id
    for guest in guests():
        who = hashed(Namespace.CONTACT, f"tea|{guest.name}")
        names.append((who, guest.name))
        rows += _orders(guest, who, hashed)
        props = {"kind": "friend", "via": "export"}
        rows.append(
            _row(
                "wecom",
                f"l:{who}",
                "link.started",
                who,
                _at(date(2025, 1, 2)),
                account_id=account,
                props=as_json(props),
            )
        )
        if guest.complains:
            later.append(_fact("complaint.opened", who, date(2025, 6, 20)))
        if guest.opened:
            later.append(_fact("content.clicked", who, date(2025, 6, 15)))
    with bulk.open_import(kind="orders", source="taobao", now=NOW - timedelta(hours=2)) as door:
        recorder = Recorder(door.id)
        for who, name in names:
            recorder.add(who, Namespace.NAME, name, kind=Kind.CONTACT)
        recorder.flush()
        staged = [{**row, "row_no": at} for at, row in enumerate(rows, start=1)]
        door.stage(pa.Table.from_pylist(staged, schema=STAGED_SCHEMA))
        door.commit({}, now=NOW - timedelta(hours=2))
    stream.record(later, NOW - timedelta(hours=1))
    actions.set_clock(ON)
    state.refresh(NOW)
    segments.refresh(NOW)


def _orders(guest: Guest, who: int, hashed: keys.Hasher) -> list[dict[str, object]]:
    last = DUE_SOON if guest.due else DUE_LATER
    found = []
    for number in range(6):
        at, tea = _at(last - number * GAP), number < guest.teas
        order = hashed(Namespace.ORDER, f"tea:{guest.name}:{number}")
        of = {"order_key": order}
        made = as_json({"store": guest.store})
        item = as_json(
            {"title": "碧螺春茶 100g" if tea else "桂花糕", "category": "茶" if tea else "点心"}
        )
        money = {"amount": 6_000, "currency": "CNY", "quantity": 1.0}
        found += [
            _row("taobao", f"c:{order}", "order.created", who, at, props=made, **of),
            _row("taobao", f"p:{order}", "order.paid", who, at, **money, **of),
            _row(
                "taobao",
                f"i:{order}",
                "order.item",
                who,
                at,
                props=item,
                item_key=hashed(Namespace.ORDER, "tea" if tea else "cake"),
                **money,
                **of,
            ),
        ]
    return found


def _at(day: date) -> datetime:
    return datetime.combine(day, time(3), tzinfo=UTC)


def _row(
    source: str, key: str, type_: str, who: int, at: datetime, **more: object
) -> dict[str, object]:
    return {
        "key_hash": key_hash(source, key), "source": source, "type": type_, "occurred_at": at, "date_only": False,
        "subject": who, "in_file_ordinal": False, **more,
    }  # fmt: skip


def _fact(type_: str, who: int, day: date) -> Fact:
    return Fact("tea", f"{type_}:{who}", type_, _at(day), who)
