"""What is kept of people and brought up to date part by part is what one question of all facts says, bit for bit."""

from __future__ import annotations

import json
import random
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.segments.attributes.shop import NOW, ago, asked, bring, did, key
from tests.traits.facts import fact
from xiaohe.ledger import engine, stream
from xiaohe.ledger.catalogue import TYPES, as_json
from xiaohe.ledger.engine.compiled import compiled
from xiaohe.segments.attributes import cuts, evidence, kept, table
from xiaohe.segments.attributes.kept import Kept
from xiaohe.segments.query.world import at_moment
from xiaohe.shop.accounts import account_named
from xiaohe.shop.actions import update_shop
from xiaohe.traits import state as states

PEOPLE = [f"p{number}" for number in range(14)]
STATED = {
    "message.in": [{}], "product.viewed": [{}], "cart.added": [{}], "page.viewed": [{}], "checkout.started": [{}],
    "product.reviewed": [{"rating": 5}, {"rating": "1"}, {}], "complaint.opened": [{}], "complaint.closed": [{}],
    "consent.given": [{}], "consent.withdrawn": [{}], "link.scanned": [{"store": "东店"}, {"store": "西店"}, {}],
    "claim.made": [{"store": "北店"}],
    "date.told": [
        {"name": "birthday", "month": 2, "day": 29}, {"name": "baby", "month": 8, "day": 15, "calendar": "lunar"},
    ],
}  # fmt: skip
WISHES = ("product.wished", "product.unwished")
BUYING = ("order.created", "order.paid", "order.item", "order.refunded", "order.referred")
KINDS = (*STATED, *WISHES, *BUYING)


def some_fact(dice: random.Random, what: str, at: datetime, number: int) -> dict[str, Any]:
    who = dice.choice(PEOPLE)
    if what in STATED:
        return did(who, what, at, **dice.choice(STATED[what]))
    if what in WISHES:
        return did(who, what, at, item_key=key(dice.choice("xy")))
    told: dict[str, Any] = {"subject": key(who), "order_key": key(f"{who}{number % 3}"), "currency": "CNY"}  # fmt: skip
    props: dict[str, Any] = {}
    if what in ("order.paid", "order.refunded"):
        told["amount"] = dice.choice([100, 5_000, 90_000])
    if what == "order.created":
        props = {"store": dice.choice(["东店", "西店"]), "coupon": dice.choice(["8折", ""])}
    if what == "order.item":
        told |= {"item_key": key(dice.choice("xy")), "amount": 100, "quantity": 1.0}
        props = {"category": dice.choice(["茶", "杯"])}
    if what == "order.referred":
        told["other"] = key(dice.choice(PEOPLE))
    return fact(what, at, props=as_json(props), **told)


def facts(dice: random.Random, count: int) -> list[dict[str, Any]]:
    """Of the last year and a half, some of them of one instant."""
    days = (0, 1, 2, 29, 30, 31, 60, 179, 180, 181, 364, 365, 366, 500)
    return [
        some_fact(dice, dice.choice(KINDS), ago(dice.choice(days), dice.choice([3, 5, 9, 11])), each)
        for each in range(count)
    ]  # fmt: skip


def tell(dice: random.Random, now: datetime, turn: int) -> list[dict[str, Any]]:
    """News by the stream's door, of one or two types."""
    types = dice.sample(KINDS, dice.choice([1, 1, 2]))
    found = [
        some_fact(dice, dice.choice(types), now - timedelta(minutes=dice.randrange(9)), each)
        for each in range(6)
    ]
    columns = ("order_key", "item_key", "amount", "currency", "quantity", "other")
    stream.record(
        [
            stream.Fact("news:1", f"{turn}:{at}", each["type"], each["occurred_at"], each["subject"],
                        props=each["props"] and json.loads(each["props"]),
                        **{name: each[name] for name in columns if each.get(name) is not None})
            for at, each in enumerate(found)
        ],
        now,
    )  # fmt: skip
    return found


