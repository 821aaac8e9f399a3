"""Facts cited for conditions on attributes are undone through the public door: those said to decide change the answer."""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at
from tests.segments.state.shop import NOW, event, key, tell
from xiaohe.ledger import engine, stream
from xiaohe.ledger.stream import Fact
from xiaohe.segments.explain import Cited, Why, explained
from xiaohe.segments.queries import vocabulary
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import World, at_moment
from xiaohe.segments.text import parse
from xiaohe.shop.accounts import account_named
from xiaohe.traits import state as states

RULES = (
    "stage is regular",
    "tier is potential or last_on in last 40 days",
    "net_365 >= ¥300 and not complaint_open",
    "linked or occasions >= 3",
    "category_1 is \"茶\"",
    "trust >= 20",
    "weakest is need",
    "ratio < 2 and did purchase at least 2 times",
    "ev > ¥5 or muted",
    "last_signal_on in last 20 days",
    "last_platform is \"pos\"",
    "store is \"东店\" or refund_share > 0.3",
)  # fmt: skip
PEOPLE, EACH, ROUNDS = 6, 2, 2
DAY = timedelta(days=1)


def told(dice: random.Random, who: str, account: int) -> list[Fact]:
    """What somebody did, at random."""
    found: list[Fact] = []

    def at(days: int) -> Any:
        return NOW - dice.randrange(1, days) * DAY - timedelta(minutes=dice.randrange(900))

    for number in range(dice.choice([0, 1, 2, 3, 3, 4, 5])):
        day, order = at(250), key(who, "order", number)
        of: dict[str, Any] = {"order_key": order, "currency": "CNY"}
        props = {"store": dice.choice(["东店", "西店"])} if dice.random() < 0.5 else {}
        source = dice.choice(["taobao", "pos", "pos"])
        amount = dice.choice([5000, 9900, 20000])
        found += [
            Fact(source, f"{who} made {number}", "order.created", day, key(who), props=props, **of),
            Fact(source, f"{who} paid {number}", "order.paid", day, key(who), amount=amount, **of),
            Fact(source, f"{who} line {number}", "order.item", day, key(who), amount=amount, quantity=1.0,
                 item_key=7, props={"category": dice.choice(["茶", "杯"])}, **of),
        ]  # fmt: skip
        if dice.random() < 0.2:
            back = {"amount": 1000, **of}
            found.append(Fact(source, f"{who} back {number}", "order.refunded", day + DAY, key(who), **back))  # fmt: skip
    for what, most in (
        ("message.in", 3), ("product.viewed", 3), ("complaint.opened", 1), ("complaint.closed", 1),
        ("product.reviewed", 2), ("consent.reduced", 1), ("consent.given", 1),
    ):  # fmt: skip
        for number in range(dice.randrange(most + 1)):
            props = {"rating": 5} if what == "product.reviewed" else {}
            found.append(event(who, what, at(60), number, props))
    if dice.random() < 0.5:
        props = {"kind": "friend", "platform": "douyin", "entry": "live"}
        began = at(100)
        found.append(event(who, "link.started", began, 0, props, account_id=account))
        if dice.random() < 0.3:
            props = {"kind": "friend", "ended_by": "customer"}
            found.append(event(who, "link.ended", began + DAY / 2, 0, props, account_id=account))
    return found or [event(who, "page.viewed", at(20))]


@pytest.fixture(scope="module")
def home(
    template_store: Path, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("undone") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock():
        with _pointed_at(home):
            account = account_named("wecom", "Li Lei").id
            dice = random.Random(5)
            tell(*(fact for who in range(PEOPLE) for fact in told(dice, f"n{who}", account)))
            states.refresh(NOW)
        yield home


def fitting(world: World) -> dict[str, set[int]]:
    rules = {f"rule_{at}": parse(text, vocabulary()) for at, text in enumerate(RULES)}
    found = world.read.run(leaf_table(world, rules)).to_pylist()
    return {
        text: {row["person"] for row in found if row[f"rule_{at}"]} for at, text in enumerate(RULES)
    }


def cited(why: Why) -> list[Cited]:
    return [*why.cited, *(each for part in why.parts for each in cited(part))]


def test_what_decides_is_said_of_attributes_too(home: Path, tmp_path: Path) -> None:
    # Given what is said of each fact: by each rule whether it decides alone
    said: dict[int, dict[int, dict[str, bool]]] = {}
    with _pointed_at(home), engine.reading() as read:
        world = at_moment(read, states.current(), NOW)
        before = fitting(world)
        for number in range(PEOPLE):
            person, facts = key(f"n{number}"), defaultdict[int, dict[str, bool]](dict)
            for text in RULES[number * EACH % len(RULES) :][:EACH]:
                why = explained(world, person, parse(text, vocabulary())).why
                assert why.fits is (person in before[text])
                for each in cited(why):
                    if each.change is None:
                        facts[each.key][text] = each.alone
            said[person] = facts
    turned, stayed = 0, 0
    for number in range(ROUNDS):
        # When one of each person's is taken back: nobody else's answer hangs on it
        one = {
            who: list(facts.items())[number] for who, facts in said.items() if len(facts) > number
        }
        copy = tmp_path / str(number)
        shutil.copytree(home, copy)
        with _pointed_at(copy):
            for fact, _rules in one.values():
                assert stream.take_back(fact, now=NOW - timedelta(minutes=1))
            states.refresh(NOW)
            with engine.reading() as read:
                after = fitting(at_moment(read, states.current(), NOW))
        # Then the answer is another where it was said to be, and nowhere else
        for person, (fact, rules) in one.items():
            for text, alone in rules.items():
                assert ((person in before[text]) is not (person in after[text])) is alone, (
                    text,
                    person,
                    fact,
                )
                turned, stayed = turned + alone, stayed + (not alone)
    assert turned > 2
    assert stayed > 5
