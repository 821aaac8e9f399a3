"""Whatever happens in whatever order: the state answers as if every rule were asked of all facts anew."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.segments.state.shop import (
    NOW,
    afresh,
    bring,
    event,
    key,
    order,
    put_away_the_library,
    save,
    tell,
)
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, engine, imports, stream
from xiaohe.people import actions as people
from xiaohe.people import marks
from xiaohe.people.marks import As, On
from xiaohe.segments import state
from xiaohe.segments.models import Segment
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.state import recording
from xiaohe.traits import state as traits

# More, and longer, on request: `XIAOHE_SEEDS=1-20 XIAOHE_STEPS=30`. A new instant is a new question to compile.
_first, _, _last = os.environ.get("XIAOHE_SEEDS", "1-1").partition("-")
SEEDS = range(int(_first), int(_last) + 1)
STEPS = int(os.environ.get("XIAOHE_STEPS", "5"))
PEOPLE = ("ann", "bob", "cyd", "dan", "eve")
RULES = (
    "did purchase in last 30 days",
    "not did page.viewed",
    "did page.viewed in last 3 hours",
    'count of content.clicked where path contains "茶" in last 7 days >= 2',
    "sum of amount over order.paid in last 90 days >= 20 money",
    "distinct of path over page.viewed <= 1 and did page.viewed",
    "did page.viewed then content.clicked within 2 days",
    "days since last page.viewed >= 2",
    "stage is known and not linked",
    "net_total in top 50 percent",
    "did message.in today or did member.joined",
    'share 0 to 50 percent of "half"',
)


class Shop:
    """What may happen to it; `now` only goes on."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = NOW
        self.said: list[int] = []
        self.imports: list[int] = []
        self.joined: list[people.Done] = []
        self.number = 0

    def happen(self) -> str:
        acts: list[Callable[[], None]] = [
            self.events, self.events, self.events, self.late, self.ahead, self.purchase, self.take_back,
            self.join, self.part, self.drained, self.edit, self.import_, self.undo, self.mark,
        ]  # fmt: skip
        if self.chance.random() < 0.15:
            acts = [self.hours, self.night]
        act = self.chance.choice(acts)
        act()
        return act.__name__

    def events(self, ago: timedelta | None = None, many: int = 3) -> None:
        facts = []
        for _ in range(self.chance.randint(1, many)):
            self.number += 1
            what = self.chance.choice(
                ("page.viewed", "content.clicked", "message.in", "member.joined")
            )
            ago_ = ago or timedelta(minutes=self.chance.randint(0, 6 * 24 * 60))
            path = self.chance.choice(("绿茶", "home", "TEA", ""))
            props = {"path": path} if what == "page.viewed" else {}
            who = self.chance.choice((*PEOPLE, f"new{self.number}"))
            facts.append(event(who, what, self.now - ago_, self.number, props))
        self._tell(facts)

    def late(self) -> None:
        self.events(timedelta(days=self.chance.choice((40, 200))), 1)

    def ahead(self) -> None:
        self.events(-timedelta(minutes=self.chance.randint(1, 600)), 1)

    def purchase(self) -> None:
        self.number += 1
        at, name = self.now - timedelta(hours=1), f"o{self.number}"
        paid = event(
            self.chance.choice(PEOPLE), "order.paid", at, self.number,
            order_key=key(name), amount=self.chance.choice((500, 2500)), currency="CNY",
        )  # fmt: skip
        self._tell([paid])

    def _tell(self, facts: list[stream.Fact]) -> None:
        tell(*facts, now=self.now)
        self.said += [stream.key_hash(each) for each in facts]

    def take_back(self) -> None:
        if self.said:
            stream.take_back(self.chance.choice(self.said), self.now)

    def join(self) -> None:
        one, two = self.chance.sample(PEOPLE, 2)
        self.joined.append(people.join(key(one), key(two), self.now))
        traits.refresh(self.now)

    def part(self) -> None:
        if self.joined:
            people.undo(self.joined.pop().facts, self.now)
            traits.refresh(self.now)

    def mark(self) -> None:
        marks.mark(key(self.chance.choice(PEOPLE)), As.STAFF, On.PERSON, self.now)
        traits.refresh(self.now)

    def drained(self) -> None:
        drain.drain(self.now, force=True)

    def hours(self) -> None:
        later = self.now + timedelta(hours=self.chance.randint(1, 4))
        if later.date() == self.now.date():
            self.now = later

    def night(self) -> None:
        self.now += timedelta(days=1)
        traits.refresh(self.now)

    def edit(self) -> None:
        slug = self.chance.choice(("rule-0", "rule-1", "extra"))
        save(slug, self.chance.choice(RULES), self.now)

    def import_(self) -> None:
        self.number += 1
        at = self.now - timedelta(days=self.chance.randint(1, 60))
        self.imports.append(
            bring(order(f"i{self.number}", at, self.chance.choice(PEOPLE)), self.now)
        )
        traits.refresh(self.now)

    def undo(self) -> None:
        if self.imports:
            imports.undo(self.imports.pop(), now=self.now, wait_seconds=1.0)
            traits.refresh(self.now)


def members_of(now: datetime) -> dict[str, set[int]]:
    standing = state.current(now)
    return {
        slug: set(standing.ids(InSegment(slug)).tolist())
        for slug in Segment.objects.filter(archived_at=None).values_list("slug", flat=True)
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_the_state_says_what_all_facts_say(any_place: Workspace, seed: int) -> None:
    shop = Shop(seed)
    bring(
        [*order("a", NOW - timedelta(days=20), "ann"), *order("b", NOW - timedelta(days=40), "bob")]
    )
    traits.refresh(NOW)
    put_away_the_library()
    for number, text in enumerate(RULES):
        save(f"rule-{number}", text, NOW)
    state.refresh(NOW)
    first = members_of(NOW)
    inside = {slug: dict.fromkeys(who, NOW) for slug, who in first.items()}

    for _ in range(STEPS):
        done = [shop.happen() for _ in range(shop.chance.randint(1, 3))]
        state.refresh(shop.now)
        found = members_of(shop.now)
        assert found == afresh(shop.now), done
        for slug, who in found.items():
            first.setdefault(slug, who)
        _follow(inside, found, shop.now)
        for slug in ("rule-1", "rule-4"):
            told = state.members(slug).to_pylist()
            assert {row["person"]: row["since"] for row in told} == inside[slug], done
        if shop.chance.random() < 0.5:
            recording.record(shop.now)
    recording.record(shop.now)
    assert _by_facts(first) == found


def _by_facts(first: dict[str, set[int]]) -> dict[str, set[int]]:
    """Who was in a segment when it was first filled, with everybody who entered and without who left, in that order."""
    with engine.reading() as read:
        told = read.facts.filter(read.facts.type.isin(["segment.entered", "segment.left"]))
        rows = read.run(told.order_by("occurred_at", "row_no")).to_pylist()
    found = {slug: set(who) for slug, who in first.items()}
    for row in rows:
        if (slug := json.loads(row["props"])["segment"]) not in found:
            continue
        who = found[slug]
        (who.add if row["type"] == "segment.entered" else who.remove)(row["subject"])
    return found


def _follow(
    inside: dict[str, dict[int, datetime]], found: dict[str, set[int]], now: datetime
) -> None:
    """A log kept by hand: who came in is there since now."""
    for slug, who in found.items():
        before = inside.setdefault(slug, {})
        inside[slug] = {person: before.get(person, now) for person in who}