def test_kept_and_renewed_part_by_part_is_as_asked_afresh(place: Any, tmp_path: Path) -> None:
    dice = random.Random(2)
    update_shop(time_zone="America/New_York", day_starts_at=time(4))
    lily = account_named("wecom", "小丽").id
    links = [
        did(who, "link.started", ago(40), account_id=lily, kind="friend") for who in PEOPLE[:5]
    ]
    ends = [did(PEOPLE[0], "link.ended", ago(3), account_id=lily, kind="friend", ended_by="staff")]
    bring([*facts(dice, 260), *links, *ends])

    # a base
    base = tmp_path / "0"
    base.mkdir()
    with asked() as world:
        fresh, concluded = (
            world.read.run(each(world).order_by("person")) for each in (evidence.table, table.table)
        )
        persons = fresh["person"].to_numpy()
        kept.write(world, persons, base)
        assert pq.read_table(base / kept.ATTRIBUTES).equals(concluded)
        again = kept.renewed(world.only(persons), persons, Kept(base), frozenset())
        assert again.evidence.equals(fresh.cast(kept.SCHEMA))
        told = cuts.of(world)

    # news laid over it again and again, the state as it was
    state, before, seen = states.current(), Kept(base), set(keys_known())
    for turn in range(1, 4):
        now = NOW + timedelta(minutes=10 * turn)
        news = tell(dice, now, turn)
        people = np.unique([each["subject"] for each in news] + [each["other"] for each in news if each.get("other")])  # fmt: skip
        people = people[np.isin(people, persons)]
        types = frozenset(each["type"] for each in news)
        with engine.reading() as read:
            world = at_moment(read, state, now)
            world.kept[cuts.KEPT] = told
            every = read.run(read.facts)
            new = [each not in seen for each in every["key_hash"].to_pylist()]
            seen |= set(every["key_hash"].to_pylist())
            came = read.register("news", every.filter(pa.array(new)))
            narrow = world.only(people)
            concluded = read.run(table.table(narrow).order_by("person"))
            added = kept.renewed(narrow, people, before, types, came)
            found = kept.renewed(narrow, people, before, types)
            assert added.attributes.equals(concluded), types
            assert found.evidence.equals(added.evidence), types
            folder = tmp_path / str(turn)
            folder.mkdir()
            kept.lay_over(before, found.evidence, types, folder)
            before = Kept(base, folder)


def test_whoever_brought_somebody_is_asked_again_though_the_news_are_of_the_other(
    place: Any, tmp_path: Path
) -> None:
    """What goes through other people is renewed for facts that came of them, whenever somebody is next looked at."""
    # Given: ann sent bob, who has not paid yet.
    order = {"subject": key("bob"), "order_key": key("o"), "currency": "CNY"}
    bring([
        did("ann", "message.in", ago(9)), fact("order.created", ago(1), **order), fact("order.referred", ago(1), other=key("ann"), **order),
    ])  # fmt: skip
    with asked() as world:
        persons = np.unique([key("ann"), key("bob")])
        kept.write(world, persons, tmp_path)
        told = cuts.of(world)
    state, before = states.current(), Kept(tmp_path)
    news = (
        ("bob", stream.Fact("news:1", "1", "order.paid", NOW, amount=900, **order)),
        ("ann", stream.Fact("news:1", "2", "message.in", NOW, key("ann"))),
    )
    # When
    for who, one in news:
        assert stream.record([one], NOW + timedelta(minutes=1))
        with engine.reading() as read:
            world = at_moment(read, state, NOW + timedelta(minutes=1))
            world.kept[cuts.KEPT] = told
            people = np.array([key(who)])
            found = kept.renewed(world.only(people), people, before, frozenset([one.type]))
            afresh = read.run(table.table(world.only(people)))
        folder = tmp_path / who
        folder.mkdir()
        kept.lay_over(before, found.evidence, frozenset([one.type]), folder)
        before = Kept(tmp_path, folder)
    # Then
    assert found.attributes.equals(afresh)
    assert found.evidence["referrals"].to_pylist() == [1]


def keys_known() -> list[int]:
    with engine.reading() as read:
        found: list[int] = read.run(read.facts.select("key_hash"))["key_hash"].to_pylist()
        return found


def test_each_part_has_the_columns_it_says_and_reads_the_types_it_says(place: Any) -> None:
    bring(facts(random.Random(3), 200))
    with asked() as world:
        for part in evidence.PARTS:
            question = part.make(world)
            kinds = {name: str(kind).lstrip("!") for name, kind in question.schema().items()}
            assert kinds == {"person": "int64", **part.columns}, part.name
            for demand in compiled(question).demands:
                assert demand.types is not None, part.name
                assert _named(demand) <= set(part.reads), part.name


def _named(demand: Any) -> set[str]:
    return {each for each in TYPES if demand.types.allows(each)}
