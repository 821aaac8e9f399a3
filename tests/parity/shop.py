"""A made-up shop with everything reads must cope with: files, repeated files, taps, undo, late facts, waiting rows.

Seeded; the same shop on every machine.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from xiaohe.ledger import bulk, compaction, drain, engine, imports, keys, stream
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.ledger.stream import Fact
from xiaohe.people import actions, marks
from xiaohe.people.joined.own_keys import As, On
from xiaohe.people.keys import Namespace, hasher
from xiaohe.people.likely.questions import WHY
from xiaohe.shop.accounts import account_named
from xiaohe.simulator import sample
from xiaohe.sources import importing

# The day after the sample's second export.
ON = sample.LATER_ON
NOW = datetime(ON.year, ON.month, ON.day, 5, tzinfo=UTC)
BUYERS = 260
_FIRST_DAY = ON - timedelta(days=300)


@dataclass
class Shop:
    """What tests ask about."""

    members: list[int]
    order_number: str
    account_id: int


def open_shop(folder: Path) -> Shop:
    """Fill the current workspace."""
    files = sample.write(folder, seed=5, buyers=BUYERS, count_again=False)
    _cut(files.orders)
    for path in (files.orders, files.contacts, files.later_orders):
        importing.run(path, now=NOW - timedelta(days=3))
    shop = Shop(_members(), _an_order_number(files.orders), account_named("wecom", "LiLei").id)
    dice = random.Random(11)
    _bring(_edges(dice, shop), NOW - timedelta(days=2))
    undone = _bring(_orders(dice, shop, "undone", 60), NOW - timedelta(days=2))
    _tell(dice, shop, NOW - timedelta(days=40), 120)
    drain.drain(NOW - timedelta(days=1), force=True)
    compaction.compact(force=True)
    imports.undo(undone, now=NOW - timedelta(hours=20))
    _bring(_orders(dice, shop, "after", 40), NOW - timedelta(hours=19))
    _tell(dice, shop, NOW - timedelta(hours=18), 40)
    drain.drain(NOW - timedelta(hours=17), force=True)
    _tell(dice, shop, NOW - timedelta(hours=9), 80)
    _bring(_arrivals(random.Random(13), shop), NOW - timedelta(hours=8))
    _tap(shop, NOW - timedelta(hours=3))
    return shop


# ---------------------------------------------------------------- through the bulk door


def _bring(facts: list[dict[str, Any]], now: datetime) -> int:
    with bulk.open_import(kind="test", source="table", now=now) as door:
        rows = [{**fact, "row_no": at} for at, fact in enumerate(facts, start=1)]
        door.stage(pa.Table.from_pylist(rows, schema=STAGED_SCHEMA))
        door.commit({}, now=now)
    return door.id


def _fact(kind: str, key: str, at: datetime, subject: int, **columns: Any) -> dict[str, Any]:
    return {
        "key_hash": keys.key_hash("table", key),
        "source": "table",
        "type": kind,
        "occurred_at": at,
        "date_only": False,
        "subject": subject,
        "in_file_ordinal": False,
        **columns,
    }


def _orders(dice: random.Random, shop: Shop, name: str, count: int) -> list[dict[str, Any]]:
    """Orders of known members and of nobody: two currencies, dates without a time, pieces by weight, bulk, refunds."""
    found = []
    for number in range(count):
        order = hasher()(Namespace.ORDER, f"table:{name}{number}")
        subject = dice.choice(shop.members) if dice.random() < 0.8 else order
        at = NOW - timedelta(minutes=dice.randrange(60 * 24 * 300))
        day = dice.random() < 0.2
        if day:
            at = at.replace(hour=16, minute=0) - timedelta(days=1)
        common = {"order_key": order, "date_only": day}
        money = {"currency": dice.choice(["CNY", "CNY", "CNY", "USD", None])}
        paid = dice.randrange(100, 90_000)
        pieces = dice.choice([1.0, 2.0, 0.1, 0.7, 0.35, 80.0, None])
        key = f"{name}{number}"
        found.append(_fact("order.created", f"c{key}", at, subject, **common))
        if dice.random() < 0.9:
            found.append(
                _fact("order.paid", f"p{key}", at, subject, amount=paid, quantity=pieces, **money, **common)
            )  # fmt: skip
        for line in range(dice.randrange(4)):
            item = hasher()(Namespace.ITEM, f"goods {dice.randrange(5)}") if line else None
            found.append(
                _fact("order.item", f"i{key}-{line}", at, order, item_key=item, amount=paid // 3,
                      quantity=dice.choice([0.1, 0.2, 0.3, 1.0]), **money, **common)
            )  # fmt: skip
        for back in range(dice.randrange(3)):
            item = hasher()(Namespace.ITEM, f"goods {back}") if dice.random() < 0.5 else None
            found.append(
                _fact("order.refunded", f"r{key}-{back}", at + timedelta(days=back + 1), subject,
                      amount=paid // (back + 1), item_key=item, **common)
            )  # fmt: skip
        if dice.random() < 0.05:
            found.append(
                _fact("order.closed", f"x{key}", at + timedelta(days=2), subject, **common)
            )
        if dice.random() < 0.3:
            later = at + timedelta(days=4)
            found.append(_fact("order.received", f"v{key}", later, subject, **common))
    return found


def _edges(dice: random.Random, shop: Shop) -> list[dict[str, Any]]:
    """Orders, lines taken back without naming their order, links begun and ended, keys seen with several people."""
    found = _orders(dice, shop, "plain", 150)
    for number in range(12):
        subject, item = dice.choice(shop.members), hasher()(Namespace.ITEM, f"goods {number % 5}")
        at = NOW - timedelta(days=200 - number)
        order = hasher()(Namespace.ORDER, f"table:line{number}")
        for copy in range(2):
            # Two lines of one instant: the file's order decides.
            found.append(
                _fact("order.item", f"line{number}-{copy}", at, subject, order_key=order if copy else order + 1,
                      item_key=item, amount=500, quantity=1.0 + copy)
            )  # fmt: skip
        found.append(
            _fact("order.refunded", f"back{number}", at + timedelta(days=3), subject, item_key=item,
                  amount=500, quantity=1.0)
        )  # fmt: skip
    friend = as_json({"kind": "friend", "via": "export"})
    for number in range(40):
        subject = dice.choice(shop.members)
        at = NOW - timedelta(days=dice.randrange(5, 90), minutes=number // 3)
        link = {"account_id": shop.account_id, "props": friend}
        found.append(_fact("link.started", f"l{number}", at, subject, **link))
        if number % 4 == 0:
            over = {**link, "props": as_json({"kind": "friend"})}
            found.append(_fact("link.ended", f"e{number}", at + timedelta(days=2), subject, **over))
        phone = hasher()(Namespace.PHONE, f"1380000{number // 2:04}")
        seen = as_json({"kind": "phone"})
        found.append(_fact("identity.seen", f"s{number}", at, subject, other=phone, props=seen))
    return found


def _arrivals(dice: random.Random, shop: Shop) -> list[dict[str, Any]]:
    """Cards, scans, asks, claims and links by two codes of two platforms, and visits that are no cash."""
    found = []
    for number in range(48):
        subject, at = shop.members[number], NOW - timedelta(days=dice.randrange(3, 80))
        code = f"c{number % 2}" if number % 3 else ""
        source = {
            "source_type": "store" if number % 2 else "online",
            "platform": "pos" if number % 2 else "taobao",
            "entry": "store_code" if number % 2 else "parcel_card",
            "code": code,
        }
        link = {"account_id": shop.account_id, "props": as_json({"kind": "friend", **source})}
        told = {"props": as_json(source)}
        visitor = hasher()(Namespace.DEVICE, f"visitor {number // 2}")
        order = hasher()(Namespace.ORDER, f"table:visit{number}")
        common = {"order_key": order, "currency": "CNY"}
        found += [
            _fact("card.printed", f"cp{number}", at, 0, quantity=10.0, **told),
            _fact("card.shipped", f"cs{number}", at + timedelta(days=1), 0, quantity=4.0, **told),
            _fact("link.scanned", f"ls{number}", at + timedelta(days=1), visitor, **told),
            _fact("link.requested", f"lr{number}", at + timedelta(days=1), subject, **link),
            _fact("link.started", f"ln{number}", at + timedelta(days=2), subject, **link),
            _fact("claim.made", f"cl{number}", at, visitor + 1, other=visitor, **told),
            _fact("order.consumed", f"oc{number}", at, subject, amount=100 + number, **common),
            _fact("recharge.paid", f"rp{number}", at, subject, amount=9_000, currency="CNY", other=order + 1),
        ]  # fmt: skip
        if number % 4:
            found.append(
                _fact("order.paid", f"op{number}", at, subject, amount=number % 3, **common)
            )
    return found


# ---------------------------------------------------------------- through the stream door


def _tell(dice: random.Random, shop: Shop, at: datetime, count: int) -> None:
    """Facts as they come: some about weeks ago, some stated twice, a few taken back."""
    facts = []
    for number in range(count):
        happened = at - timedelta(minutes=dice.randrange(60 * 24 * (90 if number % 5 == 0 else 6)))
        subject = dice.choice(shop.members)
        kind, columns = dice.choice(
            [
                ("message.in", {}),
                ("message.out", {"props": {"how": "sent"}}),
                ("consent.withdrawn", {}),
                ("consent.given", {}),
                ("complaint.opened", {}),
                ("cost.recorded", {"amount": 300 + number, "currency": "CNY", "props": {"minutes": 7}}),
            ]
        )  # fmt: skip
        facts.append(
            Fact("xiaohe", f"{at:%d%H}-{number}", kind, happened, subject, **columns)  # type: ignore[arg-type]
        )
    stream.record([*facts, *facts[:9]], now=at)
    for fact in facts[10:16]:
        stream.take_back(stream.key_hash(fact), now=at + timedelta(minutes=1))


def _tap(shop: Shop, now: datetime) -> None:
    """The owner's word: have, join, part, and one thing taken back; who is no customer; answers to questions."""
    actions.i_have_them(shop.members[0], shop.account_id, now)
    actions.not_in_wechat(shop.members[7], None, now)
    actions.join(shop.members[1], shop.members[2], now)
    actions.split(shop.members[3], shop.members[4], now)
    joined = actions.join(shop.members[5], shop.members[6], now)
    actions.undo(joined.facts, now + timedelta(minutes=1))
    tag = {"group": "", "tag": "秋季卡", "by": "code", "code": "c1"}
    tagged = [("tag.added", 8), ("tag.added", 9), ("tag.removed", 9)]
    stream.record(
        [
            Fact("xiaohe", f"{type_}:{each}", type_, now, shop.members[each], props=tag)
            for type_, each in tagged
        ],
        now=now,
    )
    marks.mark(shop.members[30], As.TEST, On.PERSON, now)
    marks.mark_value(On.PHONE, "13800000003", As.STAFF, now)
    actions.join(shop.members[31], shop.members[32], now, why=WHY)
    actions.split(shop.members[33], shop.members[34], now, why=WHY)


# ---------------------------------------------------------------- what is already there


def _cut(orders: Path) -> None:
    """Leave out what is older than ten months: every month-end asks a cluster four more questions."""
    lines = orders.read_bytes().splitlines(keepends=True)
    first = _FIRST_DAY.isoformat().encode()
    day = re.compile(rb",(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d,")
    dated = [(line, day.search(line)) for line in lines[1:]]
    kept = [line for line, found in dated if found is None or found[1] >= first]
    orders.write_bytes(b"".join([lines[0], *kept]))


def _members() -> list[int]:
    with engine.reading(local=True) as read:
        bought = read.facts.filter(read.facts.type == "order.paid")
        bought = bought.filter(bought.subject != bought.order_key)
        each = bought.group_by("subject").aggregate(times=bought.count())
        ranked = each.order_by(each.times.desc(), each.subject).limit(60)
        members: list[int] = read.run(ranked)["subject"].to_pylist()
    return members


def _an_order_number(orders: Path) -> str:
    lines = orders.read_bytes().decode("gbk", errors="replace").splitlines()
    return "".join(sign for sign in lines[2].split(",")[0] if sign.isdigit())
